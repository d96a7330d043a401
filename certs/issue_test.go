package certs_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"sync/atomic"
	"testing"
	"time"

	"eidgate/certs"
)

// noon is the clock of these tests.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// pair is a certificate and its key.
type pair struct {
	Cert *x509.Certificate
	Key  crypto.Signer
}

var serials atomic.Int64

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// edit changes a template before it is signed.
type edit func(*x509.Certificate)

func authorityTemplate(cn string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber:          big.NewInt(serials.Add(1)),
		Subject:               pkix.Name{Country: []string{"EE"}, Organization: []string{"Tests"}, CommonName: cn},
		NotBefore:             noon.AddDate(-1, 0, 0),
		NotAfter:              noon.AddDate(10, 0, 0),
		BasicConstraintsValid: true,
		IsCA:                  true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		SignatureAlgorithm:    x509.ECDSAWithSHA256,
	}
}

func cardTemplate(t testing.TB, usage x509.KeyUsage, extended ...x509.ExtKeyUsage) *x509.Certificate {
	t.Helper()
	return &x509.Certificate{
		SerialNumber:          big.NewInt(serials.Add(1)),
		Subject:               personName("JÕEORG", "JAAK-KRISTJAN", "PNOEE-38001085718"),
		NotBefore:             noon.AddDate(0, -1, 0),
		NotAfter:              noon.AddDate(5, 0, 0),
		BasicConstraintsValid: true,
		KeyUsage:              usage,
		ExtKeyUsage:           extended,
		SignatureAlgorithm:    x509.ECDSAWithSHA256,
	}
}

func personName(surname, given, serial string) pkix.Name {
	attr := func(value string, last int) pkix.AttributeTypeAndValue {
		return pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, last}, Value: value}
	}
	code := serial
	if len(serial) > 6 {
		code = serial[6:]
	}
	return pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{
		attr("EE", 6), attr(surname+","+given+","+code, 3), attr(surname, 4), attr(given, 42), attr(serial, 5),
	}}
}

func withPolicies(t testing.TB, oids ...string) edit {
	t.Helper()
	return func(c *x509.Certificate) {
		c.Policies = nil
		for _, s := range oids {
			oid, err := x509.ParseOID(s)
			if err != nil {
				t.Fatal(err)
			}
			c.Policies = append(c.Policies, oid)
		}
	}
}

const (
	demoResident = "2.999.1.3.6.1.4.1.51361.1.1.4"
	ncpPlus      = "0.4.0.2042.1.2"
	qcpQSCD      = "0.4.0.194112.1.2"
)

func newRoot(t testing.TB, cn string, edits ...edit) pair {
	t.Helper()
	return selfSign(t, authorityTemplate(cn), edits...)
}

func selfSign(t testing.TB, template *x509.Certificate, edits ...edit) pair {
	t.Helper()
	for _, e := range edits {
		e(template)
	}
	key := newKey(t)
	return sign(t, template, template, key.Public(), key, key)
}

func (p pair) issue(t testing.TB, template *x509.Certificate, edits ...edit) pair {
	t.Helper()
	for _, e := range edits {
		e(template)
	}
	key := newKey(t)
	return sign(t, template, p.Cert, key.Public(), p.Key, key)
}

func (p pair) issueCA(t testing.TB, cn string, edits ...edit) pair {
	t.Helper()
	return p.issue(t, authorityTemplate(cn), edits...)
}

func (p pair) issueAuth(t testing.TB, edits ...edit) pair {
	t.Helper()
	c := cardTemplate(t, x509.KeyUsageDigitalSignature|x509.KeyUsageKeyAgreement, x509.ExtKeyUsageClientAuth)
	return p.issue(t, c, append([]edit{withPolicies(t, demoResident, ncpPlus)}, edits...)...)
}

func (p pair) issueSign(t testing.TB, edits ...edit) pair {
	t.Helper()
	c := cardTemplate(t, x509.KeyUsageContentCommitment)
	return p.issue(t, c, append([]edit{withPolicies(t, demoResident, qcpQSCD)}, edits...)...)
}

func sign(t testing.TB, template, parent *x509.Certificate, pub crypto.PublicKey, signer, own crypto.Signer) pair {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return pair{cert, own}
}

// world is a root, an issuing authority and a verifier that trusts the root.
type world struct {
	Root, Issuer pair
	Verifier     *certs.Verifier
}

func newWorld(t testing.TB) *world {
	t.Helper()
	root := newRoot(t, "Root of tests")
	w := &world{Root: root, Issuer: root.issueCA(t, "Issuer of tests")}
	w.Verifier = verifierFor(t, certs.Test, root.Cert)
	return w
}

func verifierFor(t testing.TB, d certs.Domain, anchors ...*x509.Certificate) *certs.Verifier {
	t.Helper()
	store, err := certs.NewStore(d, anchors...)
	if err != nil {
		t.Fatal(err)
	}
	return &certs.Verifier{Store: store, Now: func() time.Time { return noon }}
}

func (w *world) verify(t testing.TB, purpose certs.Purpose, cert *x509.Certificate) (*certs.Path, error) {
	t.Helper()
	return w.Verifier.Verify(t.Context(), certs.Request{
		Certificate: cert, Intermediates: []*x509.Certificate{w.Issuer.Cert}, Purpose: purpose,
	})
}

func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	var r *certs.Refusal
	switch {
	case code == "" && err != nil:
		t.Errorf("refused: %v", err)
	case code == "":
	case !errors.As(err, &r):
		t.Errorf("got %v, want a refusal %s", err, code)
	case r.Code() != code:
		t.Errorf("code = %s (%v), want %s", r.Code(), err, code)
	}
}

func codeOf(err error) string {
	if r := (*certs.Refusal)(nil); errors.As(err, &r) {
		return r.Code()
	}
	return ""
}
