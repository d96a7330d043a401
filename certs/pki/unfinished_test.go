package pki

import (
	"crypto"
	"crypto/x509"
	"math/big"
	"path/filepath"
	"testing"

	"eidgate/certs/ocsp"
)

// TestUnfinished: a serial number whose certificate was about to be signed
// when the process ended. Should the signature exist somewhere after all,
// everybody who asks is told that it is revoked.
func TestUnfinished(t *testing.T) {
	p, err := Init(filepath.Join(t.TempDir(), "pki"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	serial := big.NewInt(0x4711)
	write(t, p.store, event{Kind: eventSign, Serial: serialText(serial), Issuer: issuingName, Profile: profileSigning, Digest: "00"})

	target := ocsp.Target{Serial: serial.Bytes(), IssuerName: p.issuing.cert.RawSubject}
	id, err := ocsp.NewCertID(target, p.issuing.cert, crypto.SHA1)
	if err != nil {
		t.Fatal(err)
	}
	request, err := (&ocsp.Request{IDs: []ocsp.CertID{id}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	der, err := p.answerOCSP(request, OutageNone)
	if err != nil {
		t.Fatal(err)
	}
	response, err := ocsp.ParseResponse(der)
	if err != nil || len(response.Answers) != 1 || response.Answers[0].Status != ocsp.Revoked {
		t.Errorf("%+v, %v", response, err)
	}
	list, err := p.crl(issuingName)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseRevocationList(list)
	if err != nil || len(parsed.RevokedCertificateEntries) != 1 || parsed.RevokedCertificateEntries[0].SerialNumber.Cmp(serial) != 0 {
		t.Errorf("%+v, %v", parsed, err)
	}
	if err := p.Revoke(serialText(serial), ""); err == nil {
		t.Error("what is not there was revoked")
	}
	if all, err := p.List(); err != nil || all[len(all)-1].Status != StatusUnfinished || all[len(all)-1].Certificate != nil {
		t.Errorf("%v", err)
	}
}
