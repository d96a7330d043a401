package client_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
	"eidgate/internal/fault"
	"eidgate/kyc/client"
	"eidgate/kyc/sdjwt"
	"eidgate/kyc/statuslist"
)

const (
	issuerURL = "https://kyc.example"
	listURL   = issuerURL + "/statuslists/1"
	vct       = issuerURL + "/vct/eid-kyc/v1"
)

// world is an issuer whose web server may misbehave.
type world struct {
	pki     *pkitest.World
	key     *ecdsa.PrivateKey
	chain   []*x509.Certificate
	list    *statuslist.List
	answer  func(w http.ResponseWriter, r *http.Request)
	fetched int
	now     time.Time
	http    *http.Client
	ends    time.Duration // of lists; zero is an hour
	ttl     time.Duration // zero is a minute
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{pki: pkitest.Start(t, nil), now: time.Now()}
	var err error
	var certificate *x509.Certificate
	w.key, certificate, err = w.pki.IssueAttestation(pki.Organisation{Name: "KYC", Code: "12345678", Hosts: []string{"kyc.example"}})
	if err != nil {
		t.Fatal(err)
	}
	w.chain = []*x509.Certificate{certificate, w.pki.IssuingCA()}
	if w.list, err = statuslist.New(1, 1<<17); err != nil {
		t.Fatal(err)
	}
	w.answer = func(rw http.ResponseWriter, _ *http.Request) { w.serve(t, rw) }
	server := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.fetched++
		w.answer(rw, r)
	}))
	t.Cleanup(server.Close)
	w.http = &http.Client{
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "example.com", MinVersion: tls.VersionTLS13},
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
			},
		},
	}
	w.http.Transport.(*http.Transport).TLSClientConfig.RootCAs.AddCert(server.Certificate())
	return w
}

func (w *world) serve(t *testing.T, rw http.ResponseWriter) {
	issuer, err := statuslist.NewIssuer("k", w.key, w.chain, rand.Reader)
	if err != nil {
		t.Error(err)
		return
	}
	ends, ttl := w.ends, w.ttl
	if ends == 0 {
		ends, ttl = time.Hour, time.Minute
	}
	token, err := issuer.Issue(listURL, w.list, w.now, w.now.Add(ends), ttl)
	if err != nil {
		t.Error(err)
		return
	}
	rw.Header().Set("Content-Type", statuslist.MediaType)
	_, _ = rw.Write([]byte(token))
}

