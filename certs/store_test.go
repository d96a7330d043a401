package certs_test

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"eidgate/certs"
)

func estonia(t testing.TB) map[string]*x509.Certificate {
	t.Helper()
	b, err := os.ReadFile("testdata/estonia.pem")
	if err != nil {
		t.Fatal(err)
	}
	list, err := certs.ParseCertificates(b)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*x509.Certificate{}
	for _, c := range list {
		out[c.Subject.CommonName] = c
	}
	return out
}

func TestDomainsDoNotMix(t *testing.T) {
	real := estonia(t)
	own := newRoot(t, "Root of an operator").Cert
	named := newRoot(t, "TEST of Something").Cert
	for _, c := range []struct {
		name    string
		domain  certs.Domain
		anchors []*x509.Certificate
		code    string
	}{
		{"production authority in production", certs.Production, []*x509.Certificate{real["ESTEID2018"], real["ESTEID2025"]}, ""},
		{"production authority in test", certs.Test, []*x509.Certificate{own, real["ESTEID2018"]}, "trust.mixed-domains"},
		{"production root in test", certs.Test, []*x509.Certificate{real["EEGovCA2025"]}, "trust.mixed-domains"},
		{"test name in production", certs.Production, []*x509.Certificate{own, named}, "trust.mixed-domains"},
		{"demo name in production", certs.Production, []*x509.Certificate{newRoot(t, "DEMO of Something").Cert}, "trust.mixed-domains"},
		{"a word that only begins like test", certs.Production, []*x509.Certificate{newRoot(t, "Testimony CA").Cert}, ""},
		{"an anchor without encoding", certs.Test, []*x509.Certificate{{}}, "trust.unreadable"},
		{"test name in test", certs.Test, []*x509.Certificate{named}, ""},
		{"own root", certs.Production, []*x509.Certificate{own}, ""},
		{"nothing", certs.Test, nil, "trust.no-anchors"},
		{"no domain", 0, []*x509.Certificate{own}, "trust.bad-domain"},
		{"nil anchor", certs.Test, []*x509.Certificate{nil}, "trust.unreadable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := certs.NewStore(c.domain, c.anchors...)
			wantCode(t, err, c.code)
		})
	}
}

func TestLoadStore(t *testing.T) {
	root, second := newRoot(t, "One").Cert, newRoot(t, "Two").Cert
	encode := func(c *x509.Certificate) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	for _, c := range []struct {
		name    string
		files   map[string][]byte
		anchors int
		domain  certs.Domain
		code    string
	}{
		{"PEM and DER", map[string][]byte{"a.pem": encode(root), "b.cer": second.Raw, "README.md": []byte("x")}, 2, certs.Production, ""},
		{"a bundle", map[string][]byte{"a.crt": append(encode(root), encode(second)...)}, 2, certs.Production, ""},
		{"the same twice", map[string][]byte{"a.crt": encode(root), "b.DER": root.Raw}, 1, certs.Production, ""},
		{"test domain", map[string][]byte{"a.pem": encode(root), "domain": []byte("test\n")}, 1, certs.Test, ""},
		{"bad domain", map[string][]byte{"a.pem": encode(root), "domain": []byte("both")}, 0, 0, "trust.bad-domain"},
		{"empty", map[string][]byte{"README.md": []byte("x")}, 0, 0, "trust.no-anchors"},
		{"garbage", map[string][]byte{"a.pem": []byte("garbage")}, 0, 0, "trust.unreadable"},
		{"trailing data", map[string][]byte{"a.der": append(root.Raw[:len(root.Raw):len(root.Raw)], 0)}, 0, 0, "trust.unreadable"},
		{"a key", map[string][]byte{"a.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}})}, 0, 0, "trust.unreadable"},
		{"damaged second block", map[string][]byte{"a.pem": append(encode(root), []byte("-----BEGIN CERTIFICATE-----\nAAA\n")...)}, 0, 0, "trust.unreadable"},
		{"too large", map[string][]byte{"a.pem": make([]byte, 1<<20+1)}, 0, 0, "trust.unreadable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, b := range c.files {
				if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s, err := certs.LoadStore(dir)
			wantCode(t, err, c.code)
			if err == nil && (len(s.Anchors()) != c.anchors || s.Domain() != c.domain) {
				t.Errorf("%d anchors of %v", len(s.Anchors()), s.Domain())
			}
		})
	}
	_, err := certs.LoadStore(filepath.Join(t.TempDir(), "absent"))
	wantCode(t, err, "trust.unreadable")
}

func TestKnownAuthorities(t *testing.T) {
	pinned := map[string]bool{}
	for _, a := range certs.KnownAuthorities() {
		pinned[a.Name] = true
		if a.Meaning == "" {
			t.Errorf("%s has no meaning", a.Name)
		}
	}
	for name, cert := range estonia(t) {
		a, ok := certs.AuthorityOf(cert)
		if !ok || a.Name != name || a.Domain != certs.Production || !pinned[name] {
			t.Errorf("%s is known as %+v", name, a)
		}
	}
	if a, ok := certs.AuthorityOf(newRoot(t, "ESTEID2018").Cert); ok {
		t.Errorf("a name alone is known as %+v", a)
	}
}

// An anchor may be believed for some purposes only: a time-stamp authority of
// a trusted list must not vouch for signers.
func TestAnchorsWithPurposes(t *testing.T) {
	root := newRoot(t, "Root")
	card := root.issueSign(t).Cert
	verify := func(anchors ...certs.Anchor) error {
		t.Helper()
		store, err := certs.NewStoreOf(certs.Test, anchors)
		if err != nil {
			t.Fatal(err)
		}
		v := &certs.Verifier{Store: store}
		_, err = v.Verify(t.Context(), certs.Request{Certificate: card, Purpose: certs.DocumentSigning, Revocation: certs.RevocationSkipped})
		return err
	}
	stamps := certs.Anchor{Certificate: root.Cert, Purposes: []certs.Purpose{certs.Timestamping}}
	signers := certs.Anchor{Certificate: root.Cert, Purposes: []certs.Purpose{certs.DocumentSigning}}
	all := certs.Anchor{Certificate: root.Cert}
	wantCode(t, verify(stamps), "path.no-anchor")
	wantCode(t, verify(signers), "")
	wantCode(t, verify(all), "")
	wantCode(t, verify(stamps, signers), "")
	wantCode(t, verify(all, stamps), "")
}
