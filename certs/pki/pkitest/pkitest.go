// Package pkitest runs a demonstration PKI for the length of a test, on a port
// of its own.
package pkitest

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"net"
	"path/filepath"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/certs/pki"
	"eidgate/certs/timestamp"
	"eidgate/internal/persofile"
)

// World is a running PKI and one card.
type World struct {
	*pki.PKI
	Dir   string
	Card  *persofile.File
	Clock func() time.Time

	options pki.Options
}

// Start makes a PKI in a folder of the test and serves it until the test
// ends. now is its clock; nil means the system's.
func Start(t testing.TB, now func() time.Time) *World {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &World{Dir: filepath.Join(t.TempDir(), "pki"), Clock: now, options: pki.Options{Listen: l.Addr().String(), Now: now}}
	if w.Clock == nil {
		w.Clock = time.Now
	}
	if w.PKI, err = pki.Init(w.Dir, w.options); err != nil {
		t.Fatal(err)
	}
	cards, err := filepath.Glob(filepath.Join(w.CardsDir(), "*.json"))
	if err != nil || len(cards) != 1 {
		t.Fatalf("init made %d cards (%v)", len(cards), err)
	}
	if w.Card, err = persofile.Load(cards[0]); err != nil {
		t.Fatal(err)
	}
	w.serve(t, l)
	return w
}

// serve runs the services until the test ends.
func (w *World) serve(t testing.TB, l net.Listener) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.ServeListener(ctx, l, nil) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil && !t.Failed() {
			t.Errorf("serving the PKI: %v", err)
		}
		w.Close()
	})
}

// Issue issues a card to a person, and fails the test when it cannot.
func (w *World) Issue(t testing.TB, a pki.Applicant) *persofile.File {
	t.Helper()
	f, err := w.PKI.Issue(a)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Store has the root as its only anchor.
func (w *World) Store(t testing.TB) *certs.Store {
	t.Helper()
	s, err := certs.LoadStore(w.TrustDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Verifier trusts the root and asks the PKI's responders.
func (w *World) Verifier(t testing.TB) *certs.Verifier {
	t.Helper()
	return &certs.Verifier{Store: w.Store(t), Revocation: w.OCSP(), Now: w.Clock}
}

// OCSP asks the PKI's responders.
func (w *World) OCSP() *ocsp.Client { return &ocsp.Client{Now: w.Clock} }

// Timestamps asks the PKI's time-stamp authority.
func (w *World) Timestamps() *timestamp.Client {
	return &timestamp.Client{URL: w.URL("/tsa"), Now: w.Clock}
}

// Intermediates are what a path from a card to the root needs.
func (w *World) Intermediates() []*x509.Certificate { return []*x509.Certificate{w.IssuingCA()} }

// Certificate reads the certificate of a card's key.
func Certificate(t testing.TB, p persofile.Pair) *x509.Certificate {
	t.Helper()
	cert, err := x509.ParseCertificate(block(t, p.Certificate))
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// Key reads a card's key.
func Key(t testing.TB, p persofile.Pair) crypto.Signer {
	t.Helper()
	key, err := x509.ParsePKCS8PrivateKey(block(t, p.Key))
	if err != nil {
		t.Fatal(err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		t.Fatalf("the card's key is a %T", key)
	}
	return signer
}

func block(t testing.TB, text string) []byte {
	t.Helper()
	b, _ := pem.Decode([]byte(text))
	if b == nil {
		t.Fatal("not PEM")
	}
	return b.Bytes
}
