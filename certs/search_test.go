package certs_test

import (
	"context"
	"crypto/x509"
	"math/big"
	"testing"
	"time"

	"eidgate/certs"
)

// twins are certificates of one authority's key, each making a path of its own.
func twins(t *testing.T, root, authority pair, n int, e edit) []*x509.Certificate {
	t.Helper()
	var out []*x509.Certificate
	for range n {
		c := authorityTemplate(authority.Cert.Subject.CommonName)
		c.SerialNumber = big.NewInt(serials.Add(1))
		e(c)
		out = append(out, root.issueKey(t, c, authority.Key).Cert)
	}
	return out
}

// Authorities of one name, each with its own key, must not make a search
// endless: every certificate has to be tried with every key.
func TestOnlySoManySignaturesAreVerified(t *testing.T) {
	root := newRoot(t, "Root of tests")
	stranger := newRoot(t, "Same name")
	issuer := stranger.issueCA(t, "Same name")
	leaf := issuer.issueAuth(t, func(c *x509.Certificate) { c.AuthorityKeyId = nil }).Cert
	for n, code := range map[int]string{20: "path.signature", 45: "path.too-complex"} {
		var offered []*x509.Certificate
		for range n {
			offered = append(offered, stranger.issueCA(t, "Same name").Cert)
		}
		_, err := verifierFor(t, certs.Test, root.Cert).Verify(t.Context(), certs.Request{
			Certificate: leaf, Intermediates: append(offered, issuer.Cert), Purpose: certs.Authentication,
		})
		wantCode(t, err, code)
	}
}

func TestOnlySoManyPathsAreJudged(t *testing.T) {
	root := newRoot(t, "Root of tests")
	authority := root.issueCA(t, "Issuer of tests")
	leaf := authority.issueAuth(t).Cert
	expired := validity(-2*time.Hour, -time.Hour)
	v := verifierFor(t, certs.Test, root.Cert)
	for n, code := range map[int]string{15: "", 20: "path.too-complex"} {
		offered := append(twins(t, root, authority, n, expired), authority.Cert)
		_, err := v.Verify(t.Context(), certs.Request{Certificate: leaf, Intermediates: offered, Purpose: certs.Authentication})
		wantCode(t, err, code)
	}
}

// source counts questions and lets the caller go away at the first.
type source struct {
	asked int
	leave context.CancelFunc
}

func (s *source) Status(ctx context.Context, _ certs.RevocationQuery) (*certs.RevocationStatus, error) {
	s.asked++
	s.leave()
	return nil, ctx.Err()
}

func TestSearchEndsWhenTheCallerLeaves(t *testing.T) {
	root := newRoot(t, "Root of tests")
	authority := root.issueCA(t, "Issuer of tests")
	leaf := authority.issueAuth(t).Cert
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := &source{leave: cancel}
	v := verifierFor(t, certs.Test, root.Cert)
	v.Revocation = s
	_, err := v.Verify(ctx, certs.Request{
		Certificate: leaf, Intermediates: twins(t, root, authority, 5, func(*x509.Certificate) {}), Purpose: certs.Authentication,
	})
	wantCode(t, err, "revocation.missing")
	if s.asked != 1 {
		t.Errorf("asked %d times after the caller left", s.asked)
	}
}

// The evidence of an answer is complete: the delta list is in it, and it holds
// no longer than the first of its lists.
func TestEvidenceOfADeltaList(t *testing.T) {
	root := newRoot(t, "Root of tests")
	leaf := root.issueAuth(t).Cert
	base, update := root.crl(t), root.crl(t, delta(5, 6), dates(-time.Minute, time.Minute))
	v := verifierFor(t, certs.Test, root.Cert)
	lists, err := certs.NewRevocationLists(v.Store, [][]byte{base, update})
	must(t, err)
	status, err := lists.Status(t.Context(), certs.RevocationQuery{Certificate: leaf, Issuer: root.Cert, Anchor: root.Cert, At: noon, Now: noon})
	must(t, err)
	if string(status.DER) != string(base) || len(status.Also) != 1 || string(status.Also[0]) != string(update) {
		t.Errorf("the evidence is %d bytes and %d more lists", len(status.DER), len(status.Also))
	}
	if !status.NextUpdate.Equal(noon.Add(time.Minute)) {
		t.Errorf("the answer holds until %v", status.NextUpdate)
	}
}
