package cades_test

import (
	"context"
	"crypto"

	"eidgate/certs/timestamp"
	"eidgate/sign/internal/testpki"
)

// borrowed is an authority whose token is about something else.
type borrowed struct {
	*testpki.World
	digest []byte
}

func (b *borrowed) Stamp(ctx context.Context, hash crypto.Hash, _ []byte) (*timestamp.Token, error) {
	return b.World.Stamp(ctx, hash, b.digest)
}
