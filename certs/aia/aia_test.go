package aia_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"eidgate/certs/aia"
	"eidgate/internal/fault"
)

// ca is a throw-away authority whose certificate is served under /NAME.
type ca struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func issue(t *testing.T, name string, parent *ca, pointers ...string) *ca {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		IssuingCertificateURL: pointers,
	}
	signer := &ca{cert: template, key: key}
	if parent != nil {
		signer = parent
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer.cert, key.Public(), signer.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &ca{cert, key}
}

func TestChain(t *testing.T) {
	files := map[string][]byte{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b, ok := files[r.URL.Path]; ok {
			_, _ = w.Write(b)
			return
		}
		if r.URL.Path == "/redirect" {
			http.Redirect(w, r, "http://127.0.0.2:1/root", http.StatusFound)
			return
		}
		http.NotFound(w, r)
	}))
	defer server.Close()

	root := issue(t, "root", nil)
	issuing := issue(t, "issuing", root)
	other := issue(t, "other", nil)
	files["/issuing"] = issuing.cert.Raw
	files["/pem"] = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issuing.cert.Raw})
	files["/other"] = other.cert.Raw
	files["/html"] = []byte("<html>login please</html>")
	files["/endless"] = make([]byte, aia.MaxCertificate+1)

	knowsRoot := func(c *x509.Certificate) bool { return c.CheckSignatureFrom(root.cert) == nil }
	for _, tt := range []struct{ name, pointers, code string }{
		{"DER", "/issuing", ""},
		{"PEM", "/pem", ""},
		{"second pointer", "/gone /issuing", ""},
		{"none", "", "aia.no-pointer"},
		{"not found", "/gone", "aia.unreachable"},
		{"another issuer", "/other", "aia.not-the-issuer"},
		{"a web page", "/html", "aia.not-a-certificate"},
		{"too large", "/endless", "aia.not-a-certificate"},
		{"redirect to another host", "/redirect", "aia.unreachable"},
		{"file scheme", "file:///etc/passwd", "aia.unreachable"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var pointers []string
			for _, p := range strings.Fields(tt.pointers) {
				if strings.HasPrefix(p, "/") {
					p = server.URL + p
				}
				pointers = append(pointers, p)
			}
			leaf := issue(t, "leaf", issuing, pointers...)
			chain, err := new(aia.Client).Chain(context.Background(), leaf.cert, nil, knowsRoot)
			if got := fault.CodeOf(err); got != tt.code {
				t.Fatalf("code %q (%v), want %q", got, err, tt.code)
			}
			if tt.code == "" && (len(chain) != 1 || !chain[0].Equal(issuing.cert)) {
				t.Errorf("chain of %d certificates, want the issuing CA", len(chain))
			}
		})
	}
}

func TestChainUsesWhatIsAtHand(t *testing.T) {
	root := issue(t, "root", nil)
	issuing := issue(t, "issuing", root)
	leaf := issue(t, "leaf", issuing)
	chain, err := new(aia.Client).Chain(context.Background(), leaf.cert, []*x509.Certificate{root.cert, issuing.cert},
		func(c *x509.Certificate) bool { return c.CheckSignatureFrom(root.cert) == nil })
	if err != nil || len(chain) != 1 || !chain[0].Equal(issuing.cert) {
		t.Errorf("chain %v, error %v", chain, err)
	}
}

func TestChainEnds(t *testing.T) {
	var self *ca
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(self.cert.Raw) }))
	defer server.Close()
	self = issue(t, "round and round", nil, server.URL)
	_, err := new(aia.Client).Chain(context.Background(), self.cert, nil, func(*x509.Certificate) bool { return false })
	if got := fault.CodeOf(err); got != "aia.too-deep" {
		t.Errorf("code %q (%v)", got, err)
	}
}
