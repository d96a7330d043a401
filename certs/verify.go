package certs

import (
	"context"
	"crypto/x509"
	"time"
)

// Verifier verifies certificates against one trust store. Its fields are set
// before first use and not changed after; it is then safe for concurrent use.
type Verifier struct {
	Store *Store
	// Revocation answers about every certificate below the anchor. Nil checks
	// the path alone, unless a request requires revocation.
	Revocation Revocation
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Request is one certificate to verify.
type Request struct {
	Certificate *x509.Certificate
	// Intermediates may help to build the path; none of them is believed. At
	// most 64.
	Intermediates []*x509.Certificate
	Purpose       Purpose
	// At is the time the verdict is about: now when zero, or the proven
	// signing time of an old document. A certificate revoked after At is good
	// at At. A time more than 15 minutes ahead of the clock is refused.
	At time.Time
	// Policies, when given, are dotted policy OIDs of which the certificate
	// must carry at least one, beyond what the purpose requires.
	Policies []string
	// Revocation says what to do about revocation.
	Revocation RevocationRule
}

// RevocationRule says what a request expects of revocation.
type RevocationRule int

// The rules on revocation.
const (
	// RevocationByVerifier checks when the verifier has a source.
	RevocationByVerifier RevocationRule = iota
	// RevocationRequired refuses with "revocation.no-source" when the verifier
	// has none.
	RevocationRequired
	// RevocationSkipped checks the path alone: for callers who ask later, such
	// as a signer looking up its own chain.
	RevocationSkipped
)

// Path is a verified path.
type Path struct {
	// Certificates are the certificate asked about first and the anchor last;
	// the same one when the certificate is itself an anchor.
	Certificates []*x509.Certificate
	// Statuses are parallel to Certificates without the anchor; nil when
	// revocation was not checked.
	Statuses []*RevocationStatus

	// Domain is the trust domain of the store that verified the path.
	Domain Domain
	// At is the time the path was verified for.
	At time.Time
}

// Anchor is the last certificate of the path.
func (p *Path) Anchor() *x509.Certificate { return p.Certificates[len(p.Certificates)-1] }

// Document is the kind of document the certificate lives on, by the verified
// issuer's generation; [UnknownDocument] when the policy table does not know
// the issuer or the policy.
func (p *Path) Document() DocumentKind {
	if len(p.Certificates) < 2 {
		return UnknownDocument
	}
	own := policyStrings(p.Certificates[0])
	if g := policies().generationOf(p.Certificates[1]); g != nil {
		return g.documentOf(own)
	}
	if p.Domain == Test {
		return exampleDocument(own)
	}
	return UnknownDocument
}

// Limits on one verification.
const (
	maxIntermediates = 64
	maxClockSkew     = 15 * time.Minute
)

// Verify builds a path from the certificate to an anchor and checks it by RFC
// 5280 §6, the purpose's rule and revocation. The error is a [*Refusal].
func (v *Verifier) Verify(ctx context.Context, r Request) (*Path, error) {
	now, err := v.admit(&r)
	if err != nil {
		return nil, err
	}
	rule, err := ruleOf(r.Purpose)
	if err != nil {
		return nil, err
	}
	if err := rule.checkUsage(r.Certificate); err != nil {
		return nil, err
	}
	paths, err := v.build(ctx, &r)
	if err != nil {
		return nil, err
	}
	var first error
	for _, certs := range paths {
		p := &Path{Certificates: certs, Domain: v.Store.domain, At: r.At}
		err := v.judge(ctx, p, rule, &r, now)
		if err == nil {
			return p, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// admit checks the request itself and sets its time.
func (v *Verifier) admit(r *Request) (now time.Time, err error) {
	now = time.Now()
	if v.Now != nil {
		now = v.Now()
	}
	if r.At.IsZero() {
		r.At = now
	}
	switch {
	case v.Store == nil:
		return now, Missing("trust.no-anchors", r.Certificate, "no trust store is set")
	case r.Certificate == nil:
		return now, Refuse("certificate.missing", nil, "there is no certificate to verify")
	case len(r.Intermediates) > maxIntermediates:
		return now, Refuse("path.too-complex", r.Certificate, "more than %d intermediate certificates are offered", maxIntermediates)
	case r.At.After(now.Add(maxClockSkew)):
		return now, Refuse("path.future", r.Certificate, "a verdict is asked for a time that has not come")
	case r.Revocation == RevocationRequired && v.Revocation == nil:
		return now, Missing("revocation.no-source", r.Certificate, "revocation must be checked but no source of revocation answers is set")
	}
	return now, nil
}

// judge checks what a built path must hold beyond RFC 5280: its trust domain,
// the purpose's policies and revocation.
func (v *Verifier) judge(ctx context.Context, p *Path, rule *purposeRule, r *Request, now time.Time) error {
	for _, c := range p.Certificates {
		if err := checkDomain(p.Domain, c); err != nil {
			return err
		}
	}
	if err := rule.checkPolicies(p, r.Policies); err != nil {
		return err
	}
	if v.Revocation == nil || r.Revocation == RevocationSkipped {
		return nil
	}
	return v.checkRevocation(ctx, p, r.Purpose, now)
}

// checkRevocation asks about every certificate below the anchor, the leaf
// last: a revoked authority's word on its leaf is worth nothing.
func (v *Verifier) checkRevocation(ctx context.Context, p *Path, purpose Purpose, now time.Time) error {
	statuses := make([]*RevocationStatus, len(p.Certificates)-1)
	for i := len(statuses) - 1; i >= 0; i-- {
		q := RevocationQuery{
			Certificate: p.Certificates[i], Issuer: p.Certificates[i+1],
			Purpose: purpose, At: p.At, Now: now,
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

func judgeStatus(s *RevocationStatus, q RevocationQuery) error {
	switch {
	case s == nil:
		return Missing("revocation.missing", q.Certificate, "no revocation answer about the certificate was found")
	case !s.Revoked:
		return nil
	case s.RevokedAt.IsZero() || !s.RevokedAt.After(q.At):
		return Refuse("revocation.revoked", q.Certificate, "the certificate was revoked on %s", s.RevokedAt.UTC().Format(time.DateTime))
	}
	return nil
}

// asRefusal makes sure that callers get a Refusal whatever a source returns.
func asRefusal(err error, cert *x509.Certificate) error {
	if r := (*Refusal)(nil); asRefusalType(err, &r) {
		return err
	}
	return Missing("revocation.missing", cert, "checking revocation: %w", err)
}
