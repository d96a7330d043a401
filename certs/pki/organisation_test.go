package pki_test

import (
	"crypto/tls"
	"encoding/hex"
	"errors"
	"path/filepath"
	"testing"

	"eidgate/certs"
	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
	"eidgate/internal/fault"
)

// TestExchangeKeys: each certificate is good for its own purpose and for no
// other, until it is revoked.
func TestExchangeKeys(t *testing.T) {
	w := pkitest.Start(t, nil)
	x, err := w.IssueExchange(pki.Organisation{Name: "Rahvastikuregister", Code: "70000001", Hosts: []string{"127.0.0.1", "register.example"}})
	if err != nil {
		t.Fatal(err)
	}
	verify := func(c *certs.Request) string {
		c.Intermediates, c.Revocation = w.Intermediates(), certs.RevocationRequired
		_, err := w.Verifier(t).Verify(t.Context(), *c)
		return fault.CodeOf(err)
	}
	for _, c := range []struct {
		name string
		r    certs.Request
		code string
	}{
		{"signing", certs.Request{Certificate: x.SigningCertificate, Purpose: certs.ExchangeSigning}, ""},
		{"TLS", certs.Request{Certificate: x.TLSCertificate, Purpose: certs.ExchangeTLS}, ""},
		{"TLS with the signing key", certs.Request{Certificate: x.SigningCertificate, Purpose: certs.ExchangeTLS}, "purpose.key-usage"},
		{"signing with the TLS key", certs.Request{Certificate: x.TLSCertificate, Purpose: certs.ExchangeSigning}, "purpose.key-usage"},
		{"login with the TLS key", certs.Request{Certificate: x.TLSCertificate, Purpose: certs.Authentication}, "purpose.extended-key-usage"},
	} {
		if got := verify(&c.r); got != c.code {
			t.Errorf("%s: %q, want %q", c.name, got, c.code)
		}
	}
	if err := x.TLSCertificate.VerifyHostname("register.example"); err != nil {
		t.Error(err)
	}
	if err := w.Revoke(hex.EncodeToString(x.SigningCertificate.SerialNumber.Bytes()), "key-compromise"); err != nil {
		t.Fatal(err)
	}
	if got := verify(&certs.Request{Certificate: x.SigningCertificate, Purpose: certs.ExchangeSigning}); got != "revocation.revoked" {
		t.Errorf("revoked: %q", got)
	}
}

// TestSaveExchange writes files that TLS and instance files read.
func TestSaveExchange(t *testing.T) {
	w := pkitest.Start(t, nil)
	x, err := w.IssueExchange(pki.Organisation{Name: "Company", Code: "12345678"})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := w.SaveExchange(x, dir, "company"); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"sign", "tls"} {
		c, err := tls.LoadX509KeyPair(filepath.Join(dir, "company-"+kind+".pem"), filepath.Join(dir, "company-"+kind+".key"))
		if err != nil || len(c.Certificate) != 2 {
			t.Errorf("%s: %v, %d certificates", kind, err, len(c.Certificate))
		}
	}
	if err := w.SaveExchange(x, dir, "company"); err == nil {
		t.Error("keys were written over")
	}
}

func TestBadOrganisations(t *testing.T) {
	w := pkitest.Start(t, nil)
	for _, o := range []pki.Organisation{
		{}, {Name: "x"}, {Code: "12345678"}, {Name: "a\x00b", Code: "12345678"}, {Name: "x", Code: "1/2"}, {Name: "x\xff", Code: "12345678"},
	} {
		if _, err := w.IssueExchange(o); !errors.Is(err, pki.ErrBadPerson) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