func (w *world) verified(t *testing.T, status *sdjwt.Status) (*client.Verifier, *sdjwt.Verified) {
	t.Helper()
	issuer, err := sdjwt.NewIssuer(issuerURL, "k", w.key, w.chain, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text, err := issuer.Issue(sdjwt.Credential{
		Type: vct, IssuedAt: w.now, NotBefore: w.now, Expires: w.now.Add(24 * time.Hour), Status: status,
		Claims: []sdjwt.Claim{{Name: "given_name", Value: "민지"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	v, err := client.NewVerifier(client.VerifierOptions{
		Anchors: []*x509.Certificate{w.pki.Root()}, Types: []string{vct}, HTTP: w.http, Now: func() time.Time { return w.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	verified, err := v.Verify(t.Context(), text, sdjwt.Expect{})
	if err != nil {
		t.Fatal(err)
	}
	return v, verified
}

func TestRevocationIsSeen(t *testing.T) {
	w := newWorld(t)
	v, verified := w.verified(t, &sdjwt.Status{Index: 77, URI: listURL})
	for range 3 {
		if err := v.Check(t.Context(), verified); err != nil {
			t.Fatal(err)
		}
	}
	if w.fetched != 1 {
		t.Errorf("the list was fetched %d times within its time to live", w.fetched)
	}
	if err := w.list.Set(77, statuslist.Invalid); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(61 * time.Second)
	if err := v.Check(t.Context(), verified); !errors.Is(err, client.ErrRevoked) {
		t.Error(err)
	}
	if _, unlisted := w.verified(t, nil); v.Check(t.Context(), unlisted) != nil {
		t.Error("an attestation without a status")
	}
}

// A status that cannot be learned is never "valid".
func TestStatusThatCannotBeLearned(t *testing.T) {
	for name, c := range map[string]struct {
		status sdjwt.Status
		answer func(w *world, rw http.ResponseWriter, r *http.Request)
		want   string
	}{
		"a list elsewhere":       {sdjwt.Status{URI: "https://evil.example/1"}, nil, "statuslist.issuer"},
		"a list on this host":    {sdjwt.Status{URI: "http://kyc.example/statuslists/1"}, nil, "statuslist.issuer"},
		"a file":                 {sdjwt.Status{URI: "file:///etc/passwd"}, nil, "statuslist.issuer"},
		"a user in the address":  {sdjwt.Status{URI: "https://kyc.example@evil.example/1"}, nil, "statuslist.issuer"},
		"a name and a password":  {sdjwt.Status{URI: "https://a:b@kyc.example/statuslists/1"}, nil, "statuslist.issuer"},
		"another port":           {sdjwt.Status{URI: "https://kyc.example:8443/statuslists/1"}, nil, "statuslist.issuer"},
		"no address":             {sdjwt.Status{URI: "https://kyc.example/%zz"}, nil, "attestation.status-unavailable"},
		"a place beyond it":      {sdjwt.Status{URI: listURL, Index: 1 << 20}, nil, "statuslist.out-of-range"},
		"another list's address": {sdjwt.Status{URI: issuerURL + "/statuslists/2"}, nil, "statuslist.subject"},
		"an error": {sdjwt.Status{URI: listURL}, func(_ *world, rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(http.StatusServiceUnavailable)
		}, "attestation.status-unavailable"},
		"a redirection": {sdjwt.Status{URI: listURL}, func(w *world, rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/elsewhere" {
				w.serve(t, rw) // where a good list is
				return
			}
			http.Redirect(rw, r, "/elsewhere", http.StatusFound)
		}, "attestation.status-unavailable"},
		"a redirection out of TLS": {sdjwt.Status{URI: listURL}, func(_ *world, rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "http://kyc.example/statuslists/1", http.StatusPermanentRedirect)
		}, "attestation.status-unavailable"},
		"an answer without end": {sdjwt.Status{URI: listURL}, func(_ *world, rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Type", statuslist.MediaType)
			for more := make([]byte, 1<<20); r.Context().Err() == nil; {
				if _, err := rw.Write(more); err != nil {
					return
				}
			}
		}, "attestation.status-unavailable"},
		"a part of an answer": {sdjwt.Status{URI: listURL}, func(w *world, rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", statuslist.MediaType)
			rw.WriteHeader(http.StatusPartialContent)
		}, "attestation.status-unavailable"},
		"another media type": {sdjwt.Status{URI: listURL}, func(_ *world, rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "text/html")
		}, "attestation.status-unavailable"},
		"garbage": {sdjwt.Status{URI: listURL}, func(_ *world, rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", statuslist.MediaType)
			_, _ = rw.Write([]byte(strings.Repeat("x", 100)))
		}, "jws.malformed"},
		"a connection that ends": {sdjwt.Status{URI: listURL}, func(*world, http.ResponseWriter, *http.Request) {
			panic(http.ErrAbortHandler)
		}, "attestation.status-unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if c.answer != nil {
				w.answer = func(rw http.ResponseWriter, r *http.Request) { c.answer(w, rw, r) }
			}
			v, verified := w.verified(t, &c.status)
			if err := v.Check(t.Context(), verified); fault.CodeOf(err) != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// Attestations of a sandbox never verify in production, not even under its own
// anchor.
func TestDomainsDoNotMix(t *testing.T) {
	w := newWorld(t)
	issuer, err := sdjwt.NewIssuer(issuerURL, "k", w.key, w.chain, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text, err := issuer.Issue(sdjwt.Credential{Type: vct, IssuedAt: w.now, NotBefore: w.now, Expires: w.now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	v, err := client.NewVerifier(client.VerifierOptions{Anchors: []*x509.Certificate{w.pki.Root()}, Production: true, Types: []string{vct}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), text, sdjwt.Expect{}); fault.CodeOf(err) != "policy.example-arc" {
		t.Error(err)
	}
}

func TestProblemsOfTheService(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer sk_test_x" {
			t.Error("no key")
		}
		w.WriteHeader(http.StatusConflict)
		if strings.HasSuffix(r.URL.Path, "/result") {
			_, _ = w.Write([]byte(`{"status":409,"code":"kyc.state","detail":"the session is in another state"}`))
		}
	}))
	defer server.Close()
	c := client.Client{Origin: server.URL, Key: "sk_test_x"}
	_, err := c.Result(t.Context(), "vs_1")
	var problem *client.Problem
	if !errors.As(err, &problem) || problem.Stable != "kyc.state" || problem.Status != http.StatusConflict {
		t.Error(err)
	}
	if _, err := c.Session(t.Context(), "vs_1"); fault.CodeOf(err) != "service.http-status" {
		t.Error(err)
	}
}
