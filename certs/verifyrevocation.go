package certs

import (
	"context"
	"crypto/x509"
	"errors"
	"time"
)

// checkRevocation asks about every certificate below the anchor, the leaf
// last: a revoked authority's word on its leaf is worth nothing.
func (v *Verifier) checkRevocation(ctx context.Context, p *Path, r *Request, now time.Time) error {
	statuses := make([]*RevocationStatus, len(p.Certificates)-1)
	for i := len(statuses) - 1; i >= 0; i-- {
		q := RevocationQuery{
			Certificate: p.Certificates[i], Issuer: p.Certificates[i+1],
			Purpose: r.Purpose, At: p.At, Now: now,
			Anchor: p.Anchor(), Intermediates: r.Intermediates,
		}
		status, err := v.Revocation.Status(ctx, q)
		if err != nil {
			return asRefusal(err, q.Certificate)
		}
		if err := judgeStatus(status, q); err != nil {
			return err
		}
		statuses[i] = status
	}
	p.Statuses = statuses
	return nil
}

// certificateHold is the CRLReason of a suspension (RFC 5280 §5.3.1).
const certificateHold = 6

func judgeStatus(s *RevocationStatus, q RevocationQuery) error {
	switch {
	case s == nil:
		return Missing("revocation.missing", q.Certificate, "no revocation answer about the certificate was found")
	case !s.Revoked:
		return nil
	case s.RevokedAt.IsZero() || !s.RevokedAt.After(q.At):
		what := "revoked"
		if s.Reason == certificateHold {
			what = "suspended"
		}
		return Refuse("revocation.revoked", q.Certificate, "the certificate was %s on %s", what, s.RevokedAt.UTC().Format(time.DateTime))
	}
	return nil
}

// asRefusal makes sure that callers get a Refusal whatever a source returns.
func asRefusal(err error, cert *x509.Certificate) error {
	if r := (*Refusal)(nil); errors.As(err, &r) {
		return err
	}
	return Missing("revocation.missing", cert, "checking revocation: %w", err)
}
