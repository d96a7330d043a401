package certs

import (
	"crypto/x509"
	"errors"
	"os"
	"testing"
	"time"

	"eidgate/certs/internal/pkix"
)

// estonianPath is what a verified path of an Estonian card looks like: the
// real authority, and a leaf as its rules see it. Nobody here can have the
// real authority sign one.
func estonianPath(t *testing.T, issuer string, issued time.Time, policies ...string) *Path {
	t.Helper()
	b, err := os.ReadFile("testdata/estonia.pem")
	if err != nil {
		t.Fatal(err)
	}
	list, err := ParseCertificates(b)
	if err != nil {
		t.Fatal(err)
	}
	leaf := &x509.Certificate{NotBefore: issued, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	leaf.Extensions = append(leaf.Extensions, list[1].Extensions...) // an extended key usage is among them
	p := &Path{Domain: Production}
	for _, dotted := range policies {
		oid, err := x509.ParseOID(dotted)
		if err != nil {
			t.Fatal(err)
		}
		leaf.Policies = append(leaf.Policies, oid)
		id, err := pkix.ParseOID(dotted)
		if err != nil {
			t.Fatal(err)
		}
		p.valid = append(p.valid, id)
	}
	for _, c := range list {
		if c.Subject.CommonName == issuer {
			p.Certificates = []*x509.Certificate{leaf, c}
		}
	}
	return p
}

// notAuthorised makes a path valid for no policy.
func notAuthorised(p *Path) *Path {
	p.valid = nil
	return p
}

func TestEstonianPolicies(t *testing.T) {
	const (
		ncp, qcp     = "0.4.0.2042.1.2", "0.4.0.194112.1.2"
		resident2018 = "1.3.6.1.4.1.51361.1.1.4"
		resident2025 = "1.3.6.1.4.1.51361.2.1.6"
		permit2018   = "1.3.6.1.4.1.51361.1.1.6"
	)
	y2020, y2026 := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name    string
		purpose Purpose
		path    *Path
		kind    DocumentKind
		code    string
	}{
		{"e-resident of 2018", Authentication, estonianPath(t, "ESTEID2018", y2020, resident2018, ncp), EResidentDigitalID, ""},
		{"e-resident of 2025", Authentication, estonianPath(t, "ESTEID2025", y2026, ncp, resident2025), EResidentDigitalID, ""},
		{"e-resident signs", DocumentSigning, estonianPath(t, "ESTEID2025", y2026, qcp, resident2025), EResidentDigitalID, ""},
		{"...1.1.6 is temporary residence", Authentication, estonianPath(t, "ESTEID2018", y2020, permit2018, ncp), TemporaryResidencePermit, ""},
		{"policy of 2025 under the authority of 2018", Authentication, estonianPath(t, "ESTEID2018", y2020, resident2025, ncp), 0, "policy.unknown-document"},
		{"policy of 2018 under the authority of 2025", Authentication, estonianPath(t, "ESTEID2025", y2026, resident2018, ncp), 0, "policy.unknown-document"},
		{"login without NCP+", Authentication, estonianPath(t, "ESTEID2018", y2020, resident2018), 0, "policy.missing"},
		{"login with the signing policy", Authentication, estonianPath(t, "ESTEID2018", y2020, resident2018, qcp), 0, "policy.missing"},
		{"signing with the login policy", DocumentSigning, estonianPath(t, "ESTEID2018", y2020, resident2018, ncp), 0, "policy.missing"},
		{"NCP+ alone", Authentication, estonianPath(t, "ESTEID2018", y2020, ncp), 0, "policy.unknown-document"},
		{"any policy", Authentication, estonianPath(t, "ESTEID2018", y2020, "2.5.29.32.0"), 0, "policy.missing"},
		{"Mobile-ID", Authentication, estonianPath(t, "ESTEID2018", y2020, "1.3.6.1.4.1.10015.1.3", ncp), 0, "policy.mobile-id"},
		{"example arc", Authentication, estonianPath(t, "ESTEID2025", y2026, "2.999."+resident2025, ncp), 0, "policy.example-arc"},
		{"not the authority's to give", Authentication, notAuthorised(estonianPath(t, "ESTEID2018", y2020, resident2018, ncp)), 0, "policy.not-authorised"},
		{"before the authority's time", Authentication, estonianPath(t, "ESTEID2025", y2020, resident2025, ncp), 0, "policy.date"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rule, err := ruleOf(c.purpose)
			if err != nil {
				t.Fatal(err)
			}
			err = rule.checkPolicies(c.path, nil)
			var r *Refusal
			switch {
			case c.code == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.code != "" && (!errors.As(err, &r) || r.Code() != c.code):
				t.Errorf("got %v, want %s", err, c.code)
			case c.code == "" && (c.path.Document() != c.kind || c.path.Profile().Assurance != HighAssurance):
				t.Errorf("profile = %+v", c.path.Profile())
			}
		})
	}
}

func TestProfileOutsideItsTimeIsUnknown(t *testing.T) {
	p := estonianPath(t, "ESTEID2025", time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), "1.3.6.1.4.1.51361.2.1.6")
	if got := p.Profile(); got.Document != UnknownDocument || got.Assurance != UnknownAssurance {
		t.Errorf("profile = %+v", got)
	}
}
