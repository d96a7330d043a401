package certs_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"net"
	"net/url"
	"testing"

	"eidgate/certs"
)

// names are alternative names for a leaf, written "kind:value".
func names(t *testing.T, list ...string) edit {
	t.Helper()
	return func(c *x509.Certificate) {
		for _, n := range list {
			kind, value := n[:3], n[4:]
			switch kind {
			case "dns":
				c.DNSNames = append(c.DNSNames, value)
			case "mbx":
				c.EmailAddresses = append(c.EmailAddresses, value)
			case "uri":
				u, err := url.Parse(value)
				must(t, err)
				c.URIs = append(c.URIs, u)
			case "ip4", "ip6":
				c.IPAddresses = append(c.IPAddresses, net.ParseIP(value))
			}
		}
	}
}

// subtree builds nameConstraints with one base of a kind, permitted or
// excluded.
func subtree(t *testing.T, permitted bool, kind, value string) edit {
	t.Helper()
	return func(c *x509.Certificate) {
		c.PermittedDNSDomainsCritical = true
		var base []byte
		switch kind {
		case "dns":
			base = append([]byte{0x82, byte(len(value))}, value...)
		case "mbx":
			base = append([]byte{0x81, byte(len(value))}, value...)
		case "uri":
			base = append([]byte{0x86, byte(len(value))}, value...)
		case "ip4", "ip6":
			_, network, err := net.ParseCIDR(value)
			must(t, err)
			content := append(append([]byte{}, network.IP...), network.Mask...)
			base = append([]byte{0x87, byte(len(content))}, content...)
		case "dir":
			der := marshal(t, pkix.Name{Country: []string{"EE"}, Organization: []string{value}}.ToRDNSequence())
			base = append([]byte{0xa4, byte(len(der))}, der...)
		}
		tree := append([]byte{0x30, byte(len(base))}, base...)
		tag := byte(0xa1)
		if permitted {
			tag = 0xa0
		}
		trees := append([]byte{tag, byte(len(tree))}, tree...)
		withExtension(true, append([]byte{0x30, byte(len(trees))}, trees...), 2, 5, 29, 30)(c)
	}
}

