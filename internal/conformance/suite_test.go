package conformance_test

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
