package certs_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"testing"
	"time"

	"eidgate/certs"
)

// scene is one thing that must be refused, or the valid thing beside it.
type scene struct {
	name string
	// make builds the certificate, what is offered with it and the anchors.
	make func(t *testing.T) (leaf *x509.Certificate, offered, anchors []*x509.Certificate)
	code string // empty: accepted
	// set changes the request.
	set func(*certs.Request)
}

func list(c ...*x509.Certificate) []*x509.Certificate { return c }

func (s scene) run(t *testing.T) {
	t.Helper()
	t.Run(s.name, func(t *testing.T) {
		leaf, offered, anchors := s.make(t)
		r := certs.Request{Certificate: leaf, Intermediates: offered, Purpose: certs.Authentication}
		if s.set != nil {
			s.set(&r)
		}
		_, err := verifierFor(t, certs.Test, anchors...).Verify(t.Context(), r)
		wantCode(t, err, s.code)
	})
}

// chain builds root, issuer and login leaf with edits to each.
func chain(rootEdit, issuerEdit, leafEdit edit) func(t *testing.T) (leaf *x509.Certificate, offered, anchors []*x509.Certificate) {
	return func(t *testing.T) (*x509.Certificate, []*x509.Certificate, []*x509.Certificate) {
		t.Helper()
		root := newRoot(t, "Root of tests", some(rootEdit)...)
		issuer := root.issueCA(t, "Issuer of tests", some(issuerEdit)...)
		return issuer.issueAuth(t, some(leafEdit)...).Cert, list(issuer.Cert), list(root.Cert)
	}
}

func some(e edit) []edit {
	if e == nil {
		return nil
	}
	return []edit{e}
}

func validity(from, to time.Duration) edit {
	return func(c *x509.Certificate) { c.NotBefore, c.NotAfter = noon.Add(from), noon.Add(to) }
}

func pathLen(n int) edit {
	return func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = n, n == 0 }
}

func usage(u x509.KeyUsage) edit { return func(c *x509.Certificate) { c.KeyUsage = u } }

func notCA(c *x509.Certificate) { c.IsCA = false }

func noBasicConstraints(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = false, false }

func extended(u ...x509.ExtKeyUsage) edit { return func(c *x509.Certificate) { c.ExtKeyUsage = u } }

var unknownExtension = []int{1, 3, 6, 1, 4, 1, 99999, 1}

