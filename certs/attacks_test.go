package certs_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"strings"
	"testing"

	"eidgate/certs"
)

// A card's own key issues a certificate under a trusted authority's name, with
// everything an authority's certificate has (found in forged_lt.asice, 2026).
func TestAuthorityIssuedByACard(t *testing.T) {
	root := newRoot(t, "Root of tests")
	issuer := root.issueCA(t, "Issuer of tests")
	for _, card := range []struct {
		name string
		pair pair
	}{{"signing key", issuer.issueSign(t)}, {"login key", issuer.issueAuth(t)}} {
		fake := card.pair.issue(t, authorityTemplate("Issuer of tests"))
		victim := fake.issueAuth(t)
		for _, anchors := range [][]*x509.Certificate{list(root.Cert), list(issuer.Cert), list(root.Cert, issuer.Cert)} {
			t.Run(card.name, func(t *testing.T) {
				_, err := verifierFor(t, certs.Test, anchors...).Verify(t.Context(), certs.Request{
					Certificate:   victim.Cert,
					Intermediates: list(fake.Cert, card.pair.Cert, issuer.Cert),
					Purpose:       certs.Authentication,
				})
				wantCode(t, err, "path.not-an-authority")
			})
		}
		t.Run(card.name+" without its own certificate", func(t *testing.T) {
			_, err := verifierFor(t, certs.Test, root.Cert).Verify(t.Context(), certs.Request{
				Certificate: victim.Cert, Intermediates: list(fake.Cert), Purpose: certs.Authentication,
			})
			wantOneOf(t, err, []string{"path.signature", "path.no-anchor"})
		})
	}
}

// One card's certificate as another's issuer: the name is right, the key signs,
// the authority bit is missing.
func TestCardIssuesACard(t *testing.T) {
	root := newRoot(t, "Root of tests")
	card := root.issueAuth(t)
	victim := card.issueAuth(t)
	_, err := verifierFor(t, certs.Test, root.Cert).Verify(t.Context(), certs.Request{
		Certificate: victim.Cert, Intermediates: list(card.Cert), Purpose: certs.Authentication,
	})
	wantCode(t, err, "path.not-an-authority")
}

func TestTestCertificatesInProduction(t *testing.T) {
	root := newRoot(t, "Root of an operator")
	issuer := root.issueCA(t, "Issuer of an operator")
	testNamed := root.issueCA(t, "TEST of an operator")
	exampleIssuer := root.issueCA(t, "Another issuer", withPolicies(t, "2.999.1", ncpPlus))
	v := verifierFor(t, certs.Production, root.Cert)
	for _, c := range []struct {
		name   string
		issuer pair
		leaf   pair
		code   string
	}{
		{"a policy of its own", issuer, issuer.issueAuth(t, withPolicies(t, ncpPlus)), ""},
		{"the example arc", issuer, issuer.issueAuth(t), "policy.example-arc"},
		{"the example arc for signing", issuer, issuer.issueSign(t), "policy.example-arc"},
		{"the example arc in the issuer", exampleIssuer, exampleIssuer.issueAuth(t, withPolicies(t, ncpPlus)), "policy.example-arc"},
		{"a test authority below", testNamed, testNamed.issueAuth(t, withPolicies(t, ncpPlus)), "trust.mixed-domains"},
		{"any policy", issuer, issuer.issueAuth(t, withPolicies(t, "2.5.29.32.0")), "policy.missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			purpose := certs.Authentication
			if c.leaf.Cert.KeyUsage == nonRep {
				purpose = certs.DocumentSigning
			}
			_, err := v.Verify(t.Context(), certs.Request{Certificate: c.leaf.Cert, Intermediates: list(c.issuer.Cert), Purpose: purpose})
			wantCode(t, err, c.code)
		})
	}
}

// An authority that only bears the name of a pinned one is not of its
// generation: its cards are of unknown kind and prove no assurance.
func TestNameAloneGivesNoProfile(t *testing.T) {
	root := newRoot(t, "Root of an operator")
	same := root.issueCA(t, "ESTEID2018", func(c *x509.Certificate) {
		c.Subject = estonia(t)["ESTEID2018"].Subject
		c.Subject.ExtraNames = c.Subject.Names
	})
	leaf := same.issueAuth(t, withPolicies(t, "1.3.6.1.4.1.51361.1.1.4", ncpPlus))
	path, err := verifierFor(t, certs.Production, root.Cert).Verify(t.Context(), certs.Request{
		Certificate: leaf.Cert, Intermediates: list(same.Cert), Purpose: certs.Authentication,
	})
	must(t, err)
	if p := path.Profile(); p.Generation != "" || p.Document != certs.UnknownDocument || p.Assurance != certs.UnknownAssurance {
		t.Errorf("a name alone gave %+v", p)
	}
}

