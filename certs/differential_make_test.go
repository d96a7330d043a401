package certs_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
)

// demoPolicies are the policies generated chains are made of.
var demoPolicies = []string{"1.2.3.1", "1.2.3.2", "1.2.3.3"}

// quirk is one thing that can be odd about a certificate.
type quirk struct {
	name    string
	percent int
	apply   func(g *generator, c *x509.Certificate)
}

// quirksOfAll may befall any certificate.
var quirksOfAll = []quirk{
	{"expired", 2, func(_ *generator, c *x509.Certificate) { c.NotAfter = noon.AddDate(0, 0, -1) }},
	{"not-yet-valid", 2, func(_ *generator, c *x509.Certificate) { c.NotBefore = noon.AddDate(0, 0, 1) }},
	{"unknown-critical", 2, func(_ *generator, c *x509.Certificate) {
		withExtension(true, []byte{5, 0}, 1, 3, 6, 1, 4, 1, 99999, 1)(c)
	}},
	{"unknown", 5, func(_ *generator, c *x509.Certificate) {
		withExtension(false, []byte{5, 0}, 1, 3, 6, 1, 4, 1, 99999, 2)(c)
	}},
}

// quirksOfAuthorities may befall authorities.
var quirksOfAuthorities = []quirk{
	{"not-ca", 2, func(_ *generator, c *x509.Certificate) { c.IsCA, c.MaxPathLen, c.MaxPathLenZero = false, 0, false }},
	{"no-basic-constraints", 2, func(_ *generator, c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.MaxPathLen, c.MaxPathLenZero = false, false, 0, false
	}},
	{"no-cert-sign", 2, func(_ *generator, c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign }},
	{"no-key-usage", 5, func(_ *generator, c *x509.Certificate) { c.KeyUsage = 0 }},
	{"path-length", 15, func(g *generator, c *x509.Certificate) {
		if c.IsCA {
			pathLen(g.r.IntN(4))(c)
		}
	}},
	{"permitted-dns", 6, func(g *generator, c *x509.Certificate) {
		c.PermittedDNSDomains = []string{pick(g, "example.ee", ".example.ee", "www.example.ee")}
	}},
	{"excluded-dns", 6, func(g *generator, c *x509.Certificate) {
		c.ExcludedDNSDomains = []string{pick(g, "bad.example.ee", "example.lv", ".example.ee")}
	}},
	{"permitted-mailbox", 6, func(g *generator, c *x509.Certificate) {
		c.PermittedEmailAddresses = []string{pick(g, "example.ee", ".example.ee", "a@example.ee")}
	}},
	{"excluded-mailbox", 4, func(g *generator, c *x509.Certificate) {
		c.ExcludedEmailAddresses = []string{pick(g, "example.ee", ".example.ee", "a@example.ee")}
	}},
	{"permitted-uri", 4, func(g *generator, c *x509.Certificate) {
		c.PermittedURIDomains = []string{pick(g, "example.ee", ".example.ee")}
	}},
	{"excluded-uri", 4, func(g *generator, c *x509.Certificate) {
		c.ExcludedURIDomains = []string{pick(g, "example.ee", ".example.ee")}
	}},
	{"permitted-directory", 4, func(g *generator, c *x509.Certificate) {
		if c.PermittedDNSDomains == nil && c.ExcludedDNSDomains == nil && c.PermittedEmailAddresses == nil &&
			c.ExcludedEmailAddresses == nil && c.PermittedURIDomains == nil && c.ExcludedURIDomains == nil {
			subtree(g.t, true, "dir", pick(g, "Tests", "tests ", "Others"))(c)
		}
	}},
	{"no-list-sign", 3, func(_ *generator, c *x509.Certificate) { c.KeyUsage &^= x509.KeyUsageCRLSign }},
	{"require-explicit", 8, func(g *generator, c *x509.Certificate) { requireExplicit(byte(g.r.IntN(4)))(c) }},
	{"inhibit-any", 5, func(g *generator, c *x509.Certificate) {
		withExtension(true, []byte{2, 1, byte(g.r.IntN(3))}, 2, 5, 29, 54)(c)
	}},
	{"mapping", 10, func(g *generator, c *x509.Certificate) {
		from, to := byte(1+g.r.IntN(3)), byte(1+g.r.IntN(3))
		withExtension(true, []byte{0x30, 0x0c, 0x30, 0x0a, 6, 3, 42, 3, from, 6, 3, 42, 3, to}, 2, 5, 29, 33)(c)
	}},
}

func (g *generator) befall(where string, c *x509.Certificate, lists ...[]quirk) []string {
	var features []string
	for _, list := range lists {
		for _, q := range list {
			if g.chance(q.percent) {
				q.apply(g, c)
				features = append(features, where+":"+q.name)
			}
		}
	}
	return features
}

func (g *generator) authority(level int, parent *pair) (pair, []string) {
	c := authorityTemplate(fmt.Sprintf("Level %d of tests", level))
	where := fmt.Sprintf("authority%d", level)
	features := g.befall(where, c, quirksOfAll, quirksOfAuthorities)
	features = append(features, g.somePolicies(where, c, 70)...)
	if level > 0 && g.chance(15) {
		c.Subject = parent.Cert.Subject // self-issued: a new key of the same authority
		c.AuthorityKeyId = parent.Cert.SubjectKeyId
		features = append(features, where+":self-issued")
	}
	bad := level > 0 && g.chance(3)
	if bad {
		features = append(features, where+":bad-signature")
	}
	return g.sign(c, parent, bad), features
}

func (g *generator) somePolicies(where string, c *x509.Certificate, percent int) []string {
	if !g.chance(percent) {
		return nil
	}
	list := []string{}
	for _, p := range append([]string{"2.5.29.32.0"}, demoPolicies...) {
		if g.chance(45) {
			list = append(list, p)
		}
	}
	if len(list) == 0 {
		return nil
	}
	withPolicies(g.t, list...)(c)
	return []string{fmt.Sprintf("%s:policies %v", where, list)}
}

func (g *generator) leaf(parent pair) (pair, []string) {
	c := cardTemplate(g.t, sigKey, clientAuth)
	c.Subject = pkix.Name{Country: []string{"EE"}, Organization: []string{pick(g, "Tests", "TESTS", "Others")}, CommonName: "leaf"}
	features := g.befall("leaf", c, quirksOfAll)
	features = append(features, g.somePolicies("leaf", c, 80)...)
	for _, n := range []string{
		"dns:www.example.ee", "dns:example.ee", "dns:bad.example.ee", "dns:x.example.lv",
		"mbx:a@example.ee", "mbx:b@mail.example.ee", "uri:https://example.ee/", "uri:https://www.example.ee/",
	} {
		if g.chance(8) {
			names(g.t, n)(c)
			features = append(features, "leaf:"+n)
		}
	}
	bad := g.chance(3)
	if bad {
		features = append(features, "leaf:bad-signature")
	}
	return g.sign(c, &parent, bad), features
}