func TestPathRefusals(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for _, s := range []scene{
		{"valid", chain(nil, nil, nil), "", nil},
		{"leaf expired", chain(nil, nil, validity(-year, -time.Second)), "path.expired", nil},
		{"leaf ends now", chain(nil, nil, validity(-year, 0)), "", nil},
		{"leaf not yet valid", chain(nil, nil, validity(time.Second, year)), "path.not-yet-valid", nil},
		{"leaf begins now", chain(nil, nil, validity(0, year)), "", nil},
		{"issuer expired", chain(nil, validity(-year, -time.Second), nil), "path.expired", nil},
		{"issuer not yet valid", chain(nil, validity(time.Second, year), nil), "path.not-yet-valid", nil},
		{"root expired", chain(validity(-year, -time.Second), nil, nil), "path.expired", nil},
		{"root not yet valid", chain(validity(time.Second, year), nil, nil), "path.not-yet-valid", nil},
		{"valid at an earlier time", chain(nil, nil, validity(-year/100, -time.Second)), "", at(-time.Minute)},
		{"not valid at an earlier time", chain(nil, nil, validity(-time.Minute, year)), "path.not-yet-valid", at(-time.Hour)},
		{"a time to come", chain(nil, nil, nil), "path.future", at(time.Hour)},
		{"a clock slightly behind", chain(nil, nil, nil), "", at(10 * time.Minute)},

		{"issuer is no authority", chain(nil, notCA, nil), "path.not-an-authority", nil},
		{"issuer without basic constraints", chain(nil, noBasicConstraints, nil), "path.not-an-authority", nil},
		{"root is no authority", chain(notCA, nil, nil), "path.not-an-authority", nil},
		{"root without basic constraints", chain(noBasicConstraints, nil, nil), "path.not-an-authority", nil},
		{"issuer may not sign certificates", chain(nil, usage(x509.KeyUsageCRLSign), nil), "path.key-usage", nil},
		{"issuer signs documents", chain(nil, usage(sigKey|nonRep), nil), "path.key-usage", nil},
		{"root may not sign certificates", chain(usage(sigKey), nil, nil), "path.key-usage", nil},
		{"root allows no authority below", chain(pathLen(0), nil, nil), "path.length", nil},
		{"root allows one authority below", chain(pathLen(1), nil, nil), "", nil},
		{"issuer allows no authority below", chain(nil, pathLen(0), nil), "", nil},

		{"issuer for servers only", chain(nil, extended(serverAuth), nil), "path.extended-key-usage", nil},
		{"issuer for mail only", chain(nil, extended(email), nil), "path.extended-key-usage", nil},
		{"issuer for clients", chain(nil, extended(clientAuth), nil), "", nil},
		{"issuer for anything", chain(nil, extended(x509.ExtKeyUsageAny), nil), "", nil},
		{"root for servers only", chain(extended(serverAuth), nil, nil), "path.extended-key-usage", nil},

		{"critical extension in leaf", chain(nil, nil, withExtension(true, []byte{5, 0}, unknownExtension...)), "path.critical-extension", nil},
		{"critical extension in issuer", chain(nil, withExtension(true, []byte{5, 0}, unknownExtension...), nil), "path.critical-extension", nil},
		{"critical extension in root", chain(withExtension(true, []byte{5, 0}, unknownExtension...), nil, nil), "path.critical-extension", nil},
		{"other extension in leaf", chain(nil, nil, withExtension(false, []byte{5, 0}, unknownExtension...)), "", nil},
		{"critical qcStatements", chain(nil, nil, withExtension(true, []byte{0x30, 0}, 1, 3, 6, 1, 5, 5, 7, 1, 3)), "path.critical-extension", nil},

		{"required policy missing", chain(nil, nil, nil), "policy.missing", policy("1.2.3.4")},
		{"required policy under an issuer that names none", chain(nil, nil, nil), "policy.not-authorised", policy("1.2.3.4", ncpPlus)},
		{"required policy not its issuer's to give", chain(nil, withPolicies(t, "1.2.3"), nil), "policy.not-authorised", policy(ncpPlus)},
		{"required policy allowed by its issuer", chain(nil, withPolicies(t, ncpPlus), nil), "", policy(ncpPlus)},
		{"required policy allowed by any policy", chain(nil, withPolicies(t, "2.5.29.32.0"), nil), "", policy(ncpPlus)},
		{"no policy", chain(nil, nil, withPolicies(t)), "policy.missing", nil},
		{"only any policy", chain(nil, nil, withPolicies(t, "2.5.29.32.0")), "policy.missing", nil},
		{"any policy where one is required", chain(nil, nil, withPolicies(t, "2.5.29.32.0")), "policy.missing", policy(ncpPlus)},
		{"Mobile-ID", chain(nil, nil, withPolicies(t, "1.3.6.1.4.1.10015.1.3", ncpPlus)), "policy.mobile-id", nil},
		{"Mobile-ID of another year", chain(nil, nil, withPolicies(t, "1.3.6.1.4.1.10015.18.1.7")), "policy.mobile-id", nil},
		{"no purpose", chain(nil, nil, nil), "purpose.unknown", func(r *certs.Request) { r.Purpose = 99 }},
		{"bad policy in the request", chain(nil, nil, nil), "policy.malformed", func(r *certs.Request) { r.InitialPolicies = []string{"1.2.x"} }},
		{"explicit policy without any", chain(nil, withPolicies(t), nil), "path.policy", explicit},
		{"explicit policy with one", chain(nil, withPolicies(t, ncpPlus), nil), "", explicit},
		{"explicit policy with any policy", chain(nil, withPolicies(t, "2.5.29.32.0"), nil), "", explicit},
		{"any policy inhibited", chain(nil, withPolicies(t, "2.5.29.32.0"), nil), "path.policy", func(r *certs.Request) {
			explicit(r)
			r.InhibitAnyPolicy = true
		}},
		{"initial policy of another path", chain(nil, withPolicies(t, ncpPlus), nil), "path.policy", func(r *certs.Request) {
			explicit(r)
			r.InitialPolicies = []string{qcpQSCD}
		}},
		{"mapping from any policy", chain(nil, mapping(anyPolicyOID, myPolicyOID), nil), "path.policy-mapping", nil},
		{"mapping to any policy", chain(nil, mapping(myPolicyOID, anyPolicyOID), nil), "path.policy-mapping", nil},
		{"mapping where the authority has any policy", chain(nil, both(withPolicies(t, "2.5.29.32.0"), mapping(myPolicyOID, otherPolicyOID)), withPolicies(t, "1.2.4")), "", initialPolicy("1.2.3")},
		{"mapping seen from the other side", chain(nil, both(withPolicies(t, "2.5.29.32.0"), mapping(myPolicyOID, otherPolicyOID)), withPolicies(t, "1.2.4")), "path.policy", initialPolicy("1.2.4")},
		{"mapping inhibited", chain(nil, both(withPolicies(t, "1.2.3"), mapping(myPolicyOID, otherPolicyOID)), withPolicies(t, "1.2.4")), "path.policy", func(r *certs.Request) {
			initialPolicy("1.2.3")(r)
			r.InhibitPolicyMapping = true
		}},
		{"mapping between policies", chain(nil, mapping(myPolicyOID, myPolicyOID), nil), "", nil},
		{"leaf requires explicit policy", chain(nil, nil, both(requireExplicit(0), withPolicies(t, ncpPlus))), "path.policy", nil},
		{"leaf requires explicit policy later", chain(nil, nil, both(requireExplicit(1), withPolicies(t, ncpPlus))), "", nil},
		{"issuer requires explicit policy", chain(nil, requireExplicit(0), withPolicies(t, ncpPlus)), "path.policy", nil},
		{"issuer requires explicit policy it has", chain(nil, both(requireExplicit(0), withPolicies(t, ncpPlus)), nil), "", nil},
	} {
		s.run(t)
	}
}

