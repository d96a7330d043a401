package certs

import (
	"slices"
	"strings"
)

// mobileIDArcs are policies of Mobile-ID certificates, which are not on cards
// (they never log in as one).
var mobileIDArcs = []string{"1.3.6.1.4.1.10015.1.3", "1.3.6.1.4.1.10015.18.1"}

// checkPolicies demands the policies of the purpose and the caller. They are
// demanded of the certificate itself: a path whose authorities allow every
// policy proves nothing about a leaf that names none.
func (rule *purposeRule) checkPolicies(p *Path, wanted []string) error {
	leaf := p.Certificates[0]
	own := policyStrings(leaf)
	if p.Domain == Production && slices.ContainsFunc(own, isExamplePolicy) {
		return Refuse("policy.example-arc", leaf, "the certificate's policy is under the example arc 2.999, which is for tests")
	}
	if len(wanted) > 0 && !shareOne(own, wanted) {
		return Refuse("policy.missing", leaf, "the certificate carries none of the required policies")
	}
	if rule.card == noCardPolicies {
		return nil
	}
	if rule.card == loginPolicies && slices.ContainsFunc(own, isMobileIDPolicy) {
		return Refuse("policy.mobile-id", leaf, "the certificate is a Mobile-ID certificate, not a card's")
	}
	return rule.checkCardPolicies(p, own)
}

func (rule *purposeRule) checkCardPolicies(p *Path, own []string) error {
	leaf := p.Certificates[0]
	if !slices.ContainsFunc(own, func(oid string) bool { return oid != anyPolicy }) {
		return Refuse("policy.missing", leaf, "the certificate names no certificate policy")
	}
	var g *generation
	if len(p.Certificates) > 1 {
		g = policies().generationOf(p.Certificates[1])
	}
	if g == nil {
		return nil
	}
	required := g.Authentication
	if rule.card == signingPolicies {
		required = g.Signing
	}
	if len(required) > 0 && !shareOne(own, required) {
		return Refuse("policy.missing", leaf, "the certificate does not carry the policy that %s certificates carry for this purpose", g.Name)
	}
	if g.documentOf(own) == UnknownDocument {
		return Refuse("policy.unknown-document", leaf, "the certificate's policy is not one of a card issued under %s", g.Name)
	}
	return nil
}

func shareOne(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

func isExamplePolicy(oid string) bool { return strings.HasPrefix(oid, exampleArc) }

func isMobileIDPolicy(oid string) bool {
	return slices.ContainsFunc(mobileIDArcs, func(arc string) bool {
		return oid == arc || strings.HasPrefix(oid, arc+".")
	})
}

// exampleDocument reads the kind of document of a demonstration PKI: 2.999.X
// means what X means.
func exampleDocument(own []string) DocumentKind {
	example := slices.DeleteFunc(slices.Clone(own), func(oid string) bool { return !isExamplePolicy(oid) })
	for i := range policies().Generations {
		if kind := policies().Generations[i].documentOf(example); kind != UnknownDocument {
			return kind
		}
	}
	return UnknownDocument
}
