package asic_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"eidgate/certs/timestamp"
	"eidgate/internal/fault"
	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/internal/testpki"
	"eidgate/sign/xades"
)

// TestEveryKeyAndHash signs with every kind of key in both formats.
func TestEveryKeyAndHash(t *testing.T) {
	w := testpki.New(t)
	for _, kind := range []string{"P-256", "P-384", "P-521", "RSA"} {
		for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			for _, pss := range []bool{false, true} {
				if pss && kind != "RSA" {
					continue
				}
				for _, cades := range []bool{false, true} {
					t.Run(fmt.Sprint(kind, hash, pss, cades), func(t *testing.T) {
						signer := w.Card(kind)
						o := at(w, signer, sign.LevelT)
						o.Hash, o.PSS, o.CAdES = hash, pss, cades
						wantValid(t, validate(t, signFiles(t, signer, files(), o), w.Trust(true)), sign.LevelT)
					})
				}
			}
		}
	}
}

// TestTwoSteps prepares, stores, restores and completes: what a website does
// with a browser between.
func TestTwoSteps(t *testing.T) {
	for name, change := range map[string]func(*asic.Options){
		"XAdES":             func(*asic.Options) {},
		"CAdES":             func(o *asic.Options) { o.CAdES = true },
		"ASiC-S":            func(o *asic.Options) { o.Kind = asic.ASiCS },
		"ASiC-S with CAdES": func(o *asic.Options) { o.Kind, o.CAdES = asic.ASiCS, true },
	} {
		t.Run(name, func(t *testing.T) {
			w := testpki.New(t)
			signer := w.Card("P-384")
			o := at(w, signer, sign.LevelB)
			change(&o)
			list := files()
			if o.Kind == asic.ASiCS {
				list = list[:1]
			}
			p := prepared(t, list, o)
			value := valueOf(t, p, signer)
			again := restored(t, p, signer)
			if !bytes.Equal(again.Digest(), p.Digest()) {
				t.Fatal("the restored state signs something else")
			}
			message, err := again.Message(value)
			if err != nil {
				t.Fatal(err)
			}
			lifted, err := again.Lift(t.Context(), message, at(w, signer, sign.LevelLT), asic.Contents(list))
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := again.Write(t.Context(), &out, list, lifted.Message); err != nil {
				t.Fatal(err)
			}
			report := validate(t, out.Bytes(), w.Trust(false))
			wantValid(t, report, sign.LevelLT)
			if o.Kind != "" && report.Document.Type != string(o.Kind) {
				t.Errorf("type %q", report.Document.Type)
			}
		})
	}
}