func TestForeignCards(t *testing.T) {
	root := newRoot(t, "Root of an operator")
	authority := func(country, cn string) pair {
		return root.issueCA(t, cn, func(c *x509.Certificate) {
			c.Subject = pkix.Name{Country: []string{country}, CommonName: cn}
		})
	}
	belgium, latvia, finland := authority("BE", "Citizen CA"), authority("LV", "LV eID ICA 2021"), authority("FI", "DVV Citizen Certificates - G4E")
	impostor := authority("SE", "DVV Citizen Certificates - G4E")
	noEKU := func(c *x509.Certificate) { c.ExtKeyUsage = nil }
	v := verifierFor(t, certs.Production, root.Cert)
	for _, c := range []struct {
		name   string
		issuer pair
		edits  []edit
		kind   certs.DocumentKind
		code   string
	}{
		{"Belgian login", belgium, []edit{withPolicies(t, "2.16.56.12.1.1.2.2")}, certs.ForeignIDCard, ""},
		{"Belgian signing policy for login", belgium, []edit{withPolicies(t, "2.16.56.12.1.1.2.1")}, 0, "policy.missing"},
		{"Belgian without extended usage", belgium, []edit{withPolicies(t, "2.16.56.12.1.1.2.2"), noEKU}, 0, "purpose.extended-key-usage"},
		{"Latvian login", latvia, []edit{withPolicies(t, ncpPlus, "1.3.6.1.4.1.32061.2.1.2.1")}, certs.ForeignIDCard, ""},
		{"Latvian without NCP+", latvia, []edit{withPolicies(t, "1.3.6.1.4.1.32061.2.1.2.1")}, 0, "policy.missing"},
		{"Latvian of unknown kind", latvia, []edit{withPolicies(t, ncpPlus, "1.3.6.1.4.1.32061.9")}, 0, "policy.unknown-document"},
		{"Finnish login without extended usage", finland, []edit{withPolicies(t, "1.2.246.517.1.10.352.1"), noEKU}, certs.ForeignIDCard, ""},
		{"Finnish of unknown kind", finland, []edit{withPolicies(t, "1.2.246.517.2.1"), noEKU}, 0, "policy.unknown-document"},
		{"Finnish name, Swedish country", impostor, []edit{withPolicies(t, "1.2.246.517.1.10.352.1"), noEKU}, 0, "purpose.extended-key-usage"},
	} {
		t.Run(c.name, func(t *testing.T) {
			leaf := c.issuer.issueAuth(t, c.edits...)
			pinned := verifierFor(t, certs.Production, leaf.Cert) // an anchor itself: the same rules
			_, err := pinned.Verify(t.Context(), certs.Request{Certificate: leaf.Cert, Purpose: certs.Authentication})
			wantCode(t, err, c.code)
			path, err := v.Verify(t.Context(), certs.Request{Certificate: leaf.Cert, Intermediates: list(c.issuer.Cert), Purpose: certs.Authentication})
			wantCode(t, err, c.code)
			if err == nil && (path.Document() != c.kind || path.Profile().Assurance != certs.UnknownAssurance) {
				t.Errorf("profile = %+v", path.Profile())
			}
		})
	}
}

// A refusal is shown and logged: it holds neither the name nor the code of the
// people whose certificates were at hand.
func TestRefusalsNameNobody(t *testing.T) {
	root := newRoot(t, "Root of an operator")
	card := root.issueAuth(t, withPolicies(t, ncpPlus))
	forged := newRoot(t, "JÕEORG,JAAK-KRISTJAN,38001085718", func(c *x509.Certificate) { c.Subject = card.Cert.Subject; c.Subject.ExtraNames = c.Subject.Names })
	victim := forged.issueAuth(t)
	for _, r := range []certs.Request{
		{Certificate: victim.Cert, Intermediates: list(card.Cert), Purpose: certs.Authentication},
		{Certificate: victim.Cert, Intermediates: list(forged.Cert, card.Cert), Purpose: certs.Authentication},
		{Certificate: card.Cert, Purpose: certs.DocumentSigning},
		{Certificate: card.Cert, Purpose: certs.Authentication, At: noon.AddDate(-3, 0, 0)},
		{Certificate: card.Cert, Purpose: certs.Authentication, Policies: []string{"1.2.3"}},
	} {
		_, err := verifierFor(t, certs.Production, root.Cert).Verify(t.Context(), r)
		if err == nil {
			t.Fatal("accepted")
		}
		for _, secret := range []string{"38001085718", "JAAK", "ORG"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v", codeOf(err), err)
			}
		}
	}
	called := root.issueAuth(t, withPolicies(t, ncpPlus), func(c *x509.Certificate) {
		c.Subject = personName("TEST SAAR", "MARI", "PNOEE-48001085718")
	})
	_, err := verifierFor(t, certs.Production, root.Cert).Verify(t.Context(), certs.Request{Certificate: called.Cert, Purpose: certs.Authentication})
	wantCode(t, err, "") // a person may be called Test
}
