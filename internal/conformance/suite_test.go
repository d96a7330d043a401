package conformance

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"eidgate/certs"
)

// score counts verdicts against the expected ones.
type score struct{ cases, right, falseAccepts, falseRejects int }

func (s *score) count(want, got bool) {
	s.cases++
	switch {
	case want == got:
		s.right++
	case got:
		s.falseAccepts++
	default:
		s.falseRejects++
	}
}

func (s *score) line(name string) string {
	return fmt.Sprintf("%s: %d cases, %d right, %d false accepts, %d false rejects",
		name, s.cases, s.right, s.falseAccepts, s.falseRejects)
}

func code(err error) string {
	if r := (*certs.Refusal)(nil); errors.As(err, &r) {
		return r.Code()
	}
	return ""
}

// sharedData finds the reference data beside the checkout; a test is skipped
// where there is none.
func sharedData(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = parent
	}
	data := filepath.Join(dir, "..", "shared", "data")
	if _, err := os.Stat(data); err != nil {
		t.Skipf("the reference data is not at %s", data)
	}
	return data
}

func readCertificate(t *testing.T, name string) *x509.Certificate {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := certs.ParseCertificate(b)
	if err != nil {
		t.Fatalf("%s: %v", filepath.Base(name), err)
	}
	return cert
}
