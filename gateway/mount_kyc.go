package gateway

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/url"
	"os"

	"eidgate/certs/pki"
	"eidgate/kyc"
)

// sandboxOrganisation is who attests in a sandbox.
const (
	sandboxOperator     = "Eidgate Sandbox"
	sandboxOperatorCode = "70000000"
)

// openKYC prepares attestations. Without a certificate, outside of sandboxes,
// there are none and their addresses say so.
func (s *Server) openKYC(context.Context) error {
	key, chain, err := s.attestationKey()
	if err != nil || key == nil {
		return err
	}
	s.kyc, err = kyc.New(kyc.Options{
		Database: s.store, Record: s.recordKYC, Verifier: s.trust.Verifier, Intermediates: s.trust.Intermediates,
		Origin: s.origin, Key: key, Chain: chain, Pepper: s.pepper, Live: s.config.Mode == Production,
		Now: s.now, Random: s.random, Log: s.log,
	})
	return err
}

// attestationKey reads the configured one; a sandbox has its PKI issue one for
// the host it is reached at.
func (s *Server) attestationKey() (crypto.Signer, []*x509.Certificate, error) {
	c := s.config.KYC
	if c.Certificate != "" {
		certificate, err := os.ReadFile(c.Certificate)
		if err != nil {
			return nil, nil, fmt.Errorf("reading kyc.certificate: %w", err)
		}
		key, err := os.ReadFile(c.Key)
		if err != nil {
			return nil, nil, fmt.Errorf("reading kyc.key: %w", err)
		}
		return keyPair("kyc.certificate", append(append(certificate, '\n'), key...))
	}
	if s.config.Mode != Sandbox {
		return nil, nil, nil
	}
	origin, err := url.Parse(s.origin)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the origin: %w", err)
	}
	kept, err := s.secret("attestation-"+origin.Hostname()+".pem", func() ([]byte, error) {
		key, certificate, err := s.pki.IssueAttestation(pki.Organisation{
			Name: sandboxOperator, Code: sandboxOperatorCode, Hosts: []string{origin.Hostname()},
		})
		if err != nil {
			return nil, err
		}
		return pemPair(key, certificate, s.pki.IssuingCA())
	})
	if err != nil {
		return nil, nil, err
	}
	return keyPair("attestation.pem", kept)
}

// pemPair writes certificates and a key in one PEM text.
func pemPair(key crypto.Signer, certificates ...*x509.Certificate) ([]byte, error) {
	var text bytes.Buffer
	for _, certificate := range certificates {
		if err := pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}); err != nil {
			return nil, err
		}
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	err = pem.Encode(&text, &pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return text.Bytes(), err
}

// keyPair reads certificates and the key of the first. what names the setting.
func keyPair(what string, text []byte) (crypto.Signer, []*x509.Certificate, error) {
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, nil, refuse(what, "%s", err)
	}
	key, ok := pair.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, nil, refuse(what, "the key cannot sign")
	}
	var chain []*x509.Certificate
	for _, der := range pair.Certificate {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, nil, refuse(what, "%s", err)
		}
		chain = append(chain, certificate)
	}
	return key, chain, nil
}
