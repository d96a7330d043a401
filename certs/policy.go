package certs

import (
	"crypto/x509"
	"slices"
	"strings"

	"eidgate/certs/internal/pkix"
)

// mobileIDArcs are policies of Mobile-ID certificates, which are not on cards
// (they never log in as one).
var mobileIDArcs = []string{"1.3.6.1.4.1.10015.1.3", "1.3.6.1.4.1.10015.18.1"}

// checkPolicies demands the policies of the purpose and the caller. They are
// demanded of the certificate itself: a path whose authorities allow every
// policy proves nothing about a leaf that names none. And they are demanded
// of the path: an authority may vouch only for policies it was given.
func (rule *purposeRule) checkPolicies(p *Path, wanted []string) error {
	leaf := p.Certificates[0]
	own := policyStrings(leaf)
	if p.Domain == Production {
		for _, c := range p.Certificates {
			if slices.ContainsFunc(policyStrings(c), isExamplePolicy) {
				return Refuse("policy.example-arc", c, "the certificate's policy is under the example arc 2.999, which is for tests")
			}
		}
	}
	if len(wanted) > 0 {
		if err := p.requireOne(leaf, own, wanted); err != nil {
			return err
		}
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
	g := p.generation()
	if rule.card == loginPolicies && !leafHasExtendedUsage(leaf) && (g == nil || !g.LoginWithoutExtendedUsage) {
		return Refuse("purpose.extended-key-usage", leaf, "the certificate's extended key usage does not allow this purpose")
	}
	if g == nil {
		return nil
	}
	required := g.Authentication
	if rule.card == signingPolicies {
		required = g.Signing
	}
	if err := g.require(p, leaf, own, required); err != nil {
		return err
	}
	if len(g.Documents) > 0 && g.entryOf(withoutExampleArc(p.Domain, own)) == nil {
		return Refuse("policy.unknown-document", leaf, "the certificate's policy is not one of a card issued under %s", g.Name)
	}
	if !g.issued(leaf) {
		return Refuse("policy.date", leaf, "the certificate was issued when %s did not issue cards", g.Name)
	}
	return nil
}

// generation is the one the path's issuer has. A card's certificate that is
// itself the anchor has no issuer on the path; whoever made that very
// certificate an anchor vouches for the name of the issuer in it. A certificate
// that was only sent along never gets here without its issuer.
func (p *Path) generation() *generation {
	if len(p.Certificates) > 1 {
		return policies().generationOf(p.Certificates[1])
	}
	return policies().generationNamed(p.Certificates[0].Issuer)
}

// require demands a generation's policies of the certificate, and of the path
// where the authorities are pinned. Belgian authorities name the arc above the
// policies they issue under (2.16.56.12.1.1.2 for ...2.2), so their paths are
// not valid for them by RFC 5280.
func (g *generation) require(p *Path, leaf *x509.Certificate, own, required []string) error {
	switch {
	case len(required) == 0:
		return nil
	case len(g.Issuers) > 0:
		return p.requireOne(leaf, own, required)
	case !slices.ContainsFunc(own, func(oid string) bool { return slices.Contains(required, oid) }):
		return Refuse("policy.missing", leaf, "the certificate does not carry the policy of %s for this purpose", g.Name)
	}
	return nil
}

// requireOne demands one of the policies of the leaf and of the path.
func (p *Path) requireOne(leaf *x509.Certificate, own, wanted []string) error {
	carried := slices.DeleteFunc(slices.Clone(own), func(oid string) bool { return !slices.Contains(wanted, oid) })
	if len(carried) == 0 {
		return Refuse("policy.missing", leaf, "the certificate carries none of the required policies")
	}
	if slices.Contains(p.valid, pkix.AnyPolicy) {
		return nil
	}
	for _, v := range p.valid {
		if slices.Contains(carried, v.String()) {
			return nil
		}
	}
	return Refuse("policy.not-authorised", leaf, "an authority on the path may not issue under the certificate's policy")
}

func leafHasExtendedUsage(cert *x509.Certificate) bool {
	present, _ := extension(cert, oidExtKeyUsage)
	return present
}

func isMobileIDPolicy(oid string) bool {
	return slices.ContainsFunc(mobileIDArcs, func(arc string) bool {
		return oid == arc || strings.HasPrefix(oid, arc+".")
	})
}
