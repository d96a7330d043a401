package ocsp_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/internal/fault"
)

// holder is a key with its certificate.
type holder struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// world is an authority with a responder, a card whose status is asked, and
// those who would like to answer in the responder's place.
type world struct {
	now                                time.Time
	ca, otherCA, responder, card, mate *holder
	serial                             int64
}

var noCheck = pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}, Value: asn1.NullBytes}

func newWorld(t testing.TB) *world {
	return newWorldAt(t, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
}

func newWorldAt(t testing.TB, now time.Time) *world {
	w := &world{now: now}
	w.ca = w.make(t, nil, ca("Test CA"))
	w.otherCA = w.make(t, nil, ca("Other CA"))
	w.responder = w.make(t, w.ca, w.delegate())
	w.card = w.make(t, w.ca, w.leaf("CARD"))
	w.mate = w.make(t, w.ca, w.leaf("MATE"))
	return w
}

func ca(name string) x509.Certificate {
	return x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
}

func (w *world) leaf(name string) x509.Certificate {
	return x509.Certificate{
		Subject: pkix.Name{CommonName: name}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
}

func (w *world) delegate() x509.Certificate {
	return x509.Certificate{
		Subject: pkix.Name{CommonName: "Test CA OCSP RESPONDER"}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}, ExtraExtensions: []pkix.Extension{noCheck},
	}
}

// make issues a certificate, good for a year around now unless t says
// otherwise; a nil issuer makes it self-signed.
func (w *world) make(t testing.TB, issuer *holder, template x509.Certificate) *holder {
	t.Helper()
	w.serial++
	// The same key for the same holder in every process: fuzzing runs in several.
	seed := sha256.Sum256([]byte{byte(w.serial)})
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(1000 + w.serial)
	if template.NotBefore.IsZero() {
		template.NotBefore = w.now.AddDate(0, -6, 0)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = w.now.AddDate(0, 6, 0)
	}
	parent, signer := &template, key
	if issuer != nil {
		parent, signer = issuer.cert, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &holder{cert: cert, key: key}
}

func (w *world) id(t testing.TB, cert *x509.Certificate, issuer *holder, hash crypto.Hash) ocsp.CertID {
	t.Helper()
	target, err := ocsp.TargetOf(cert)
	if err != nil {
		t.Fatal(err)
	}
	target.IssuerName = issuer.cert.RawSubject
	id, err := ocsp.NewCertID(target, issuer.cert, hash)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// good is an answer about the card, made now.
func (w *world) good(t testing.TB) ocsp.Answer {
	return ocsp.Answer{ID: w.id(t, w.card.cert, w.ca, crypto.SHA1), Status: ocsp.Good, ThisUpdate: w.now}
}

func (w *world) template(answers ...ocsp.Answer) ocsp.Template {
	return ocsp.Template{ProducedAt: w.now, Answers: answers, Nonce: []byte("0123456789abcdef"), Certificates: []*x509.Certificate{w.responder.cert}}
}

func (w *world) sign(t testing.TB, template ocsp.Template, signer *holder) []byte {
	t.Helper()
	der, err := ocsp.Sign(rand.Reader, template, signer.cert, signer.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func (w *world) query(t testing.TB) ocsp.Query {
	t.Helper()
	target, err := ocsp.TargetOf(w.card.cert)
	if err != nil {
		t.Fatal(err)
	}
	return ocsp.Query{Target: target, Issuer: w.ca.cert, Purpose: certs.Authentication, Now: w.now, Nonce: []byte("0123456789abcdef")}
}

// wantCode fails the test unless the answer is refused with this code; an
// empty code wants it accepted.
func wantCode(t testing.TB, der []byte, q ocsp.Query, code string) *certs.RevocationStatus {
	t.Helper()
	status, err := ocsp.Verify(context.Background(), der, q)
	if got := fault.CodeOf(err); got != code || (err == nil) != (code == "") {
		t.Errorf("code %q (%v), want %q", got, err, code)
	}
	return status
}