func prepared(t testing.TB, list []asic.File, o asic.Options) *asic.Prepared {
	t.Helper()
	p, err := asic.Prepare(t.Context(), list, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func restored(t testing.TB, p *asic.Prepared, signer testpki.Identity) *asic.Prepared {
	t.Helper()
	state, err := p.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	again, err := asic.Restore(state, signer.Cert)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

func valueOf(t testing.TB, p *asic.Prepared, signer testpki.Identity) []byte {
	t.Helper()
	value, err := signer.Key.Sign(rand.Reader, p.Digest(), p.SignerOptions())
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// TestStatesCannotBeSwapped holds a signature, a state, files and a certificate
// against those of another signing.
func TestStatesCannotBeSwapped(t *testing.T) {
	for _, cades := range []bool{false, true} {
		t.Run(fmt.Sprint("CAdES ", cades), func(t *testing.T) {
			w := testpki.New(t)
			signer, other := w.Card("P-256"), w.Card("P-256")
			o := at(w, signer, sign.LevelB)
			o.CAdES = cades
			list, changed := files(), files()
			changed[0] = file("leping.txt", "text/plain", "Ostja maksab müüjale 900 eurot.")
			p, q := prepared(t, list, o), prepared(t, changed, o)
			value := valueOf(t, p, signer)
			message, err := p.Message(value)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := q.Message(value); err == nil {
				t.Error("a value for other files is taken")
			}
			if _, err := p.Message(valueOf(t, p, other)); err == nil {
				t.Error("another key's value is taken")
			}
			if _, err := p.Message([]byte("no")); err == nil {
				t.Error("no value at all is taken")
			}
			for name, err := range map[string]error{
				"message in another container": q.Write(t.Context(), io.Discard, changed, message),
				"other files":                  p.Write(t.Context(), io.Discard, changed, message),
				"fewer files":                  p.Write(t.Context(), io.Discard, list[:1], message),
				"files in another order":       p.Write(t.Context(), io.Discard, []asic.File{list[1], list[0]}, message),
				"state for another certificate": func() error {
					state, err := p.MarshalBinary()
					if err != nil {
						return nil
					}
					_, err = asic.Restore(state, other.Cert)
					return err
				}(),
				"into a container": p.WriteInto(t.Context(), bytes.NewReader(nil), 0, io.Discard, message),
			} {
				if code := fault.CodeOf(err); code != "asic.document-changed" && code != "asic.bad-state" && code != "zip.content-changed" {
					t.Errorf("%s: %v (%q)", name, err, code)
				}
			}
		})
	}
}

// TestDamagedStates changes every byte of a state: it is refused, or still
// signs exactly what it did.
func TestDamagedStates(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-256")
	p := prepared(t, files(), at(w, signer, sign.LevelB))
	state, err := p.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(state); i += 3 {
		damaged := bytes.Clone(state)
		damaged[i] ^= 1
		again, err := asic.Restore(damaged, signer.Cert)
		if err != nil {
			if fault.CodeOf(err) != "asic.bad-state" {
				t.Fatalf("byte %d: %v", i, err)
			}
			continue
		}
		if bytes.Equal(again.Digest(), p.Digest()) {
			continue // sizes, times and checksums: they are checked when written
		}
		if message, err := again.Message(valueOf(t, p, signer)); err == nil {
			t.Errorf("byte %d: a changed state takes the value: %d bytes", i, len(message))
		}
	}
}

// TestOneUseOfTheKey counts the uses on success and on every failure after it.
func TestOneUseOfTheKey(t *testing.T) {
	down := errors.New("down")
	for name, change := range map[string]func(w *testpki.World, o *asic.Options){
		"time-stamp authority down": func(_ *testpki.World, o *asic.Options) { o.Timestamper = broken{down} },
		"responder down":            func(_ *testpki.World, o *asic.Options) { o.Evidence = broken{down} },
		"archive time-stamp down":   func(w *testpki.World, o *asic.Options) { o.Timestamper = &once{w, down, 1} },
		"signer revoked": func(w *testpki.World, o *asic.Options) {
			w.Revoked[o.Certificate.SerialNumber.String()] = w.Now.AddDate(0, 0, -1)
		},
		"time-stamp by a stranger": func(w *testpki.World, o *asic.Options) { o.Timestamper = testpki.New(w.T) },
	} {
		t.Run(name, func(t *testing.T) {
			w := testpki.New(t)
			signer := w.Card("P-256")
			o := at(w, signer, sign.LevelLTA)
			change(w, &o)
			var out bytes.Buffer
			if _, err := asic.Sign(t.Context(), files(), &out, signer.Key, o); err == nil {
				t.Error("signed")
			}
			if *signer.Used != 1 || out.Len() != 0 {
				t.Errorf("%d uses of the key, %d bytes written", *signer.Used, out.Len())
			}
		})
	}
	t.Run("disk full", func(t *testing.T) {
		w := testpki.New(t)
		signer := w.Card("P-256")
		for n := range 12 {
			*signer.Used = 0
			if _, err := asic.Sign(t.Context(), files(), &fullDisk{left: n}, signer.Key, at(w, signer, sign.LevelB)); !errors.Is(err, errFull) {
				t.Errorf("write %d: %v", n, err)
			}
			if *signer.Used != 1 {
				t.Errorf("write %d: %d uses of the key", n, *signer.Used)
			}
		}
	})
	t.Run("before the key", func(t *testing.T) {
		w := testpki.New(t)
		signer := w.Card("P-256")
		for name, list := range map[string][]asic.File{
			"no files": nil, "bad name": {file("../a", "", "a")}, "the container's own": {file("mimetype", "", "a")},
			"in META-INF": {file("META-INF/a", "", "a")}, "in meta-inf": {file("meta-inf/a", "", "a")}, "a folder": {file("a/", "", "a")},
			"twice": {file("a", "", "a"), file("A", "", "a")}, "short": {{Name: "a", Content: strings.NewReader("a"), Size: 2}},
		} {
			if _, err := asic.Sign(t.Context(), list, io.Discard, signer.Key, at(w, signer, sign.LevelB)); fault.CodeOf(err) == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if _, err := asic.Sign(ended, files(), io.Discard, signer.Key, at(w, signer, sign.LevelB)); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if *signer.Used != 0 {
			t.Errorf("the key was used %d times", *signer.Used)
		}
	})
}

// broken is services that do not answer.
type broken struct{ err error }

func (b broken) Stamp(context.Context, crypto.Hash, []byte) (*timestamp.Token, error) {
	return nil, b.err
}

func (b broken) Gather(context.Context, []byte) (*xades.Evidence, error) { return nil, b.err }

func (b broken) GatherCAdES(context.Context, []byte) (*xades.Evidence, error) { return nil, b.err }
func (b broken) GatherTimestamp(context.Context, []byte, func(crypto.Hash) ([]byte, error)) (*xades.Evidence, error) {
	return nil, b.err
}

func (b broken) GatherArchive(context.Context, []byte, xades.Content) (*xades.Evidence, error) {
	return nil, b.err
}

// once answers some times and then no more.
type once struct {
	sign.Timestamper
	err  error
	left int
}

func (o *once) Stamp(ctx context.Context, h crypto.Hash, digest []byte) (*timestamp.Token, error) {
	if o.left--; o.left < 0 {
		return nil, o.err
	}
	return o.Timestamper.Stamp(ctx, h, digest)
}

var errFull = errors.New("disk full")

type fullDisk struct{ left int }

func (f *fullDisk) Write(b []byte) (int, error) {
	if f.left--; f.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}
