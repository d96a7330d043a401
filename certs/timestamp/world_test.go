package timestamp_test

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
	"eidgate/certs/timestamp"
	"eidgate/internal/fault"
)

var (
	policy     = asn1.ObjectIdentifier{2, 999, 1}
	timeStamps = pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true,
		Value: []byte{0x30, 0x0a, 0x06, 0x08, 0x2b, 6, 1, 5, 5, 7, 3, 8}}
	document = []byte("a document")
	digest   = sha256.Sum256(document)
)

// holder is a key with its certificate.
type holder struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// world is a root and a time-stamp authority, both of P-256.
type world struct {
	now       time.Time
	root, tsa *holder
	made      int
}

func newWorld(t testing.TB) *world {
	return newWorldAt(t, time.Date(2026, 11, 23, 12, 0, 0, 250_000_000, time.UTC))
}

func newWorldAt(t testing.TB, now time.Time) *world {
	w := &world{now: now}
	w.root = w.make(t, nil, x509.Certificate{
		Subject: pkix.Name{CommonName: "Test Root"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	w.tsa = w.make(t, w.root, authority())
	return w
}

func authority() x509.Certificate {
	return x509.Certificate{Subject: pkix.Name{CommonName: "Test TSA"}, KeyUsage: x509.KeyUsageDigitalSignature, ExtraExtensions: []pkix.Extension{timeStamps}}
}

func (w *world) make(t testing.TB, issuer *holder, template x509.Certificate) *holder {
	t.Helper()
	w.made++
	// The same key for the same holder in every process: fuzzing runs in several.
	seed := sha256.Sum256([]byte{byte(w.made)})
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(int64(1000 + w.made))
	if template.NotBefore.IsZero() {
		template.NotBefore, template.NotAfter = w.now.AddDate(-1, 0, 0), w.now.AddDate(1, 0, 0)
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

// authority is the honest one, run by a holder.
func (w *world) authority(h *holder) *timestamp.Authority {
	serial := int64(0)
	return &timestamp.Authority{
		Certificate: h.cert, Key: h.key, Policy: policy, Accuracy: 1500 * time.Millisecond,
		Serial: func() (*big.Int, error) { serial++; return big.NewInt(serial), nil },
		Now:    func() time.Time { return w.now }, Random: rand.Reader,
	}
}

func (w *world) verifier(t testing.TB) *certs.Verifier {
	t.Helper()
	store, err := certs.NewStore(certs.Test, w.root.cert)
	if err != nil {
		t.Fatal(err)
	}
	return &certs.Verifier{Store: store, Now: func() time.Time { return w.now }}
}

var nonce = big.NewInt(0x0123456789abcdef)

func request(t testing.TB, change func(*timestamp.Request)) []byte {
	t.Helper()
	req, err := timestamp.NewRequest(crypto.SHA256, digest[:], nonce)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(req)
	}
	der, err := req.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// token is what an authority answers to the usual request.
func (w *world) token(t testing.TB, a *timestamp.Authority) []byte {
	t.Helper()
	response, err := a.Respond(request(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Status asn1.RawValue
		Token  asn1.RawValue
	}
	if rest, err := asn1.Unmarshal(response, &r); err != nil || len(rest) > 0 {
		t.Fatalf("response %x: %v", response, err)
	}
	return r.Token.FullBytes
}

func expected() timestamp.Expected {
	return timestamp.Expected{Hash: crypto.SHA256, Digest: digest[:], Nonce: nonce}
}

// judge parses and verifies, and wants a code; empty for a good token.
func (w *world) judge(t testing.TB, der []byte, want timestamp.Expected, code string) *timestamp.Token {
	t.Helper()
	token, err := timestamp.Parse(der)
	if err == nil {
		_, err = token.Verify(context.Background(), w.verifier(t), want)
	}
	if got := fault.CodeOf(err); got != code || (err == nil) != (code == "") {
		t.Errorf("code %q (%v), want %q", got, err, code)
	}
	return token
}
