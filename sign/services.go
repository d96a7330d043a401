package sign

import (
	"context"
	"crypto"
	"crypto/x509"

	"eidgate/certs/ocsp"
	"eidgate/certs/timestamp"
)

// Timestamper gets time-stamps from an authority (RFC 3161).
type Timestamper interface {
	// Stamp returns a token over a digest made with hash; it was checked to be
	// about that digest and to answer this question.
	Stamp(ctx context.Context, hash crypto.Hash, digest []byte) (*timestamp.Token, error)
}

// RevocationFetcher gets revocation answers to put into a document.
type RevocationFetcher interface {
	// Fetch returns a fresh, verified OCSP response about cert in DER. A
	// revoked certificate is an error.
	Fetch(ctx context.Context, cert, issuer *x509.Certificate) ([]byte, error)
}

var (
	_ Timestamper       = (*timestamp.Client)(nil)
	_ RevocationFetcher = (*ocsp.Client)(nil)
)