func at(d time.Duration) func(*certs.Request) {
	return func(r *certs.Request) { r.At = noon.Add(d) }
}

func policy(oids ...string) func(*certs.Request) {
	return func(r *certs.Request) { r.Policies = oids }
}

func explicit(r *certs.Request) { r.RequireExplicitPolicy = true }

func both(a, b edit) edit {
	return func(c *x509.Certificate) { a(c); b(c) }
}

// requireExplicit is policyConstraints { requireExplicitPolicy n }, critical.
func requireExplicit(n byte) edit {
	return withExtension(true, []byte{0x30, 3, 0x80, 1, n}, 2, 5, 29, 36)
}

// DER identifiers for policy mappings.
var anyPolicyOID, myPolicyOID, otherPolicyOID = []byte{6, 4, 0x55, 0x1d, 0x20, 0}, []byte{6, 2, 42, 3}, []byte{6, 2, 42, 4}

func initialPolicy(dotted string) func(*certs.Request) {
	return func(r *certs.Request) { r.RequireExplicitPolicy, r.InitialPolicies = true, []string{dotted} }
}

func mapping(from, to []byte) edit {
	pair := append(append([]byte{0x30, byte(len(from) + len(to))}, from...), to...)
	return withExtension(true, append([]byte{0x30, byte(len(pair))}, pair...), 2, 5, 29, 33)
}

func TestDepthRefusals(t *testing.T) {
	deep := func(n int, edits ...edit) func(t *testing.T) (*x509.Certificate, []*x509.Certificate, []*x509.Certificate) {
		return func(t *testing.T) (*x509.Certificate, []*x509.Certificate, []*x509.Certificate) {
			t.Helper()
			root := newRoot(t, "Root of tests", edits...)
			last, offered := root, list()
			for i := range n {
				last = last.issueCA(t, "Level "+string(rune('A'+i)))
				offered = append(offered, last.Cert)
			}
			return last.issueAuth(t).Cert, offered, list(root.Cert)
		}
	}
	for _, s := range []scene{
		{"one authority", deep(1), "", nil},
		{"ten authorities", deep(10), "", nil},
		{"eleven authorities", deep(11), "path.too-long", nil},
		{"thirty authorities", deep(30), "path.too-long", nil},
		{"three where two are allowed", deep(3, pathLen(2)), "path.length", nil},
		{"two where two are allowed", deep(2, pathLen(2)), "", nil},
	} {
		s.run(t)
	}
}

