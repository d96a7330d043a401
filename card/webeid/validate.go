package webeid

import (
	"context"
	"crypto/x509"
	"fmt"

	"eidgate/certs"
)

// mobileID are the policies of Estonian Mobile-ID, which is not a card: a
// phone's certificate would pass every other check.
var mobileID = []string{
	"1.3.6.1.4.1.10015.1.3", "1.3.6.1.4.1.10015.1.3.1", "1.3.6.1.4.1.10015.1.3.2", "1.3.6.1.4.1.10015.1.3.3",
	"1.3.6.1.4.1.10015.18.1",
}

// Validator validates tokens made for one website. Its fields are set before
// first use; it is then safe for concurrent use.
type Validator struct {
	// Origin is the website's own, as browsers spell it; see CheckOrigin.
	Origin string
	// Verifier holds the anchors, the source of revocation answers, which is
	// required, and the clock. For card generations that are trusted by their
	// issuing authority the anchors are these authorities.
	Verifier *certs.Verifier
	// Intermediates help to build paths to roots; none of them is believed.
	Intermediates []*x509.Certificate
	// DisallowedPolicies are refused beside those of Mobile-ID: dotted OIDs.
	DisallowedPolicies []string
}

// Identity is who logged in.
type Identity struct {
	Person      certs.Person
	Certificate *x509.Certificate
	Path        *certs.Path // the verified path with its revocation answers
	Algorithm   string
	App         string // what the token says made it; not verified
}

// Validate decides whether token proves that the holder of a card logged in to
// v.Origin with this nonce. The nonce is what the website issued to the same
// browser session, taken out of its store so that it cannot be used again. Any
// error means no; see the package's codes and those of certs.
func (v *Validator) Validate(ctx context.Context, token []byte, nonce string) (*Identity, error) {
	id, err := v.validate(ctx, token, nonce)
	if err != nil {
		return nil, fmt.Errorf("validating the authentication token: %w", err)
	}
	return id, nil
}

func (v *Validator) validate(ctx context.Context, token []byte, nonce string) (*Identity, error) {
	if v.Verifier == nil {
		return nil, ErrConfiguration
	}
	if err := (&Request{Origin: v.Origin, Nonce: nonce}).check(); err != nil {
		return nil, err
	}
	t, err := Parse(token)
	if err != nil {
		return nil, err
	}
	certificate, err := t.certificate()
	if err != nil {
		return nil, err
	}
	if err := v.checkPolicies(certificate); err != nil {
		return nil, err
	}
	if err := t.checkSignature(certificate, v.Origin, nonce); err != nil {
		return nil, err
	}
	// The network is asked last, and not at all about a certificate whose
	// holder did not sign.
	path, err := v.Verifier.Verify(ctx, certs.Request{
		Certificate: certificate, Intermediates: v.Intermediates,
		Purpose: certs.Authentication, Revocation: certs.RevocationRequired,
	})
	if err != nil {
		return nil, err
	}
	person, err := certs.PersonOf(certificate)
	if err != nil {
		return nil, err
	}
	return &Identity{
		Person: person, Certificate: certificate, Path: path, Algorithm: t.Algorithm, App: t.AppVersion,
	}, nil
}

func (v *Validator) checkPolicies(certificate *x509.Certificate) error {
	for _, policy := range certificate.Policies {
		for _, list := range [][]string{mobileID, v.DisallowedPolicies} {
			for _, disallowed := range list {
				if policy.String() == disallowed {
					return ErrDisallowedPolicy
				}
			}
		}
	}
	return nil
}

// checkSignature tells whether the certificate's key signed this origin and
// nonce.
func (t *Token) checkSignature(certificate *x509.Certificate, origin, nonce string) error {
	a, err := algorithmFor(t.Algorithm, certificate.PublicKey)
	if err != nil {
		return err
	}
	signature, err := DecodeBase64(t.Signature)
	if err != nil || !a.verify(certificate.PublicKey, a.digest(origin, nonce), signature) {
		return ErrSignature
	}
	return nil
}
