package conformance_test

import (
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"eidgate/certs"
)

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
