package online_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/crl"
	"eidgate/certs/ocsp"
	"eidgate/certs/online"
	"eidgate/internal/fault"
)

// world is a root and the services it has; certificates differ in which of
// them they name.
type world struct {
	root             *x509.Certificate
	key              *ecdsa.PrivateKey
	url              string
	down             atomic.Bool // the responder
	revoked          atomic.Bool // on the list
	asked, askedList atomic.Int32
}

func newWorld(t *testing.T) *world {
	w := new(world)
	w.root = w.issue(t, &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Root"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: []byte{1},
	})
	mux := http.NewServeMux()
	mux.HandleFunc("/ocsp", func(rw http.ResponseWriter, r *http.Request) {
		w.asked.Add(1)
		if w.down.Load() {
			http.Error(rw, "down", http.StatusServiceUnavailable)
			return
		}
		der, _ := io.ReadAll(r.Body)
		req, err := ocsp.ParseRequest(der)
		if err != nil {
			t.Error(err)
			return
		}
		now := time.Now()
		answer, err := ocsp.Sign(rand.Reader, ocsp.Template{
			ProducedAt: now, Nonce: req.Nonce, Answers: []ocsp.Answer{{ID: req.IDs[0], Status: ocsp.Good, ThisUpdate: now}},
		}, w.root, w.key)
		if err != nil {
			t.Error(err)
		}
		rw.Header().Set("Content-Type", "application/ocsp-response")
		_, _ = rw.Write(answer)
	})
	mux.HandleFunc("/list", func(rw http.ResponseWriter, _ *http.Request) {
		w.askedList.Add(1)
		list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-time.Minute), NextUpdate: time.Now().Add(time.Hour)}
		if w.revoked.Load() {
			list.RevokedCertificateEntries = []x509.RevocationListEntry{{SerialNumber: big.NewInt(2), RevocationTime: time.Now().Add(-time.Hour)}}
		}
		der, err := x509.CreateRevocationList(rand.Reader, list, w.root, w.key)
		if err != nil {
			t.Error(err)
		}
		rw.Header().Set("Content-Type", "application/pkix-crl")
		_, _ = rw.Write(der)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	w.url = s.URL
	return w
}

// issue signs a certificate with the root's key; the first one is the root.
func (w *world) issue(t *testing.T, template *x509.Certificate) *x509.Certificate {
	t.Helper()
	template.NotBefore, template.NotAfter = time.Now().Add(-24*time.Hour), time.Now().Add(24*time.Hour)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	parent := w.root
	if parent == nil {
		parent, w.key = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, w.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func TestSource(t *testing.T) {
	for name, test := range map[string]struct {
		responder, list, down, revoked bool
		code, source                   string
		isRevoked                      bool
	}{
		"names both":                        {responder: true, list: true, source: "ocsp"},
		"names both, the list says revoked": {responder: true, list: true, revoked: true, source: "ocsp"},
		"names both, the responder is down": {responder: true, list: true, down: true, code: "ocsp.http-status"},
		"names a list":                      {list: true, source: "crl"},
		"names a list, revoked":             {list: true, revoked: true, source: "crl", isRevoked: true},
		"names nothing":                     {code: "ocsp.no-responder"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.down.Store(test.down)
			w.revoked.Store(test.revoked)
			leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Leaf"}, KeyUsage: x509.KeyUsageDigitalSignature}
			if test.responder {
				leaf.OCSPServer = []string{w.url + "/ocsp"}
			}
			if test.list {
				leaf.CRLDistributionPoints = []string{w.url + "/list"}
			}
			cert := w.issue(t, leaf)
			store, err := certs.NewStore(certs.Test, w.root)
			if err != nil {
				t.Fatal(err)
			}
			s := &online.Source{OCSP: new(ocsp.Client), Lists: &crl.Client{Store: store}}
			now := time.Now()
			status, err := s.Status(context.Background(), certs.RevocationQuery{
				Certificate: cert, Issuer: w.root, Anchor: w.root, Purpose: certs.Authentication, At: now, Now: now,
			})
			if got := fault.CodeOf(err); got != test.code {
				t.Fatalf("code %q (%v), want %q", got, err, test.code)
			}
			if err == nil && (status.Source != test.source || status.Revoked != test.isRevoked) {
				t.Errorf("status %+v", status)
			}
			if test.responder && w.askedList.Load() > 0 {
				t.Error("the list was asked although a responder is named")
			}
			if !test.responder && w.asked.Load() > 0 {
				t.Error("the responder was asked although none is named")
			}
		})
	}
}
