package certs

import (
	"context"
	"crypto/x509"
	"time"

	"eidgate/certs/internal/pkix"
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
	// HistoricUntil lets SHA-1 signatures and RSA keys from 1024 bits pass
	// when a request's At is before it. Zero, the default, never does. Set it
	// only where At is proven by evidence that is itself strong.
	HistoricUntil time.Time
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

	// The inputs of RFC 5280 §6.1.1 (c) to (g), for callers whose own policy
	// needs them. InitialPolicies are dotted; none means any policy.
	InitialPolicies       []string
	RequireExplicitPolicy bool
	InhibitPolicyMapping  bool
	InhibitAnyPolicy      bool
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

	nodes []*node
	valid []pkix.OID // the authority-constrained-policy-set
}

// Anchor is the last certificate of the path.
func (p *Path) Anchor() *x509.Certificate { return p.Certificates[len(p.Certificates)-1] }

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
	in, err := r.initial(rule)
	if err != nil {
		return nil, err
	}
	in.floor = v.floor(r.At)
	leaf, err := newNode(r.Certificate)
	if err != nil {
		return nil, err
	}
	var found *Path
	s := &search{ctx: ctx, anchors: v.Store.nodesFor(r.Purpose), pool: readable(r.Intermediates), floor: in.floor, issued: v.Store.issued}
	s.visit = func(nodes []*node) error {
		p, err := v.judge(ctx, nodes, in, rule, &r, now)
		found = p
		return err
	}
	if err := s.find(leaf); err != nil {
		return nil, err
	}
	return found, nil
}

// initial gives the inputs of RFC 5280 §6.1.1.
func (r *Request) initial(rule *purposeRule) (*initial, error) {
	in := &initial{
		at: r.At, explicitPolicy: r.RequireExplicitPolicy, inhibitMapping: r.InhibitPolicyMapping,
		inhibitAny: r.InhibitAnyPolicy, extended: rule.extendedOIDs(),
	}
	for _, dotted := range r.InitialPolicies {
		oid, err := pkix.ParseOID(dotted)
		if err != nil {
			return nil, Refuse("policy.malformed", nil, "%q is not an object identifier", dotted)
		}
		in.policies = append(in.policies, oid)
	}
	return in, nil
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

// judge checks a complete path: RFC 5280 §6.1, then what this program demands
// beyond it, then revocation.
func (v *Verifier) judge(ctx context.Context, nodes []*node, in *initial, rule *purposeRule, r *Request, now time.Time) (*Path, error) {
	valid, err := validate(nodes, in)
	if err != nil {
		return nil, err
	}
	if err := in.floor.checkKey(nodes[0]); err != nil && !rule.unchecked {
		return nil, err
	}
	p := &Path{Domain: v.Store.domain, At: r.At, nodes: nodes, valid: valid}
	for i, n := range nodes {
		p.Certificates = append(p.Certificates, n.x)
		if err := checkDomain(p.Domain, n.x, i == 0); err != nil {
			return nil, err
		}
	}
	if err := rule.checkPolicies(p, r.Policies); err != nil {
		return nil, err
	}
	if v.Revocation == nil || r.Revocation == RevocationSkipped {
		return p, nil
	}
	if err := v.checkRevocation(ctx, p, r, now); err != nil {
		return nil, err
	}
	return p, nil
}
