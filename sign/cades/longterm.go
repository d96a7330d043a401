package cades

import (
	"context"
	"crypto"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"eidgate/certs"
	"eidgate/internal/cms"
	"eidgate/sign/internal/judge"
)

// Evidence is what level LT puts into a signature: certificates and revocation
// answers for the signer's chain, the time-stamp authority's and those of the
// responders.
type Evidence = judge.Evidence

// Online gathers evidence by verifying the signer, at the time of the first
// time-stamp, and each time-stamp, archive ones too, as a validator will later. A path that does
// not verify, or a certificate revoked before that time, is an error.
type Online struct {
	// Verifier must have a Revocation that asks the responders.
	Verifier *certs.Verifier
}

// Gather returns the evidence that a signature does not carry. Errors are
// *certs.Refusal, wrapped, or about the message.
func (o Online) Gather(ctx context.Context, signature []byte) (*Evidence, error) {
	message, err := cms.Parse(signature)
	if err != nil {
		return nil, err
	}
	result, err := message.Verify(cms.Rules{}, func(crypto.Hash) ([]byte, error) { return signedDigest(message) })
	if err != nil {
		return nil, err
	}
	g := &judge.Gatherer{Verifier: o.Verifier, AtHand: EvidenceIn(message)}
	g.Offer(message.X509()...)
	var first time.Time
	for _, stamp := range stampsIn(result.Signer) {
		at, err := g.Stamp(ctx, stamp.DER, stamp.Digest)
		if err != nil {
			return nil, err
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	signer := result.Signer
	for _, a := range archiveStamps(message, signer) {
		if a.err != nil {
			return nil, a.err
		}
		if _, err := g.Stamp(ctx, a.der, func(h crypto.Hash) ([]byte, error) { return archiveImprint(message, signer, a.index, h, nil) }); err != nil {
			return nil, err
		}
	}
	if err := g.Signer(ctx, result.Certificate, first); err != nil {
		return nil, err
	}
	return g.New(), nil
}

// GatherTimestamp returns the evidence that a time-stamp token of its own does
// not carry. digest is that of what the token must be about.
func (o Online) GatherTimestamp(ctx context.Context, token []byte, digest func(crypto.Hash) ([]byte, error)) (*Evidence, error) {
	message, err := cms.Parse(token)
	if err != nil {
		return nil, err
	}
	g := &judge.Gatherer{Verifier: o.Verifier, AtHand: EvidenceIn(message)}
	g.Offer(message.X509()...)
	if _, err := g.Stamp(ctx, token, digest); err != nil {
		return nil, err
	}
	return g.New(), nil
}

// signedDigest is the message-digest attribute: what the signature says it is
// over.
func signedDigest(message *cms.SignedData) ([]byte, error) {
	signer, err := message.One()
	if err != nil {
		return nil, err
	}
	value, err := signer.Signed.One(cms.OIDMessageDigest)
	if err != nil {
		return nil, err
	}
	s := cryptobyte.String(value)
	var digest cryptobyte.String
	if !s.ReadASN1(&digest, cbasn1.OCTET_STRING) || !s.Empty() {
		return nil, fmt.Errorf("reading the signature: %w", cms.ErrMalformed)
	}
	return digest, nil
}

// AddEvidence lifts a signature from level T to LT: certificates and answers go
// beside the signature (EN 319 122-1 §6.3, SignedData.certificates and
// SignedData.crls).
func AddEvidence(signature []byte, e *Evidence) ([]byte, error) {
	out, err := cms.AddEvidence(signature, e.Certificates, e.OCSP, e.CRLs)
	if err != nil {
		return nil, fmt.Errorf("adding the evidence: %w", err)
	}
	return out, nil
}
