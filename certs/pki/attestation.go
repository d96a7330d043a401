package pki

import (
	"crypto/ecdsa"
	"crypto/x509"
)

const profileAttestation = "attestation-signing"

// IssueAttestation makes the key and certificate with which an organisation
// signs attestations about persons: P-256, digitalSignature alone, and its
// hosts as subject alternative names, since a verifier compares them with the
// attestation's issuer.
func (p *PKI) IssueAttestation(o Organisation) (*ecdsa.PrivateKey, *x509.Certificate, error) {
	if err := o.check(); err != nil {
		return nil, nil, err
	}
	if len(o.Hosts) == 0 {
		return nil, nil, badPerson("attestations need the host of their issuer")
	}
	return p.issueExchange(profileAttestation, o, func(t *x509.Certificate) {
		t.KeyUsage = x509.KeyUsageDigitalSignature
		o.nameHosts(t)
	})
}
