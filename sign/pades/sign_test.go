package pades_test

import (
	"bytes"
	"crypto"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
	"eidgate/sign/pades"
)

// Every sample, by every kind of key, is valid for tools that are not ours.
func TestSignEverySample(t *testing.T) {
	ca := newCA(t)
	samples := samplepdf.All(t, t.TempDir())
	for _, key := range ca.signers() {
		for _, s := range samples {
			t.Run(key.name+"/"+s.Name, func(t *testing.T) {
				out, _ := signFile(t, s.Path, key, pades.Options{Reason: "Проверка ЩШЌ", Location: "Tallinn (vana)", Name: "한글"})
				judge(t, ca, out, 1)
			})
		}
	}
}

// Several signatures in a row: the earlier ones stay valid.
func TestSignInARow(t *testing.T) {
	ca := newCA(t)
	for _, s := range samplepdf.All(t, t.TempDir()) {
		t.Run(s.Name, func(t *testing.T) {
			path := s.Path
			for i := range 3 {
				path, _ = signFile(t, path, ca.signers()[i%2], pades.Options{})
			}
			judge(t, ca, path, 3)
		})
	}
}

// Nothing that was in the file changes.
func TestSignOnlyAppends(t *testing.T) {
	ca := newCA(t)
	for _, s := range samplepdf.All(t, t.TempDir()) {
		before, err := os.ReadFile(s.Path)
		if err != nil {
			t.Fatal(err)
		}
		out, _ := signFile(t, s.Path, ca.signers()[0], pades.Options{})
		after, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.HasPrefix(after, before) {
			t.Errorf("%s: the signed file does not begin with the original", s.Name)
		}
		now, err := os.ReadFile(s.Path)
		if err != nil || !bytes.Equal(now, before) {
			t.Errorf("%s: the input was changed (%v)", s.Name, err)
		}
	}
}

// A form keeps its fields, appearance defaults and resources.
func TestSignKeepsForm(t *testing.T) {
	ca := newCA(t)
	for _, s := range samplepdf.All(t, t.TempDir()) {
		if s.Name != "form" {
			continue
		}
		out, _ := signFile(t, s.Path, ca.signers()[0], pades.Options{})
		json := testtool.Run(t, testtool.Need(t, "qpdf"), "--json", out)
		for _, want := range []string{"/Helv 12 Tf 0 g", `"/DR"`, `"fullname": "Name"`, `"fullname": "Signature1"`, `"u:Mari"`} {
			if !strings.Contains(json, want) && !strings.Contains(json, strings.ReplaceAll(want, "u:", "")) {
				t.Errorf("the signed form lacks %s", want)
			}
		}
	}
}

func signFile(t testing.TB, in string, key *signer, o pades.Options) (path string, r *pades.Result) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "signed.pdf")
	r, err := trySign(t, in, path, key, o)
	if err != nil {
		t.Fatal(err)
	}
	return path, r
}

func trySign(t testing.TB, in, path string, key *signer, o pades.Options) (*pades.Result, error) {
	t.Helper()
	file, err := os.Open(in)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	o.Certificate, o.Chain = key.cert, key.chain
	if o.Time.IsZero() {
		o.Time = now
	}
	counted := &counting{Signer: key.key}
	r, err := pades.Sign(t.Context(), file, info.Size(), out, counted, o)
	if err == nil && counted.n != 1 {
		t.Errorf("%d key operations for one signature", counted.n)
	}
	key.uses = counted.n
	return r, err
}

// counting counts key operations.
type counting struct {
	crypto.Signer
	n int
}

func (c *counting) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	c.n++
	return c.Signer.Sign(random, digest, opts)
}
