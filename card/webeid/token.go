package webeid

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"fmt"

	"eidgate/card"
)

// Format is the format of the tokens made here.
const Format = "web-eid:1.0"

// defaultApp stands in a token whose maker did not say who it is.
const defaultApp = "urn:eidgate"

// Token is an authentication token as it travels, in the field names of the
// Web eID specification.
type Token struct {
	UnverifiedCertificate string `json:"unverifiedCertificate"` // base64 of DER
	Algorithm             string `json:"algorithm"`             // ES384, PS256, RS256 ...
	Signature             string `json:"signature"`             // base64; r||s for ECDSA
	Format                string `json:"format"`
	AppVersion            string `json:"appVersion"` // URL of the program that made the token
}

// Request is what a website asks to be signed.
type Request struct {
	Origin string // as the browser gives it, never as the page says; see CheckOrigin
	Nonce  string // the website's challenge; see CheckNonce
	// App is a URL that names the program and its version.
	App string
	// Algorithm is one of ES256 to RS512; empty chooses by the key.
	Algorithm string
}

func (r *Request) check() error {
	if err := CheckOrigin(r.Origin); err != nil {
		return err
	}
	return CheckNonce(r.Nonce)
}

// FromCard makes a token with the card's authentication key. The request is
// checked before the PIN is asked for.
func FromCard(ctx context.Context, c card.Card, pins card.PINSource, r Request, options ...card.KeyOption) (*Token, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("making the authentication token: %w", err)
	}
	key, err := card.Signer(ctx, c, card.Authentication, pins, options...)
	if err != nil {
		return nil, fmt.Errorf("making the authentication token: %w", err)
	}
	if r.Algorithm == "" {
		if r.Algorithm, err = preferred(ctx, c); err != nil {
			return nil, fmt.Errorf("making the authentication token: %w", err)
		}
	}
	return Make(key, key.Certificate(), r)
}

// preferred is the card's own choice among RSA algorithms; an elliptic key
// leaves none.
func preferred(ctx context.Context, c card.Card) (string, error) {
	offered, err := c.Algorithms(ctx, card.Authentication)
	if err != nil {
		return "", err
	}
	for _, o := range offered {
		for _, a := range algorithms {
			if o.Key == x509.RSA && a.curve == 0 && a.hash == o.Hash && a.pss == (o.Padding == card.PSS) {
				return a.name, nil
			}
		}
	}
	return "", nil
}

// Make makes a token with any key and its certificate: one signature. It
// refuses an origin or nonce that a token must not be made for, a certificate
// that is not for logging in ([ErrNotForLogin]), and a key that is not the
// certificate's ([ErrKeyMismatch]).
func Make(key crypto.Signer, certificate *x509.Certificate, r Request) (*Token, error) {
	t, err := newToken(key, certificate, r)
	if err != nil {
		return nil, fmt.Errorf("making the authentication token: %w", err)
	}
	return t, nil
}

func newToken(key crypto.Signer, certificate *x509.Certificate, r Request) (*Token, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	if certificate.KeyUsage&x509.KeyUsageDigitalSignature == 0 || certificate.KeyUsage&x509.KeyUsageContentCommitment != 0 {
		return nil, ErrNotForLogin
	}
	if public, ok := certificate.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || !public.Equal(key.Public()) {
		return nil, ErrKeyMismatch
	}
	a, err := algorithmFor(r.Algorithm, certificate.PublicKey)
	if err != nil {
		return nil, err
	}
	digest := a.digest(r.Origin, r.Nonce)
	signature, err := key.Sign(rand.Reader, digest, a.options())
	if err != nil {
		return nil, err
	}
	if signature, err = value(certificate.PublicKey, signature); err != nil {
		return nil, err
	}
	if !a.verify(certificate.PublicKey, digest, signature) {
		return nil, ErrKeyMismatch
	}
	t := &Token{
		UnverifiedCertificate: base64.StdEncoding.EncodeToString(certificate.Raw),
		Algorithm:             a.name,
		Signature:             base64.StdEncoding.EncodeToString(signature),
		Format:                Format,
		AppVersion:            r.App,
	}
	if t.AppVersion == "" {
		t.AppVersion = defaultApp
	}
	return t, nil
}
