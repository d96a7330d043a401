package crl_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/crl"
)

// world is an authority, a leaf whose list is at a server of the test, and
// what the server does.
type world struct {
	root, leaf *x509.Certificate
	key        *ecdsa.PrivateKey
	now        time.Time
	asked      atomic.Int64
	serve      atomic.Pointer[http.HandlerFunc]
	client     *crl.Client
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.asked.Add(1)
		(*w.serve.Load())(rw, r)
	}))
	t.Cleanup(server.Close)
	w.key = key(t)
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Root of tests"},
		NotBefore: w.now.AddDate(-1, 0, 0), NotAfter: w.now.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	w.root = w.sign(t, authority, authority, w.key)
	leaf := *authority
	leaf.SerialNumber, leaf.Subject.CommonName, leaf.IsCA, leaf.KeyUsage = big.NewInt(2), "leaf", false, x509.KeyUsageDigitalSignature
	leaf.CRLDistributionPoints = []string{"ldap://example/", server.URL + "/list.crl"}
	w.leaf = w.sign(t, &leaf, w.root, key(t))
	store, err := certs.NewStore(certs.Test, w.root)
	must(t, err)
	w.client = &crl.Client{Store: store, Now: func() time.Time { return w.now }}
	w.answer(w.list(t, 5))
	return w
}

func key(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	return k
}

func (w *world) sign(t *testing.T, template, parent *x509.Certificate, own *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, own.Public(), w.key)
	must(t, err)
	c, err := x509.ParseCertificate(der)
	must(t, err)
	return c
}

// list makes a list of two hours from the world's time.
func (w *world) list(t *testing.T, number int64, revoked ...*x509.Certificate) []byte {
	t.Helper()
	l := &x509.RevocationList{Number: big.NewInt(number), ThisUpdate: w.now.Add(-time.Minute), NextUpdate: w.now.Add(2 * time.Hour)}
	for _, c := range revoked {
		l.RevokedCertificateEntries = append(l.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: c.SerialNumber, RevocationTime: w.now.Add(-time.Minute)})
	}
	der, err := x509.CreateRevocationList(rand.Reader, l, w.root, w.key)
	must(t, err)
	return der
}

func (w *world) handle(h http.HandlerFunc) { w.serve.Store(&h) }

func (w *world) answer(der []byte) {
	w.handle(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(der) })
}

func (w *world) verify(t *testing.T, want string) {
	t.Helper()
	v := &certs.Verifier{Store: w.client.Store, Revocation: w.client, Now: w.client.Now}
	_, err := v.Verify(t.Context(), certs.Request{Certificate: w.leaf, Purpose: certs.PathOnly})
	var r *certs.Refusal
	got := ""
	if errors.As(err, &r) {
		got = r.Code()
	}
	if got != want || (err != nil) != (want != "") {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestListIsFetchedAndKept(t *testing.T) {
	w := newWorld(t)
	w.verify(t, "")
	w.verify(t, "")
	if n := w.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	w.now = w.now.Add(61 * time.Minute)
	w.answer(w.list(t, 6, w.leaf))
	w.verify(t, "revocation.revoked")
	if n := w.asked.Load(); n != 2 {
		t.Errorf("asked %d times", n)
	}
}

func TestKeptListServesWhileItHolds(t *testing.T) {
	w := newWorld(t)
	w.verify(t, "")
	w.handle(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusServiceUnavailable) })
	w.now = w.now.Add(90 * time.Minute)
	w.verify(t, "")
	w.now = w.now.Add(time.Hour)
	w.verify(t, "crl.unreachable")
}

func TestFaults(t *testing.T) {
	stranger := newWorld(t)
	for _, c := range []struct {
		name  string
		serve func(t *testing.T, w *world) http.HandlerFunc
		code  string
	}{
		{"not found", func(*testing.T, *world) http.HandlerFunc { return http.NotFound }, "crl.unreachable"},
		{"a page", func(*testing.T, *world) http.HandlerFunc {
			return func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("<html>")) }
		}, "crl.malformed"},
		{"reset", func(*testing.T, *world) http.HandlerFunc {
			return func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
		}, "crl.unreachable"},
		{"another host", func(*testing.T, *world) http.HandlerFunc {
			return func(rw http.ResponseWriter, r *http.Request) {
				http.Redirect(rw, r, "http://127.0.0.2:1/list.crl", http.StatusFound)
			}
		}, "crl.unreachable"},
		{"slow", func(*testing.T, *world) http.HandlerFunc {
			return func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
		}, "crl.timeout"},
		{"too large", func(*testing.T, *world) http.HandlerFunc {
			return func(rw http.ResponseWriter, _ *http.Request) {
				for chunk := make([]byte, 1<<20); ; {
					if _, err := rw.Write(chunk); err != nil {
						return
					}
				}
			}
		}, "crl.too-large"},
		{"another authority's list", func(t *testing.T, _ *world) http.HandlerFunc {
			der := stranger.list(t, 999)
			return func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(der) }
		}, "crl.signature"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			if c.code == "crl.timeout" { // elsewhere a busy machine may take its time
				w.client.Timeout = time.Second
			}
			w.handle(c.serve(t, w))
			w.verify(t, c.code)
			w.answer(w.list(t, 5))
			w.client.Timeout = 0
			w.verify(t, "") // and it recovers at once
		})
	}
}

func TestRollbackIsRefused(t *testing.T) {
	w := newWorld(t)
	w.answer(w.list(t, 7, w.leaf))
	w.verify(t, "revocation.revoked")
	w.now = w.now.Add(3 * time.Hour)
	w.answer(w.list(t, 6))
	w.verify(t, "crl.rollback")
	w.answer(w.list(t, 8))
	w.verify(t, "")
}

func TestWhereListsComeFrom(t *testing.T) {
	w := newWorld(t)
	w.client.AllowHosts = []string{"crl.example"}
	w.verify(t, "crl.host")
	bare := *w.leaf
	bare.CRLDistributionPoints = []string{"ldap://example/", "file:///etc/passwd", "http://user@example/"}
	_, err := w.client.Status(t.Context(), certs.RevocationQuery{Certificate: &bare, Issuer: w.root, At: w.now, Now: w.now})
	var r *certs.Refusal
	if !errors.As(err, &r) || r.Code() != "crl.no-pointer" {
		t.Errorf("got %v", err)
	}
	if w.asked.Load() != 0 {
		t.Error("a server was asked")
	}
}