func TestNameConstraints(t *testing.T) {
	const in, out = "", "path.name-constraints"
	for _, c := range []struct {
		permitted         bool
		kind, base, name  string
		wantPermittedWise string
	}{
		{true, "dns", "example.ee", "dns:example.ee", in},
		{true, "dns", "example.ee", "dns:www.example.ee", in},
		{true, "dns", "example.ee", "dns:WWW.EXAMPLE.EE", in},
		{true, "dns", "example.ee", "dns:badexample.ee", out},
		{true, "dns", "example.ee", "dns:example.ee.attacker.com", out},
		{true, "dns", ".example.ee", "dns:example.ee", out},
		{true, "dns", ".example.ee", "dns:www.example.ee", in},
		{false, "dns", "example.ee", "dns:www.example.ee", out},
		{false, "dns", "EXAMPLE.ee", "dns:www.example.EE", out},
		{false, "dns", "example.ee", "dns:example.lv", in},
		{false, "dns", "host.example.ee", "dns:*.example.ee", out},
		{false, "dns", "example.ee", "dns:*.example.ee", out},
		{true, "mbx", "example.ee", "mbx:a@example.ee", in},
		{true, "mbx", "example.ee", "mbx:a@EXAMPLE.ee", in},
		{true, "mbx", "example.ee", "mbx:a@mail.example.ee", out},
		{true, "mbx", ".example.ee", "mbx:a@mail.example.ee", in},
		{true, "mbx", ".example.ee", "mbx:a@example.ee", out},
		{true, "mbx", "a@example.ee", "mbx:a@example.ee", in},
		{true, "mbx", "a@example.ee", "mbx:b@example.ee", out},
		{true, "mbx", "a@example.ee", "mbx:A@example.ee", out},
		{false, "mbx", "example.ee", "mbx:a@example.ee", out},
		{false, "mbx", "example.ee", "mbx:a@mail.example.ee", in},
		{false, "mbx", ".example.ee", "mbx:a@mail.example.ee", out},
		{true, "mbx", "", "mbx:a@example.ee", in},
		{false, "mbx", "", "mbx:a@example.ee", out},
		{true, "mbx", "example.ee", "mbx:nohost", out},
		{false, "mbx", "example.ee", "mbx:nohost", out},
		{false, "mbx", "example.ee", "mbx:@example.lv", out},
		{false, "mbx", "example.ee", "mbx:a@", out},
		{false, "dns", "host.example.ee", "dns:example.ee", in},
		{false, "dns", "", "dns:example.ee", out},
		{true, "dns", "", "dns:example.ee", in},
		{false, "uri", "example.ee", "uri:urn:example:ee", out},
		{true, "uri", "example.ee", "uri:https://example.ee/x", in},
		{true, "uri", "example.ee", "uri:https://www.example.ee/", out},
		{true, "uri", ".example.ee", "uri:https://www.example.ee:8443/", in},
		{true, "uri", ".example.ee", "uri:https://user@www.example.ee/", in},
		{true, "uri", ".example.ee", "uri:https://www.example.ee@attacker.com/", out},
		{true, "uri", "example.ee", "uri:https://127.0.0.1/", out},
		{true, "uri", "example.ee", "uri:urn:example:ee", out},
		{false, "uri", "example.ee", "uri:https://127.0.0.1/", out},
		{false, "uri", "example.ee", "uri:https://example.ee/", out},
		{false, "uri", "example.ee", "uri:https://example.lv/", in},
		{true, "ip4", "192.0.2.0/24", "ip4:192.0.2.7", in},
		{true, "ip4", "192.0.2.0/24", "ip4:192.0.3.7", out},
		{true, "ip4", "192.0.2.0/24", "ip6:2001:db8::1", out},
		{false, "ip4", "192.0.2.0/24", "ip4:192.0.2.7", out},
		{false, "ip4", "0.0.0.0/0", "ip6:2001:db8::1", in},
		{true, "ip6", "2001:db8::/32", "ip6:2001:db8::1", in},
		{false, "ip6", "2001:db8::/32", "ip6:2001:db8::1", out},
		{true, "dns", "example.ee", "mbx:a@attacker.com", in}, // another kind of name is not constrained
	} {
		name := fmt.Sprintf("%v %s %s holds %s", c.permitted, c.kind, c.base, c.name)
		scene{name, chain(nil, subtree(t, c.permitted, c.kind, c.base), names(t, c.name)), c.wantPermittedWise, nil}.run(t)
	}
}

func TestDirectoryNameConstraints(t *testing.T) {
	organisation := func(values ...pkix.AttributeTypeAndValue) edit {
		return func(c *x509.Certificate) { c.Subject = pkix.Name{ExtraNames: values} }
	}
	o := func(v string) pkix.AttributeTypeAndValue { return attr(v, 10) }
	country, person := attr("EE", 6), attr("PNOEE-38001085718", 5)
	const out = "path.name-constraints"
	for _, s := range []scene{
		{"within", chain(nil, subtree(t, true, "dir", "Tests"), organisation(country, o("Tests"), person)), "", nil},
		{"within, other case and spaces", chain(nil, subtree(t, true, "dir", "Two  Words"), organisation(country, o(" two WORDS "), person)), "", nil},
		{"another organisation", chain(nil, subtree(t, true, "dir", "Tests"), organisation(country, o("Others"), person)), out, nil},
		{"another order", chain(nil, subtree(t, true, "dir", "Tests"), organisation(o("Tests"), country, person)), out, nil},
		{"a longer name", chain(nil, subtree(t, true, "dir", "Tests"), organisation(country, o("Tests and more"), person)), out, nil},
		{"excluded", chain(nil, subtree(t, false, "dir", "Tests"), organisation(country, o("TESTS"), person)), out, nil},
		{"not excluded", chain(nil, subtree(t, false, "dir", "Tests"), organisation(country, o("Others"), person)), "", nil},
		{"the root excludes it", chain(subtree(t, false, "dir", "Others"), nil, organisation(country, o("Others"), person)), out, nil},
		{"the root excludes its issuer", chain(subtree(t, false, "dir", "Tests"), nil, organisation(country, o("Others"), person)), out, nil},
		{"the root permits others than its issuer", chain(subtree(t, true, "dir", "Others"), nil, organisation(country, o("Others"), person)), out, nil},
		{"mailbox in the subject", chain(nil, subtree(t, true, "mbx", "example.ee"), organisation(country, mailbox("a@attacker.com"), person)), out, nil},
		{"right mailbox in the subject", chain(nil, subtree(t, true, "mbx", "example.ee"), organisation(country, mailbox("a@example.ee"), person)), "", nil},
	} {
		s.run(t)
	}
}