func TestSearchRefusals(t *testing.T) {
	root, stranger := newRoot(t, "Root of tests"), newRoot(t, "Another root")
	issuer := root.issueCA(t, "Issuer of tests")
	leaf := issuer.issueAuth(t).Cert
	unnamed := newRoot(t, "", func(c *x509.Certificate) { c.Subject = pkix.Name{} })
	twin := stranger.issueCA(t, "Issuer of tests")
	var crowd []*x509.Certificate
	for range 65 {
		crowd = append(crowd, issuer.Cert)
	}
	fixed := func(leaf *x509.Certificate, offered, anchors []*x509.Certificate) func(*testing.T) (*x509.Certificate, []*x509.Certificate, []*x509.Certificate) {
		return func(*testing.T) (*x509.Certificate, []*x509.Certificate, []*x509.Certificate) {
			return leaf, offered, anchors
		}
	}
	for _, s := range []scene{
		{"valid", fixed(leaf, list(issuer.Cert), list(root.Cert)), "", nil},
		{"issuer is the anchor", fixed(leaf, nil, list(issuer.Cert)), "", nil},
		{"leaf is the anchor", fixed(leaf, nil, list(leaf)), "", nil},
		{"leaf is the anchor, with the required policy", fixed(leaf, nil, list(leaf)), "", policy(ncpPlus)},
		{"leaf is the anchor, without the required policy", fixed(leaf, nil, list(leaf)), "policy.missing", policy(qcpQSCD)},
		{"issuer not offered", fixed(leaf, nil, list(root.Cert)), "path.no-anchor", nil},
		{"another root", fixed(leaf, list(issuer.Cert), list(stranger.Cert)), "path.no-anchor", nil},
		{"issuer's twin offered", fixed(leaf, list(twin.Cert), list(stranger.Cert)), "path.signature", nil},
		{"twin and issuer offered", fixed(leaf, list(twin.Cert, issuer.Cert), list(root.Cert)), "", nil},
		{"self-signed leaf", fixed(selfSign(t, cardTemplate(t, sigKey, clientAuth), withPolicies(t, ncpPlus)).Cert, nil, list(root.Cert)), "path.no-anchor", nil},
		{"nothing to verify", fixed(nil, nil, list(root.Cert)), "certificate.missing", nil},
		{"too many offered", fixed(leaf, crowd, list(root.Cert)), "path.too-complex", nil},
		{"nothing offered is nothing", fixed(leaf, list(nil, issuer.Cert), list(root.Cert)), "", nil},
		{"without encoding", fixed(&x509.Certificate{KeyUsage: sigKey, ExtKeyUsage: eku(clientAuth), Extensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 15}}}}, nil, list(root.Cert)), "certificate.malformed", nil},
		{"issuer without a name", fixed(unnamed.issueAuth(t).Cert, nil, list(unnamed.Cert)), "certificate.malformed", nil},
		{"an authority logs in", fixed(issuer.Cert, nil, list(root.Cert)), "purpose.authority", nil},
	} {
		s.run(t)
	}
	_, err := (&certs.Verifier{}).Verify(t.Context(), certs.Request{Certificate: leaf, Purpose: certs.Authentication})
	wantCode(t, err, "trust.no-anchors")
}

