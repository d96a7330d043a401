package session

import (
	"crypto/x509"
	"encoding/base64"

	"eidgate/card/webeid"
	"eidgate/certs"
)

// claimant is who a refused token says it is of; nothing of it was verified.
func claimant(t *webeid.Token) (*x509.Certificate, certs.Person) {
	der, err := base64.StdEncoding.DecodeString(t.UnverifiedCertificate)
	if err != nil {
		return nil, certs.Person{}
	}
	certificate, err := certs.ParseCertificate(der)
	if err != nil {
		return nil, certs.Person{}
	}
	person, err := certs.PersonOf(certificate)
	if err != nil {
		return certificate, certs.Person{}
	}
	return certificate, person
}
