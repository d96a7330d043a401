package pades_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"eidgate/internal/cms"
	"eidgate/internal/samplepdf"
	"eidgate/sign/pades"
)

func options(s *signer) pades.Options {
	return pades.Options{Certificate: s.cert, Chain: s.chain, Time: now, TimestampSpace: pades.DefaultTimestampSpace}
}

func preparedFor(t testing.TB, in []byte, s *signer) *pades.Prepared {
	t.Helper()
	p, err := pades.Prepare(context.Background(), bytes.NewReader(in), int64(len(in)), options(s))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func signValue(t testing.TB, p *pades.Prepared, s *signer) []byte {
	t.Helper()
	value, err := s.key.Sign(rand.Reader, p.Digest(), p.SignerOptions())
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// A stored state is small and makes the same file as signing in one go, for
// each sample and each key.
func TestTwoSteps(t *testing.T) {
	ca := newWorld(t)
	for _, s := range samplepdf.All(t, t.TempDir()) {
		for _, key := range ca.signers() {
			t.Run(s.Name+"/"+key.name, func(t *testing.T) {
				in := read(t, s.Path)
				p := preparedFor(t, in, key)
				state, err := p.MarshalBinary()
				if err != nil {
					t.Fatal(err)
				}
				if len(state) > 16<<10 {
					t.Errorf("the state has %d bytes", len(state))
				}
				value := signValue(t, p, key)

				p, err = pades.Restore(state, key.cert)
				if err != nil {
					t.Fatal(err)
				}
				message, err := p.Message(value)
				if err != nil {
					t.Fatal(err)
				}
				if message, err = pades.AddTimestamp(t.Context(), message, ca.levelT().Timestamper, 0); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(t.TempDir(), "out.pdf")
				out, err := os.Create(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := p.Complete(t.Context(), bytes.NewReader(in), out, message); err != nil {
					t.Fatal(err)
				}
				out.Close()
				judge(t, ca, path, 1)
			})
		}
	}
}

// What was prepared for one document, certificate or time cannot be used for
// another.
func TestStatesCannotBeSwapped(t *testing.T) {
	ca := newCA(t)
	samples := samplepdf.All(t, t.TempDir())
	in, other := read(t, samples[0].Path), read(t, samples[1].Path)
	p, q := preparedFor(t, in, ca.ec384), preparedFor(t, other, ca.ec384)
	message, err := p.Message(signValue(t, p, ca.ec384))
	if err != nil {
		t.Fatal(err)
	}
	complete := func(p *pades.Prepared, in, message []byte) error {
		return p.Complete(context.Background(), bytes.NewReader(in), new(bytes.Buffer), message)
	}
	changed := bytes.Clone(in)
	changed[len(changed)/2] ^= 1
	for name, c := range map[string]struct{ got, want error }{
		"other document":       {complete(p, other, message), pades.ErrDocumentChanged},
		"changed document":     {complete(p, changed, message), pades.ErrDocumentChanged},
		"shorter document":     {complete(p, in[:len(in)-10], message), pades.ErrDocumentChanged},
		"other state":          {complete(q, other, message), pades.ErrDocumentChanged},
		"not a signature":      {complete(p, in, []byte("hello")), cms.ErrMalformed},
		"too long":             {complete(p, in, make([]byte, p.Room()+1)), pades.ErrReservation},
		"signature of another": {second(p.Message(signValue(t, q, ca.ec384))), cms.ErrWrongSignature},
		"key of another":       {second(p.Message(signValue(t, p, ca.ec256))), cms.ErrWrongSignature},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: error %v, want %v", name, c.got, c.want)
		}
	}
	state, _ := p.MarshalBinary()
	if _, err := pades.Restore(state, ca.ec256.cert); !errors.Is(err, pades.ErrState) {
		t.Errorf("state for another certificate: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// No change to a stored state leads to another document: each byte flipped in
// turn is refused, gives another digest than the one that was signed, or is in
// what CMS does not sign, the issuers sent along.
func TestStateCannotBeChanged(t *testing.T) {
	ca := newCA(t)
	in := read(t, firstSample(t))
	p := preparedFor(t, in, ca.ec256)
	state, _ := p.MarshalBinary()
	value := signValue(t, p, ca.ec256)
	message, err := p.Message(value)
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := p.Complete(t.Context(), bytes.NewReader(in), &want, message); err != nil {
		t.Fatal(err)
	}
	for i := range state {
		changed := bytes.Clone(state)
		changed[i] ^= 0x10
		p, err := pades.Restore(changed, ca.ec256.cert)
		if err != nil {
			continue
		}
		message, err := p.Message(value)
		if err != nil {
			continue
		}
		var out bytes.Buffer
		if err := p.Complete(t.Context(), bytes.NewReader(in), &out, message); err == nil && !bytes.Equal(signedPart(out.Bytes()), signedPart(want.Bytes())) {
			t.Fatalf("byte %d of the state was changed and another file came out", i)
		}
	}
	for i := range state {
		if _, err := pades.Restore(state[:i], ca.ec256.cert); !errors.Is(err, pades.ErrState) {
			t.Fatalf("a state cut at %d: %v", i, err)
		}
	}
}

// signedPart is a file without its Contents value.
func signedPart(b []byte) []byte {
	start := bytes.LastIndex(b, []byte("/Contents <")) + len("/Contents ")
	end := start + bytes.IndexByte(b[start:], '>') + 1
	return append(bytes.Clone(b[:start]), b[end:]...)
}

// FuzzRestore: a state from outside is refused or is well formed.
func FuzzRestore(f *testing.F) {
	ca := newCA(f)
	in := samplepdf.Write("1.4", "/Root 1 0 R", "%%EOF\n",
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>")
	state, err := preparedFor(f, in, ca.ec256).MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(state)
	f.Add(state[:40])
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := pades.Restore(b, ca.ec256.cert)
		if err != nil {
			return
		}
		again, err := p.MarshalBinary()
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("a state of %d bytes comes back as %d (%v)", len(b), len(again), err)
		}
	})
}