func TestForgedCertificates(t *testing.T) {
	root := newRoot(t, "Root of tests")
	issuer := root.issueCA(t, "Issuer of tests")
	good := issuer.issueAuth(t)
	v := verifierFor(t, certs.Test, root.Cert)
	verify := func(t *testing.T, cert *x509.Certificate) error {
		t.Helper()
		_, err := v.Verify(t.Context(), certs.Request{Certificate: cert, Intermediates: list(issuer.Cert), Purpose: certs.Authentication})
		return err
	}
	sha1 := asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}
	unknown := asn1.ObjectIdentifier{1, 2, 3, 4}
	for _, c := range []struct {
		name   string
		change func(*tbs)
		code   string
	}{
		{"nothing changed", func(*tbs) {}, ""},
		{"SHA-1", func(b *tbs) { b.SignatureAlgorithm.Algorithm = sha1 }, "path.weak-signature"},
		{"unknown algorithm", func(b *tbs) { b.SignatureAlgorithm.Algorithm = unknown }, "certificate.unsupported-algorithm"},
		{"serial number changed and signed anew", func(b *tbs) { b.Serial = big.NewInt(77) }, ""},
		{"RSA named, ECDSA used", func(b *tbs) {
			b.SignatureAlgorithm.Algorithm = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}
		}, "path.signature"},
		{"PSS without parameters", func(b *tbs) {
			b.SignatureAlgorithm.Algorithm = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
		}, "certificate.unsupported-algorithm"},
		{"MD5", func(b *tbs) {
			b.SignatureAlgorithm.Algorithm = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 4}
		}, "certificate.unsupported-algorithm"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantCode(t, verify(t, issuer.forge(t, good.Cert, c.change)), c.code)
		})
	}
	t.Run("signature changed", func(t *testing.T) {
		der := append([]byte(nil), good.Cert.Raw...)
		der[len(der)-1] ^= 1
		cert, err := certs.ParseCertificate(der)
		must(t, err)
		wantCode(t, verify(t, cert), "path.signature")
	})
	t.Run("signed by another key of the same name", func(t *testing.T) {
		other := newRoot(t, "Issuer of tests")
		wantCode(t, verify(t, other.forge(t, good.Cert, func(*tbs) {})), "path.signature")
	})
}

func TestMalformedCertificates(t *testing.T) {
	root := newRoot(t, "Root of tests")
	good := root.issueAuth(t)
	twice := func(b *tbs) { b.Extensions = append(b.Extensions, b.Extensions[0]) }
	with := func(value []byte, id ...int) func(*tbs) {
		return func(b *tbs) { b.Extensions = append(b.Extensions, pkix.Extension{Id: id, Value: value}) }
	}
	for _, c := range []struct {
		name   string
		change func(*tbs)
		outer  func(*signedCertificate)
	}{
		{"extension twice", twice, nil},
		{"version 1 with extensions", func(b *tbs) { b.Version = 0 }, nil},
		{"version 2 with extensions", func(b *tbs) { b.Version = 1 }, nil},
		{"version 4", func(b *tbs) { b.Version = 3 }, nil},
		{"two algorithms", func(*tbs) {}, func(c *signedCertificate) {
			c.Algorithm.Algorithm = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}
		}},
		{"name constraints with a minimum", with([]byte{0x30, 0x0e, 0xa0, 0x0c, 0x30, 0x0a, 0x82, 5, 'a', '.', 't', 'l', 'd', 0x80, 1, 1}, 2, 5, 29, 30), nil},
		{"policy twice", with([]byte{0x30, 0x0a, 0x30, 3, 6, 1, 42, 0x30, 3, 6, 1, 42}, 2, 5, 29, 32), nil},
		{"empty policies", with([]byte{0x30, 0}, 2, 5, 29, 54), nil},
		{"negative skip", with([]byte{2, 1, 0xff}, 2, 5, 29, 54), nil},
		{"empty policy mappings", with([]byte{0x30, 0}, 2, 5, 29, 33), nil},
		{"policy constraints with a tail", with([]byte{0x30, 6, 0x80, 1, 0, 0x82, 1, 0}, 2, 5, 29, 36), nil},
		{"alternative names empty", with([]byte{0x30, 0}, 2, 5, 29, 17), nil},
		{"mailbox with a control character", with([]byte{0x30, 5, 0x81, 3, 'a', 0, 'b'}, 2, 5, 29, 17), nil},
		{"distribution point of reasons alone", with([]byte{0x30, 6, 0x30, 4, 0x81, 2, 1, 2}, 2, 5, 29, 31), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			der := root.forgeDER(t, good.Cert, c.change, c.outer)
			cert, err := certs.ParseCertificate(der)
			if err == nil {
				_, err = verifierFor(t, certs.Test, root.Cert).Verify(t.Context(), certs.Request{Certificate: cert, Purpose: certs.PathOnly})
			}
			wantCode(t, err, "certificate.malformed")
		})
	}
}

func wantOneOf(t *testing.T, err error, codes []string) {
	t.Helper()
	if !slices.Contains(codes, codeOf(err)) {
		t.Errorf("got %q (%v), want one of %v", codeOf(err), err, codes)
	}
}
