package certs

import (
	"slices"
	"time"

	"eidgate/certs/internal/pkix"
)

// initial are the inputs of RFC 5280 §6.1.1 beyond the path and the anchor.
type initial struct {
	at             time.Time
	policies       []pkix.OID // empty: any policy
	explicitPolicy bool
	inhibitMapping bool
	inhibitAny     bool
	// extended are usages that every authority's extended key usage, where it
	// has one, must allow.
	extended []pkix.OID
	floor    strength
}

// state are the variables of §6.1.2.
type state struct {
	*initial
	n        int // certificates below the anchor
	graph    *policyGraph
	names    nameConstraints
	explicit int
	any      int
	mapping  int
	pathLen  int
}

// validate runs §6.1 over a path whose names and signatures chain, the target
// first and the anchor last. It returns the policies the path is valid for
// (the authority-constrained-policy-set).
//
// Beyond §6.1 the anchor is held to what its own certificate says: validity,
// being an authority, path length and name constraints (RFC 5937), since the
// anchors of this program are certificates with a written scope.
func validate(path []*node, in *initial) ([]pkix.OID, error) {
	anchor := path[len(path)-1]
	n := len(path) - 1
	s := &state{initial: in, n: n, graph: newPolicyGraph(), pathLen: n}
	s.explicit, s.any, s.mapping = n+1, n+1, n+1
	clearIf(in.explicitPolicy, &s.explicit)
	clearIf(in.inhibitAny, &s.any)
	clearIf(in.inhibitMapping, &s.mapping)
	if err := s.admitAnchor(anchor, n); err != nil {
		return nil, err
	}
	for i := 1; i <= n; i++ {
		if err := s.process(path[n-i], i); err != nil {
			return nil, err
		}
	}
	if n == 0 {
		return []pkix.OID{pkix.AnyPolicy}, nil
	}
	return s.wrapUp(path[0])
}

func clearIf(flag bool, counter *int) {
	if flag {
		*counter = 0
	}
}

func (s *state) admitAnchor(anchor *node, n int) error {
	if err := s.checkTime(anchor); err != nil {
		return err
	}
	if err := checkCritical(anchor); err != nil {
		return err
	}
	if n == 0 {
		return nil
	}
	if err := s.checkAuthority(anchor); err != nil {
		return err
	}
	if anchor.PathLen >= 0 {
		s.pathLen = min(s.pathLen, anchor.PathLen)
	}
	return s.names.add(anchor)
}

// process is §6.1.3 for certificate i, and §6.1.4 unless it is the last.
func (s *state) process(c *node, i int) error {
	if err := s.checkTime(c); err != nil {
		return err
	}
	if c.Issuer.Empty() {
		return Refuse("certificate.malformed", c.x, "the certificate names no issuer")
	}
	last := i == s.n
	selfIssued := c.SelfIssued()
	if last || !selfIssued {
		if err := s.names.check(c); err != nil {
			return err
		}
	}
	s.graph.process(c, i, s.any > 0 || !last && selfIssued)
	if s.explicit == 0 && s.graph.null() {
		return Refuse("path.policy", c.x, "a valid certificate policy is required and the path has none")
	}
	if err := checkCritical(c); err != nil {
		return err
	}
	if last {
		return nil
	}
	return s.prepare(c, i, selfIssued)
}

// prepare is §6.1.4: certificate i becomes the issuer of the next.
func (s *state) prepare(c *node, i int, selfIssued bool) error {
	for _, m := range c.Mappings {
		if m.Issuer == pkix.AnyPolicy || m.Subject == pkix.AnyPolicy {
			return Refuse("path.policy-mapping", c.x, "the certificate maps a policy to or from any policy")
		}
	}
	s.graph.mapPolicies(c, i, s.mapping > 0)
	if err := s.names.add(c); err != nil {
		return err
	}
	if !selfIssued {
		for _, counter := range []*int{&s.explicit, &s.mapping, &s.any} {
			*counter = max(*counter-1, 0)
		}
	}
	lower(&s.explicit, c.RequireExplicitPolicy)
	lower(&s.mapping, c.InhibitPolicyMapping)
	lower(&s.any, c.InhibitAnyPolicy)
	if err := s.checkAuthority(c); err != nil {
		return err
	}
	if !selfIssued {
		if s.pathLen == 0 {
			return Refuse("path.length", c.x, "there are more authorities on the path than one of them allows")
		}
		s.pathLen--
	}
	if c.PathLen >= 0 {
		s.pathLen = min(s.pathLen, c.PathLen)
	}
	return nil
}

func lower(counter *int, limit int) {
	if limit >= 0 {
		*counter = min(*counter, limit)
	}
}

// wrapUp is §6.1.5.
func (s *state) wrapUp(leaf *node) ([]pkix.OID, error) {
	s.explicit = max(s.explicit-1, 0)
	if leaf.RequireExplicitPolicy == 0 {
		s.explicit = 0
	}
	valid := s.graph.validPolicies(s.n)
	if s.explicit == 0 && len(constrain(valid, s.policies)) == 0 {
		return nil, Refuse("path.policy", leaf.x, "the path is not valid for any of the required certificate policies")
	}
	return valid, nil
}

// constrain gives the user-constrained-policy-set.
func constrain(valid, wanted []pkix.OID) []pkix.OID {
	if len(wanted) == 0 || slices.Contains(wanted, pkix.AnyPolicy) {
		return valid
	}
	if slices.Contains(valid, pkix.AnyPolicy) {
		return wanted
	}
	return slices.DeleteFunc(slices.Clone(valid), func(p pkix.OID) bool { return !slices.Contains(wanted, p) })
}

// checkCritical is §6.1.4 (o) and §6.1.5 (f).
func checkCritical(c *node) error {
	if len(c.UnknownCritical) > 0 {
		return Refuse("path.critical-extension", c.x, "the certificate has critical extension %v, which is not understood", c.UnknownCritical[0])
	}
	return nil
}

func (s *state) checkTime(c *node) error {
	if s.at.Before(c.NotBefore) {
		return Refuse("path.not-yet-valid", c.x, "the certificate is valid from %s on", c.NotBefore.UTC().Format(time.DateTime))
	}
	if s.at.After(c.NotAfter) {
		return Refuse("path.expired", c.x, "the certificate expired on %s", c.NotAfter.UTC().Format(time.DateTime))
	}
	return nil
}

// checkAuthority is §6.1.4 (k) and (n), and the extended key usages.
func (s *state) checkAuthority(c *node) error {
	if c.Version != 3 || !c.HasBasicConstraints || !c.IsCA {
		return Refuse("path.not-an-authority", c.x, "a certificate on the path was issued by one that is not an authority's")
	}
	if c.HasKeyUsage && c.KeyUsage&pkix.CertSign == 0 {
		return Refuse("path.key-usage", c.x, "an authority on the path may not sign certificates")
	}
	if !c.HasExtendedKeyUsage || slices.Contains(c.ExtendedKeyUsage, pkix.AnyExtendedKeyUsage) {
		return nil
	}
	for _, want := range s.extended {
		if !slices.Contains(c.ExtendedKeyUsage, want) {
			return Refuse("path.extended-key-usage", c.x, "an authority on the path may not issue certificates for this purpose")
		}
	}
	return nil
}
