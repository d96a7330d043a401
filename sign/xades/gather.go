package xades

import (
	"context"
	"crypto"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/sign/internal/judge"
)

// Gatherer collects the evidence about a signature and its time-stamps, at the
// time of the call. [Online] is one.
type Gatherer interface {
	// Gather takes a file with one signature and returns the evidence about the
	// signer and the signature time-stamps that the file does not have.
	Gather(ctx context.Context, text []byte) (*Evidence, error)
	// GatherArchive does the same for the archive time-stamps. open gives the
	// signed files.
	GatherArchive(ctx context.Context, text []byte, open Content) (*Evidence, error)
}

// Online gathers evidence by verifying the signer, at the time of the first
// time-stamp, and each time-stamp, as a validator will later, and keeping every
// certificate and answer that the verification used. A path that does not
// verify, or a certificate revoked before that time, is an error: such a
// signature is not made to look long-term.
type Online struct {
	// Verifier must have a Revocation that asks the responders.
	Verifier *certs.Verifier
}

var _ Gatherer = Online{}

// Gather implements [Gatherer]. Errors are *certs.Refusal, wrapped, or about
// the signature's form.
func (o Online) Gather(ctx context.Context, text []byte) (*Evidence, error) {
	s, err := load(text)
	if err != nil {
		return nil, err
	}
	found, stamped, err := o.gather(ctx, s)
	if err != nil || !olderThan(found, stamped) {
		return found, err
	}
	// Responders write whole seconds, a few authorities fractions: an answer of
	// the same second looks older than the time-stamp then, and digidoc4j
	// refuses that. Asking in the next second settles it. Authorities with whole
	// seconds, as SK's, never make anyone wait.
	wait := time.NewTimer(o.untilNext(stamped))
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-wait.C:
	}
	found, _, err = o.gather(ctx, s)
	return found, err
}

// untilNext is how long the second of the time-stamp still lasts: by this
// machine's clock, or all of what was left of it when the clocks differ.
func (o Online) untilNext(stamped time.Time) time.Duration {
	now := time.Now
	if o.Verifier.Now != nil {
		now = o.Verifier.Now
	}
	next := stamped.Truncate(time.Second).Add(time.Second)
	if left := next.Sub(now()); left > 0 && left <= time.Second {
		return left
	}
	return next.Sub(stamped)
}

// gatherer knows what the signature carries.
func (o Online) gatherer(s *signature) *judge.Gatherer {
	g := &judge.Gatherer{Verifier: o.Verifier, AtHand: s.evidence()}
	g.Offer(g.AtHand.Certificates...)
	// Level LT repeats what is only in KeyInfo: readers look for all of it in
	// CertificateValues.
	g.AtHand.Certificates = s.carried().Certificates
	return g
}

// gather also tells the time of the last signature time-stamp.
func (o Online) gather(ctx context.Context, s *signature) (*Evidence, time.Time, error) {
	g := o.gatherer(s)
	cert, _, err := s.signer(s.carried().Certificates)
	if err != nil {
		return nil, time.Time{}, err
	}
	stamps, err := s.tokens(nsXAdES, propTimestamp)
	if err != nil {
		return nil, time.Time{}, err
	}
	var first, last time.Time
	for _, t := range stamps {
		at, err := g.Stamp(ctx, t.der, func(h crypto.Hash) ([]byte, error) { return s.valueImprint(t.method, h) })
		if err != nil {
			return nil, time.Time{}, err
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	if err := g.Signer(ctx, cert, first); err != nil {
		return nil, time.Time{}, err
	}
	return g.New(), last, nil
}

// GatherArchive implements [Gatherer].
func (o Online) GatherArchive(ctx context.Context, text []byte, open Content) (*Evidence, error) {
	s, err := load(text)
	if err != nil {
		return nil, err
	}
	archives, err := s.tokens(ns141, propArchive)
	if err != nil {
		return nil, err
	}
	g := o.gatherer(s)
	for _, t := range archives {
		if _, err := g.Stamp(ctx, t.der, func(h crypto.Hash) ([]byte, error) { return s.archiveImprint(t.method, h, t.at, open) }); err != nil {
			return nil, err
		}
	}
	return g.New(), nil
}

// olderThan tells whether an answer seems to be made in the same second as the
// time-stamp, before it.
func olderThan(e *Evidence, stamped time.Time) bool {
	for _, der := range e.OCSP {
		r, err := ocsp.ParseResponse(der)
		if err == nil && r.ProducedAt.Before(stamped) && r.ProducedAt.Add(time.Second).After(stamped) {
			return true
		}
	}
	return false
}
