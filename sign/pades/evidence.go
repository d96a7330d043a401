package pades

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"

	"eidgate/certs"
	"eidgate/certs/timestamp"
	"eidgate/internal/cms"
)

// Online gathers evidence by verifying the signer and each time-stamp now, as
// a validator will later, and keeping every certificate and answer that the
// verification used. A path that does not verify, or a revoked certificate, is
// an error: such a signature is not made to look long-term.
type Online struct {
	// Verifier must have a Revocation that asks the responders.
	Verifier *certs.Verifier
}

var _ Gatherer = Online{}

// Gather implements [Gatherer]. Errors are *certs.Refusal, wrapped.
func (o Online) Gather(ctx context.Context, message []byte) (*Evidence, error) {
	data, err := cms.Parse(message)
	if err != nil {
		return nil, err
	}
	if data.ContentType.Equal(cms.OIDTSTInfo) {
		e := &Evidence{}
		return e, o.addTimestamp(ctx, e, message, nil, nil)
	}
	found, err := data.Verify(cms.Rules{}, func(crypto.Hash) ([]byte, error) { return signedDigest(data) })
	if err != nil {
		return nil, err
	}
	signer := found.Signer
	path, err := o.Verifier.Verify(ctx, certs.Request{
		Certificate: found.Certificate, Intermediates: data.X509(), Purpose: certs.DocumentSigning, Revocation: certs.RevocationRequired,
	})
	if err != nil {
		return nil, fmt.Errorf("verifying the signer: %w", err)
	}
	e := &Evidence{}
	e.addPath(path)
	for _, der := range signer.Unsigned.All(cms.OIDSignatureTimestamp) {
		if err := o.addTimestamp(ctx, e, der, signer.Signature, data.X509()); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// addTimestamp adds the path of a time-stamp's authority. What is stamped is
// compared when it is given: the signature value, not a whole document.
func (o Online) addTimestamp(ctx context.Context, e *Evidence, der, stamped []byte, help []*x509.Certificate) error {
	token, err := timestamp.Parse(der)
	if err != nil {
		return fmt.Errorf("reading the time-stamp: %w", err)
	}
	want := timestamp.Expected{Hash: token.Imprint.Hash, Digest: token.Imprint.Digest, Certificates: help}
	if stamped != nil && want.Hash.Available() {
		h := want.Hash.New()
		h.Write(stamped)
		want.Digest = h.Sum(nil)
	}
	path, err := token.Verify(ctx, o.Verifier, want)
	if err != nil {
		return fmt.Errorf("verifying the time-stamp authority: %w", err)
	}
	e.addPath(path)
	return nil
}

// addPath keeps what a verified path used, each thing once.
func (e *Evidence) addPath(p *certs.Path) {
	for _, cert := range p.Certificates {
		e.addCertificate(cert)
	}
	for _, status := range p.Statuses {
		if status == nil || len(status.DER) == 0 {
			continue
		}
		e.addCertificate(status.Signer)
		switch {
		case status.Source == "crl":
			// A list's answer may rest on more lists, such as a delta.
			for _, list := range append([][]byte{status.DER}, status.Also...) {
				if !contains(e.CRLs, list) {
					e.CRLs = append(e.CRLs, list)
				}
			}
		case status.Source == "ocsp" && !contains(e.OCSPs, status.DER):
			e.OCSPs = append(e.OCSPs, status.DER)
		}
	}
}

func (e *Evidence) addCertificate(cert *x509.Certificate) {
	if cert == nil {
		return
	}
	for _, known := range e.Certificates {
		if known.Equal(cert) {
			return
		}
	}
	e.Certificates = append(e.Certificates, cert)
}
