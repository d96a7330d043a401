package pki_test

import (
	"crypto/x509"
	"slices"
	"testing"

	"eidgate/certs"
	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
)

// Each of an organisation's certificates is good for its purpose and no other.
func TestOrganisationsCertificates(t *testing.T) {
	w := pkitest.Start(t, nil)
	organisation := pki.Organisation{Name: "Щит Õ 회사", Code: "12345678", Hosts: []string{"kyc.example", "127.0.0.1"}}
	exchange, err := w.IssueExchange(organisation)
	if err != nil {
		t.Fatal(err)
	}
	_, attesting, err := w.IssueAttestation(organisation)
	if err != nil {
		t.Fatal(err)
	}
	store, err := certs.NewStore(certs.Test, w.Root())
	if err != nil {
		t.Fatal(err)
	}
	verifier := certs.Verifier{Store: store}
	purposes := []certs.Purpose{
		certs.Authentication, certs.DocumentSigning, certs.Timestamping, certs.OCSPSigning,
		certs.ExchangeTLS, certs.ExchangeSigning, certs.AttestationSigning,
	}
	for _, c := range []struct {
		certificate *x509.Certificate
		good        []certs.Purpose
	}{
		// A message container is a signed document to whoever reads it later.
		{exchange.SigningCertificate, []certs.Purpose{certs.ExchangeSigning, certs.DocumentSigning}},
		{exchange.TLSCertificate, []certs.Purpose{certs.ExchangeTLS}},
		{attesting, []certs.Purpose{certs.AttestationSigning}},
	} {
		for _, purpose := range purposes {
			_, err := verifier.Verify(t.Context(), certs.Request{
				Certificate: c.certificate, Intermediates: []*x509.Certificate{w.IssuingCA()}, Purpose: purpose,
			})
			if (err == nil) != slices.Contains(c.good, purpose) {
				t.Errorf("the certificate for %v, for %s: %v", c.good, purpose, err)
			}
		}
	}
	if err := attesting.VerifyHostname("kyc.example"); err != nil {
		t.Error(err)
	}
	organisation.Hosts = nil
	if _, _, err := w.IssueAttestation(organisation); err == nil {
		t.Error("an attestation certificate without a host was issued")
	}
}
