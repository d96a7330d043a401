package webeid_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"eidgate/card/webeid"
	"eidgate/certs"
	"eidgate/certs/ocsp"
)

const (
	site     = "https://example.ee"
	resident = "2.999.1.3.6.1.4.1.51361.1.1.4"
	ncpPlus  = "0.4.0.2042.1.2"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// world is an authority with a real OCSP responder on loopback, and a website
// that trusts it.
type world struct {
	t         testing.TB
	ca        *x509.Certificate
	key       *ecdsa.PrivateKey
	serial    atomic.Int64
	revoked   []*big.Int
	server    *httptest.Server
	validator *webeid.Validator
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, key: newKey(t, elliptic.P384())}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Issuer of tests"},
		NotBefore: noon.AddDate(-1, 0, 0), NotAfter: noon.AddDate(9, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	w.ca = w.sign(template, template, w.key.Public())
	w.serial.Store(1)
	w.server = httptest.NewServer(http.HandlerFunc(w.respond))
	t.Cleanup(w.server.Close)
	store, err := certs.NewStore(certs.Test, w.ca)
	w.ok(err)
	now := func() time.Time { return noon }
	w.validator = &webeid.Validator{Origin: site, Verifier: &certs.Verifier{
		Store: store, Now: now,
		Revocation: &ocsp.Client{Responders: []string{w.server.URL}, Now: now},
	}}
	return w
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func newKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (w *world) sign(template, parent *x509.Certificate, public crypto.PublicKey) *x509.Certificate {
	w.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, w.key)
	w.ok(err)
	c, err := x509.ParseCertificate(der)
	w.ok(err)
	return c
}

func (w *world) respond(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	request, err := ocsp.ParseRequest(body)
	if err != nil {
		_, _ = rw.Write(ocsp.ErrorResponse(ocsp.MalformedRequest))
		return
	}
	answer := ocsp.Answer{ID: request.IDs[0], Status: ocsp.Good, ThisUpdate: noon}
	for _, serial := range w.revoked {
		if serial.Cmp(request.IDs[0].SerialNumber()) == 0 {
			answer.Status, answer.RevokedAt = ocsp.Revoked, noon.Add(-time.Hour)
		}
	}
	der, err := ocsp.Sign(rand.Reader, ocsp.Template{
		ProducedAt: noon, Answers: []ocsp.Answer{answer}, Nonce: request.Nonce,
	}, w.ca, w.key)
	if err == nil {
		rw.Header().Set("Content-Type", "application/ocsp-response")
		_, _ = rw.Write(der)
	}
}

type edit func(*x509.Certificate)

func policies(t testing.TB, oids ...string) edit {
	t.Helper()
	return func(c *x509.Certificate) {
		c.Policies = nil
		for _, text := range oids {
			oid, err := x509.ParseOID(text)
			if err != nil {
				t.Fatal(err)
			}
			c.Policies = append(c.Policies, oid)
		}
	}
}

func usage(u x509.KeyUsage, extended ...x509.ExtKeyUsage) edit {
	return func(c *x509.Certificate) { c.KeyUsage, c.ExtKeyUsage = u, extended }
}

// login issues an authentication certificate as on an e-resident's card.
func (w *world) login(public crypto.PublicKey, edits ...edit) *x509.Certificate {
	w.t.Helper()
	name := func(last int, value string) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, last}, Value: value}
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(w.serial.Add(1)),
		Subject: pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
			name(6, "EE"), name(3, "JÕEORG,JAAK-KRISTJAN,38001085718"), name(4, "JÕEORG"),
			name(42, "JAAK-KRISTJAN"), name(5, "PNOEE-38001085718"),
		}},
		NotBefore: noon.AddDate(0, -1, 0), NotAfter: noon.AddDate(5, 0, 0), BasicConstraintsValid: true,
	}
	edits = append([]edit{
		usage(x509.KeyUsageDigitalSignature|x509.KeyUsageKeyAgreement, x509.ExtKeyUsageClientAuth),
		policies(w.t, resident, ncpPlus),
	}, edits...)
	for _, e := range edits {
		e(template)
	}
	return w.sign(template, w.ca, public)
}

// token makes a token and returns its JSON.
func (w *world) token(key crypto.Signer, c *x509.Certificate, r webeid.Request) []byte {
	w.t.Helper()
	t, err := webeid.Make(key, c, r)
	w.ok(err)
	return marshal(w.t, t)
}

func marshal(t testing.TB, token *webeid.Token) []byte {
	t.Helper()
	b, err := json.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func nonce(fill string) string { return strings.Repeat(fill, 44) }

func keys(t testing.TB) map[string]crypto.Signer {
	t.Helper()
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]crypto.Signer{
		"ES256": newKey(t, elliptic.P256()), "ES384": newKey(t, elliptic.P384()), "ES512": newKey(t, elliptic.P521()),
		"RS256": r, "RS384": r, "RS512": r, "PS256": r, "PS384": r, "PS512": r,
	}
}

// source is revocation evidence of the test's own.
type source func(certs.RevocationQuery) (*certs.RevocationStatus, error)

func (f source) Status(_ context.Context, q certs.RevocationQuery) (*certs.RevocationStatus, error) {
	return f(q)
}

func sortedNames[T any](m map[string]T) []string {
	var names []string
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
