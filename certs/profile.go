package certs

import (
	"crypto/x509"
	"slices"
	"strings"
)

// exampleArc is joint-iso-itu-t(2) example(999): policies under it mark test
// certificates.
const exampleArc = "2.999."

// anyPolicy is RFC 5280 §4.2.1.4's wildcard.
const anyPolicy = "2.5.29.32.0"

// Profile is what the policy table knows about a verified certificate. The
// zero value knows nothing.
type Profile struct {
	Generation   string       // of cards, such as "ESTEID2018"; empty when unknown
	Document     DocumentKind // the kind of document
	Assurance    Assurance    // level of assurance of the electronic identification
	TableVersion string       // version of the policy table that says so
	Sources      []string     // where the table has it from
}

// Profile tells the kind of card and the level of assurance, bound to the
// verified issuer: by its fingerprint for Estonian cards, by its name for
// other states' under an anchor the operator trusts. In the test domain a
// policy 2.999.X means what X means; [Path.Domain] tells that it is a test.
func (p *Path) Profile() Profile {
	if len(p.Certificates) < 2 {
		return Profile{}
	}
	own := policyStrings(p.Certificates[0])
	if g := policies().generationOf(p.Certificates[1]); g != nil {
		if !g.issued(p.Certificates[0]) {
			return Profile{}
		}
		return g.profile(withoutExampleArc(p.Domain, own))
	}
	if p.Domain == Test {
		example := slices.DeleteFunc(own, func(oid string) bool { return !isExamplePolicy(oid) })
		return profileByPolicy(withoutExampleArc(p.Domain, example))
	}
	return Profile{}
}

// Document is the kind of document the certificate lives on, as
// [Path.Profile] tells it.
func (p *Path) Document() DocumentKind { return p.Profile().Document }

func (g *generation) profile(own []string) Profile {
	out := Profile{Generation: g.Name, TableVersion: policies().Version, Sources: slices.Clone(g.Sources)}
	if e := g.entryOf(own); e != nil {
		out.Document, out.Assurance = e.Kind, e.Assurance
	}
	return out
}

// profileByPolicy looks through all generations.
func profileByPolicy(own []string) Profile {
	for i := range policies().Generations {
		g := &policies().Generations[i]
		if g.entryOf(own) != nil {
			return g.profile(own)
		}
	}
	return Profile{}
}

// claimedDocument reads the kind of document off a certificate nobody has
// verified: by its policies alone, since policy OIDs of the generations do
// not overlap.
func claimedDocument(cert *x509.Certificate) DocumentKind {
	return profileByPolicy(withoutExampleArc(Test, policyStrings(cert))).Document
}

func policyStrings(cert *x509.Certificate) []string {
	out := make([]string, 0, len(cert.Policies))
	for _, oid := range cert.Policies {
		out = append(out, oid.String())
	}
	return out
}

func withoutExampleArc(domain Domain, own []string) []string {
	if domain != Test {
		return own
	}
	out := slices.Clone(own)
	for i := range out {
		out[i] = strings.TrimPrefix(out[i], exampleArc)
	}
	return out
}

func isExamplePolicy(oid string) bool { return strings.HasPrefix(oid, exampleArc) }
