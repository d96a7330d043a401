package asic

import (
	"context"
	"crypto"

	"eidgate/certs"
	"eidgate/sign/cades"
	"eidgate/sign/xades"
)

// Gatherer collects evidence about signatures of both formats, at the time of
// the call. [Online] is one.
type Gatherer interface {
	xades.Gatherer
	// GatherCAdES returns the evidence that a CMS signature does not carry.
	GatherCAdES(ctx context.Context, message []byte) (*cades.Evidence, error)
	// GatherTimestamp returns the evidence that a time-stamp token in a file of
	// its own does not carry. digest is that of what the token is about.
	GatherTimestamp(ctx context.Context, token []byte, digest func(crypto.Hash) ([]byte, error)) (*cades.Evidence, error)
}

// Online gathers evidence by verifying signer and time-stamps now and keeping
// what the verification used; see [xades.Online].
type Online struct {
	// Verifier must have a Revocation that asks the responders.
	Verifier *certs.Verifier
}

var _ Gatherer = Online{}

// Gather implements [xades.Gatherer].
func (o Online) Gather(ctx context.Context, text []byte) (*xades.Evidence, error) {
	return xades.Online(o).Gather(ctx, text)
}

// GatherArchive implements [xades.Gatherer].
func (o Online) GatherArchive(ctx context.Context, text []byte, open xades.Content) (*xades.Evidence, error) {
	return xades.Online(o).GatherArchive(ctx, text, open)
}

// GatherCAdES implements [Gatherer].
func (o Online) GatherCAdES(ctx context.Context, message []byte) (*cades.Evidence, error) {
	return cades.Online(o).Gather(ctx, message)
}

// GatherTimestamp implements [Gatherer].
func (o Online) GatherTimestamp(ctx context.Context, token []byte, digest func(crypto.Hash) ([]byte, error)) (*cades.Evidence, error) {
	return cades.Online(o).GatherTimestamp(ctx, token, digest)
}
