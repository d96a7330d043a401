package pkix

import (
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// readPolicies reads certificatePolicies (§4.2.1.4); a policy may appear only
// once. Qualifiers are for people and are not read.
func (c *Constraints) readPolicies(s cryptobyte.String) bool {
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() || seq.Empty() {
		return false
	}
	c.HasPolicies = true
	for !seq.Empty() {
		var info cryptobyte.String
		if !seq.ReadASN1(&info, asn1.SEQUENCE) {
			return false
		}
		id, err := readOID(&info)
		if err != nil || slices.Contains(c.Policies, id) || len(c.Policies) == maxListed {
			return false
		}
		c.Policies = append(c.Policies, id)
	}
	return true
}

func (c *Constraints) readMappings(s cryptobyte.String) bool {
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() || seq.Empty() {
		return false
	}
	for !seq.Empty() {
		var pair cryptobyte.String
		if !seq.ReadASN1(&pair, asn1.SEQUENCE) || len(c.Mappings) == maxListed {
			return false
		}
		issuer, err1 := readOID(&pair)
		subject, err2 := readOID(&pair)
		if err1 != nil || err2 != nil || !pair.Empty() {
			return false
		}
		c.Mappings = append(c.Mappings, PolicyMapping{issuer, subject})
	}
	return true
}

func (c *Constraints) readPolicyConstraints(s cryptobyte.String) bool {
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() || seq.Empty() {
		return false
	}
	for i, to := range []*int{&c.RequireExplicitPolicy, &c.InhibitPolicyMapping} {
		tag := asn1.Tag(i).ContextSpecific()
		if seq.PeekASN1Tag(tag) && !readSkip(&seq, tag, to) {
			return false
		}
	}
	return seq.Empty()
}

func (c *Constraints) readInhibitAnyPolicy(s cryptobyte.String) bool {
	return readSkip(&s, asn1.INTEGER, &c.InhibitAnyPolicy) && s.Empty()
}

// readNameConstraints reads nameConstraints (§4.2.1.10). A minimum or maximum
// is refused: the profile forbids both and ignoring them would widen the
// subtree.
func (c *Constraints) readNameConstraints(s cryptobyte.String) bool {
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() || seq.Empty() {
		return false
	}
	for i, to := range []*[]GeneralName{&c.Permitted, &c.Excluded} {
		var trees cryptobyte.String
		var present bool
		if !seq.ReadOptionalASN1(&trees, &present, asn1.Tag(i).Constructed().ContextSpecific()) {
			return false
		}
		if present && !readSubtrees(trees, to) {
			return false
		}
	}
	return seq.Empty()
}

func readSubtrees(s cryptobyte.String, to *[]GeneralName) bool {
	for !s.Empty() {
		var tree cryptobyte.String
		if !s.ReadASN1(&tree, asn1.SEQUENCE) || len(*to) == maxGeneralNames {
			return false
		}
		base, err := readGeneralName(&tree)
		if err != nil || !tree.Empty() {
			return false
		}
		*to = append(*to, base)
	}
	return len(*to) > 0
}
