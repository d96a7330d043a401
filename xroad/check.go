package xroad

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"eidgate/certs"
	"eidgate/internal/fault"
)

// ErrCertificates: a certificate of this gateway is refused, so every exchange
// would be.
var ErrCertificates = fault.New("xroad.certificates", "a certificate of the exchange is not accepted",
	"Look whether it has ended or was revoked, and whether its responder answers; then renew it in the instance file.")

// Check tells whether other gateways would accept this one now: the signing
// certificate of each member served, and the TLS certificate. It is for health
// checks and may be called often. The error wraps [ErrCertificates] and names
// each certificate that is refused, and why.
func (g *Gateway) Check(ctx context.Context) error {
	var refused []error
	for id, own := range g.own {
		s := own.signer
		if err := g.trust.check(ctx, s.certificate, s.chain, s.fingerprint, certs.ExchangeSigning); err != nil {
			refused = append(refused, fmt.Errorf("signing certificate of %s: %w", id, err))
		}
	}
	if g.o.TLS != nil {
		if c := g.in.connection(fingerprintOf(g.o.TLS.Leaf)); c != nil {
			if err := g.checkConnection(ctx, c); err != nil {
				refused = append(refused, err)
			}
		}
	}
	if len(refused) == 0 {
		return nil
	}
	slices.SortFunc(refused, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return fmt.Errorf("%w:\n%w", ErrCertificates, errors.Join(refused...))
}
