package ocsp_test

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/certs/ocsp"
	"eidgate/internal/testtool"
)

// TestOpenSSLAnswers lets OpenSSL's responder answer our requests, with what
// it does of its own: identified by name, nextUpdate, reasons.
func TestOpenSSLAnswers(t *testing.T) {
	openssl := testtool.Need(t, "openssl")
	w := newWorldAt(t, time.Now()) // OpenSSL's clock is the machine's
	dir := t.TempDir()
	file := func(name string, blocks ...*pem.Block) string {
		var b []byte
		for _, block := range blocks {
			b = append(b, pem.EncodeToMemory(block)...)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	der, err := x509.MarshalPKCS8PrivateKey(w.responder.key)
	if err != nil {
		t.Fatal(err)
	}
	ca := file("ca.pem", &pem.Block{Type: "CERTIFICATE", Bytes: w.ca.cert.Raw})
	signer := file("signer.pem", &pem.Block{Type: "PRIVATE KEY", Bytes: der}, &pem.Block{Type: "CERTIFICATE", Bytes: w.responder.cert.Raw})
	index := filepath.Join(dir, "index.txt")
	entries := fmt.Sprintf("V\t991231235959Z\t\t%X\tunknown\t/CN=CARD\nR\t991231235959Z\t261101000000Z,keyCompromise\t%X\tunknown\t/CN=MATE\n",
		w.card.cert.SerialNumber, w.mate.cert.SerialNumber)
	if err := os.WriteFile(index, []byte(entries), 0o600); err != nil {
		t.Fatal(err)
	}

	for name, test := range map[string]struct {
		cert    *x509.Certificate
		hash    crypto.Hash
		args    []string
		code    string
		revoked bool
	}{
		"good":              {w.card.cert, crypto.SHA1, nil, "", false},
		"good, SHA-256":     {w.card.cert, crypto.SHA256, nil, "", false},
		"good, by key":      {w.card.cert, crypto.SHA1, []string{"-resp_key_id"}, "", false},
		"good, next update": {w.card.cert, crypto.SHA1, []string{"-nmin", "10"}, "", false},
		"good, SHA-512":     {w.card.cert, crypto.SHA512, []string{"-rmd", "sha512"}, "", false},
		"revoked":           {w.mate.cert, crypto.SHA1, nil, "", true},
		"unknown":           {w.responder.cert, crypto.SHA1, nil, "ocsp.unknown", false},
		"no certificates":   {w.card.cert, crypto.SHA1, []string{"-resp_no_certs"}, "ocsp.responder-missing", false},
		"signed with SHA-1": {w.card.cert, crypto.SHA1, []string{"-rmd", "sha1"}, "ocsp.weak-signature", false},
	} {
		t.Run(name, func(t *testing.T) {
			q := w.query(t)
			if q.Target, err = ocsp.TargetOf(test.cert); err != nil {
				t.Fatal(err)
			}
			id, err := ocsp.NewCertID(q.Target, w.ca.cert, test.hash)
			if err != nil {
				t.Fatal(err)
			}
			request, err := (&ocsp.Request{IDs: []ocsp.CertID{id}, Nonce: q.Nonce}).Marshal()
			if err != nil {
				t.Fatal(err)
			}
			in, out := filepath.Join(t.TempDir(), "in"), filepath.Join(t.TempDir(), "out")
			if err := os.WriteFile(in, request, 0o600); err != nil {
				t.Fatal(err)
			}
			said := testtool.Run(t, openssl, append([]string{"ocsp", "-index", index, "-CA", ca, "-rsigner", signer, "-reqin", in, "-respout", out}, test.args...)...)
			response, err := os.ReadFile(out)
			if err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			parsed, err := ocsp.ParseResponse(response)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(name, "by key") != (parsed.ResponderKey != nil) {
				t.Errorf("responder %x %x", parsed.ResponderName, parsed.ResponderKey)
			}
			status := wantCode(t, response, q, test.code)
			if test.code == "" && (status == nil || status.Revoked != test.revoked || (test.revoked && status.Reason != 1)) {
				t.Errorf("status %+v", status)
			}
			q.Nonce = []byte("another nonce...")
			if test.code == "" {
				wantCode(t, response, q, "ocsp.nonce-mismatch")
			}
		})
	}
}
