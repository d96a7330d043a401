package certs

import (
	"context"
	"crypto/x509"
	"time"
)

// RevocationQuery asks whether one certificate of a path was revoked.
type RevocationQuery struct {
	Certificate *x509.Certificate
	Issuer      *x509.Certificate // next in the path; its key signed Certificate
	Purpose     Purpose           // what the path is for: decides freshness
	At          time.Time         // the time the verdict is about: now, or the proven signing time
	Now         time.Time         // the verifier's clock

	// Anchor is the anchor of the path; evidence signed by a third party must
	// lead to the same one. Nil when the caller knows none.
	Anchor *x509.Certificate
	// Intermediates are certificates that may help to reach a signer.
	Intermediates []*x509.Certificate
}

// RevocationStatus is a positive answer about a certificate from evidence that
// was itself verified. "Unknown" is not a status: it is a Refusal.
type RevocationStatus struct {
	Revoked    bool
	RevokedAt  time.Time // set when Revoked
	Reason     int       // RFC 5280 §5.3.1 CRLReason, 0 when not given
	Source     string    // "ocsp", "crl", or "nocheck" for a responder that needs none
	ProducedAt time.Time
	ThisUpdate time.Time
	NextUpdate time.Time // zero when the answer has none
	DER        []byte    // the OCSPResponse or CertificateList as received
	// Also is further evidence the answer rests on, such as a delta list.
	Also   [][]byte
	Signer *x509.Certificate
}

// Revocation answers queries from evidence at hand (what a document carries)
// or from a responder on the network. It verifies what it returns. An error is
// a *Refusal; Indeterminate tells missing evidence from a bad answer.
type Revocation interface {
	Status(ctx context.Context, q RevocationQuery) (*RevocationStatus, error)
}