func mailbox(v string) pkix.AttributeTypeAndValue {
	return pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, Value: v}
}

// Names chain by RFC 5280 §7.1 whatever string type wrote them, and attackers
// cannot make two names one by it.
func TestNameChaining(t *testing.T) {
	root := newRoot(t, "Root of tests")
	issuer := root.issueCA(t, "Issuer Õ of tests")
	leaf := issuer.issueAuth(t)
	rename := func(cn any) func(*tbs) {
		der := marshal(t, pkix.RDNSequence{
			{{Type: asn1.ObjectIdentifier{2, 5, 4, 6}, Value: "EE"}},
			{{Type: asn1.ObjectIdentifier{2, 5, 4, 10}, Value: "Tests"}},
			{{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: cn}},
		})
		return func(b *tbs) { b.Issuer = asn1.RawValue{FullBytes: der} }
	}
	bmp := func(s string) asn1.RawValue {
		var b []byte
		for _, r := range s {
			b = append(b, byte(r>>8), byte(r))
		}
		return asn1.RawValue{Tag: 30, Bytes: b}
	}
	for _, c := range []struct {
		name string
		cn   any
		code string
	}{
		{"same", "Issuer Õ of tests", ""},
		{"other case", "ISSUER õ OF TESTS", ""},
		{"spaces", "  Issuer   Õ of tests ", ""},
		{"BMPString", bmp("Issuer Õ of tests"), ""},
		{"decomposed letter", "Issuer O\u0303 of tests", ""},
		{"another letter", "Issuer O of tests", "path.no-anchor"},
		{"missing space", "IssuerÕ of tests", "path.no-anchor"},
		{"Cyrillic look-alike", "Issuer Õ оf tests", "path.no-anchor"},
		{"TeletexString", asn1.RawValue{Tag: 20, Bytes: []byte("Issuer \xd5 of tests")}, "path.no-anchor"},
		{"longer", "Issuer Õ of tests 2", "path.no-anchor"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cert := issuer.forge(t, leaf.Cert, rename(c.cn))
			_, err := verifierFor(t, certs.Test, root.Cert).Verify(t.Context(), certs.Request{
				Certificate: cert, Intermediates: list(issuer.Cert), Purpose: certs.Authentication,
			})
			wantCode(t, err, c.code)
		})
	}
}

func TestConstraintOfAnAddressWithoutMask(t *testing.T) {
	short := withExtension(true, []byte{0x30, 10, 0xa0, 8, 0x30, 6, 0x87, 4, 192, 0, 2, 0}, 2, 5, 29, 30)
	root := newRoot(t, "Root of tests")
	leaf := root.issueAuth(t)
	issuer := root.issueCA(t, "Issuer of tests")
	forged := root.forgeDER(t, issuer.Cert, func(b *tbs) {
		var c x509.Certificate
		short(&c)
		b.Extensions = append(b.Extensions, c.ExtraExtensions...)
	}, nil)
	cert, err := certs.ParseCertificate(forged)
	must(t, err)
	under := issuer.issueAuth(t)
	_, err = verifierFor(t, certs.Test, root.Cert).Verify(t.Context(), certs.Request{
		Certificate: under.Cert, Intermediates: list(cert), Purpose: certs.Authentication,
	})
	wantCode(t, err, "certificate.malformed")
	_, err = verifierFor(t, certs.Test, root.Cert).Verify(t.Context(), certs.Request{Certificate: leaf.Cert, Purpose: certs.Authentication})
	wantCode(t, err, "")
}

// A thousand names against hundreds of constraints is work made to be slow.
func TestConstraintsAreBounded(t *testing.T) {
	for n, code := range map[int]string{50: "", 300: "path.too-complex"} {
		constrain := func(c *x509.Certificate) {
			for i := range n {
				c.ExcludedDNSDomains = append(c.ExcludedDNSDomains, fmt.Sprintf("x%d.tld", i))
			}
		}
		manyNames := func(c *x509.Certificate) {
			for i := range 1000 {
				c.DNSNames = append(c.DNSNames, fmt.Sprintf("n%d.tld", i))
			}
		}
		scene{fmt.Sprintf("%d constraints", n), chain(nil, constrain, manyNames), code, nil}.run(t)
	}
}
