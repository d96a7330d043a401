package pki

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

func testStore(t testing.TB, dir string) *store {
	t.Helper()
	s, err := openStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

func write(t testing.TB, s *store, events ...event) {
	t.Helper()
	for _, e := range events {
		e.Time = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		if err := s.update(func(_ *state, write func(event) error) error { return write(e) }); err != nil {
			t.Fatal(err)
		}
	}
}

func statusOf(t testing.TB, s *store, serial string) (status Status) {
	t.Helper()
	if err := s.view(func(st *state) {
		if n := st.bySerial[serial]; n != nil {
			status = n.status
		}
	}); err != nil {
		t.Fatal(err)
	}
	return status
}

var life = []event{
	{Kind: eventSign, Serial: "a1", Issuer: issuingName, Profile: profileSigning, Digest: "00"},
	{Kind: eventIssued, Serial: "a1", DER: []byte("certificate")},
	{Kind: eventSign, Serial: "b2", Issuer: issuingName, Profile: profileSigning, Digest: "00"},
	{Kind: eventRevoked, Serial: "a1", Reason: 1},
}

// TestTornWrites cuts the journal at every byte, as a crash or a full disk
// would: what is whole is kept, the rest is gone, and writing goes on.
func TestTornWrites(t *testing.T) {
	dir := t.TempDir()
	write(t, testStore(t, dir), life...)
	whole, err := os.ReadFile(filepath.Join(dir, journalName))
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	name := filepath.Join(dir, journalName)
	for cut := range len(whole) + 1 {
		if err := os.WriteFile(name, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		s := testStore(t, dir)
		lines := bytes.Count(whole[:cut], []byte("\n"))
		want := [...]Status{"", StatusUnfinished, StatusGood, StatusGood, StatusRevoked}[lines]
		if got := statusOf(t, s, "a1"); got != want {
			t.Fatalf("cut at %d: %q, want %q", cut, got, want)
		}
		if cut%16 != 0 && cut < len(whole)-2 { // writing waits for the disk
			s.close()
			continue
		}
		write(t, s, event{Kind: eventSign, Serial: "c3", Issuer: rootName})
		if got := statusOf(t, testStore(t, dir), "c3"); got != StatusUnfinished {
			t.Fatalf("cut at %d: what was written after is %q", cut, got)
		}
		s.close()
	}
}

// TestDamage changes bytes in the middle: nothing works with a journal that
// cannot be believed.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	write(t, testStore(t, dir), life...)
	name := filepath.Join(dir, journalName)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		bad := bytes.Clone(whole)
		bad[i] ^= 1
		if err := os.WriteFile(name, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := openStore(dir)
		// A changed last newline makes the last line one that is being written.
		if i == len(whole)-1 && err == nil {
			s.close()
			continue
		}
		if !errors.Is(err, ErrJournalDamaged) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
}

// TestImpossibleHistories: each line is whole, and their order makes no sense.
func TestImpossibleHistories(t *testing.T) {
	sign, issued, revoked := life[0], life[1], life[3]
	for name, history := range map[string][]event{
		"a serial twice":              {sign, sign},
		"issued but never signed":     {issued},
		"issued twice":                {sign, issued, issued},
		"revoked twice":               {sign, issued, revoked, revoked},
		"suspended when revoked":      {sign, issued, revoked, {Kind: eventHeld, Serial: "a1"}},
		"released when good":          {sign, issued, {Kind: eventFreed, Serial: "a1"}},
		"a list number twice":         {{Kind: eventCRL, Issuer: rootName, Number: 1}, {Kind: eventCRL, Issuer: rootName, Number: 1}},
		"an event nobody knows":       {sign, {Kind: "eaten", Serial: "a1"}},
		"suspended before issued":     {sign, {Kind: eventHeld, Serial: "a1"}},
		"released after a revocation": {sign, issued, revoked, {Kind: eventFreed, Serial: "a1"}},
	} {
		dir := t.TempDir()
		var b []byte
		for _, e := range history {
			line, err := encodeLine(e)
			if err != nil {
				t.Fatal(err)
			}
			b = append(b, line...)
		}
		if err := os.WriteFile(filepath.Join(dir, journalName), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openStore(dir); !errors.Is(err, ErrJournalDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestShrunkJournal: a journal restored from a backup under a running server
// stops it from answering.
func TestShrunkJournal(t *testing.T) {
	dir := t.TempDir()
	s := testStore(t, dir)
	write(t, s, life...)
	if err := os.Truncate(filepath.Join(dir, journalName), 0); err != nil {
		t.Fatal(err)
	}
	if err := s.view(func(*state) {}); !errors.Is(err, ErrJournalDamaged) {
		t.Errorf("reading: %v", err)
	}
	if err := s.update(func(*state, func(event) error) error { return nil }); !errors.Is(err, ErrJournalDamaged) {
		t.Errorf("writing: %v", err)
	}
}

// TestUnwrittenIsUnsigned: a key does not sign what could not be recorded.
func TestUnwrittenIsUnsigned(t *testing.T) {
	full := errors.New("no space left on device")
	key, err := newKey(nil, elliptic.P256())
	if err != nil {
		t.Fatal(err)
	}
	k := &recordingKey{key: key, record: func([]byte) error { return full }}
	if signature, err := k.Sign(nil, make([]byte, 32), crypto.SHA256); signature != nil || !errors.Is(err, full) {
		t.Errorf("%x, %v", signature, err)
	}
	k = &recordingKey{key: key, record: func([]byte) error { return nil }}
	if _, err := k.Sign(nil, make([]byte, 32), crypto.SHA256); err != nil {
		t.Fatal(err)
	}
	if signature, err := k.Sign(nil, make([]byte, 32), crypto.SHA256); signature != nil || err == nil {
		t.Error("the key signed twice")
	}
}

// FuzzJournal: whatever lies in the file, it opens to a history that can be
// gone on with, or not at all.
func FuzzJournal(f *testing.F) {
	var b []byte
	for _, e := range life {
		line, err := encodeLine(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
		b = append(b, line...)
	}
	f.Add(b)
	dir := f.TempDir()
	name := filepath.Join(dir, journalName)
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := openStore(dir)
		if err != nil {
			return
		}
		defer s.close()
		write(t, s, event{Kind: eventSign, Serial: "fresh", Issuer: rootName})
		again, err := openStore(dir)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		defer again.close()
		if statusOf(t, again, "fresh") != StatusUnfinished {
			t.Fatal("what was written is not there")
		}
	})
}

// TestFullDisk: what cannot be written is not done, and can be done later.
func TestFullDisk(t *testing.T) {
	p, err := Init(filepath.Join(t.TempDir(), "pki"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("this system has no full device: %v", err)
	}
	defer full.Close()
	list, err := p.List()
	if err != nil {
		t.Fatal(err)
	}
	disk, end := p.store.journal.file, p.store.journal.offset
	p.store.journal.file, p.store.journal.offset = full, 0
	serial := list[len(list)-1].Serial
	person := Applicant{Surname: "KASK", GivenNames: "MARI", Code: "38001085718"}
	if f, err := p.Issue(person); !errors.Is(err, syscall.ENOSPC) || f != nil {
		t.Errorf("issuing: %v", err)
	}
	if err := p.Revoke(serial, ""); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("revoking: %v", err)
	}
	if _, err := p.crl(issuingName); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("making a list: %v", err)
	}
	p.store.journal.file, p.store.journal.offset = disk, end
	after, err := p.List()
	if err != nil || len(after) != len(list) || after[len(after)-1].Status != StatusGood {
		t.Errorf("%d certificates became %d (%v)", len(list), len(after), err)
	}
	if _, err := p.Issue(person); err != nil {
		t.Errorf("issuing with room again: %v", err)
	}
	if err := p.Revoke(serial, ""); err != nil {
		t.Errorf("revoking with room again: %v", err)
	}
}

// TestManyAtOnce: goroutines of two instances issue and revoke together.
func TestManyAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "pki")
	first, err := Init(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	second, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	var wg sync.WaitGroup
	documents := make(chan string, 40)
	for i := range 20 {
		p := []*PKI{first, second}[i%2]
		wg.Go(func() {
			for range 2 {
				f, err := p.Issue(Applicant{Surname: "KASK", GivenNames: "MARI", Code: "38001085718"})
				if err != nil {
					t.Error(err)
					return
				}
				documents <- f.DocumentNumber
			}
		})
	}
	wg.Wait()
	close(documents)
	seen := map[string]bool{"N0000001": true} // the card of init
	for d := range documents {
		if seen[d] {
			t.Errorf("document number %s was given twice", d)
		}
		seen[d] = true
	}
	a, err := first.List()
	b, err2 := second.List()
	if err != nil || err2 != nil || len(a) != len(b) || len(seen) != 41 || len(a) != 5+2*len(seen) {
		t.Errorf("%d and %d certificates for %d cards (%v, %v)", len(a), len(b), len(seen), err, err2)
	}
}
