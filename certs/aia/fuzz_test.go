package aia

import (
	"crypto/x509"
	"testing"
)

// FuzzParse feeds what a server may answer.
func FuzzParse(f *testing.F) {
	f.Add([]byte("<html>"))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"))
	f.Add([]byte{0x30, 0x82, 0x01, 0x00})
	f.Fuzz(func(t *testing.T, body []byte) {
		issuer, err := parse(&x509.Certificate{}, body)
		if (issuer == nil) == (err == nil) {
			t.Fatalf("certificate %v with error %v", issuer, err)
		}
	})
}
