package api_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
	"eidgate/gateway/api"
	"eidgate/gateway/signing"
	"eidgate/gateway/store"
	"eidgate/internal/db"
	"eidgate/kyc"
	"eidgate/kyc/client"
	"eidgate/sign"
)

const issuer = "https://kyc.example"

// kycWorld is a world whose service verifies persons for two companies.
type kycWorld struct {
	*world
	service     *kyc.Service
	company     kyc.Client
	key, other  string // API keys of two companies
	mu          sync.Mutex
	now         time.Time
	events      []kyc.Access
	recordFails error
}

func newKYCWorld(t *testing.T, s *store.Store) *kycWorld {
	t.Helper()
	if err := s.Migrate(t.Context(), map[string]fs.FS{"signing": signing.Migrations, "kyc": kyc.Migrations}); err != nil {
		t.Fatal(err)
	}
	w := &kycWorld{world: &world{t: t, pki: pkitest.Start(t, nil)}, now: time.Now()}
	key, certificate, err := w.pki.IssueAttestation(pki.Organisation{Name: "KYC", Code: "12345678", Hosts: []string{"kyc.example"}})
	if err != nil {
		t.Fatal(err)
	}
	w.service, err = kyc.New(kyc.Options{
		Database: s, Record: w.record, Verifier: w.pki.Verifier(t), Intermediates: w.pki.Intermediates(), Origin: issuer,
		Key: key, Chain: []*x509.Certificate{certificate, w.pki.IssuingCA()}, Pepper: [32]byte{1}, PersonKeys: [][]byte{make([]byte, kyc.PersonKeySize)},
		Now: w.clock, Random: rand.Reader,
	})
	if err != nil {
		t.Fatal(err)
	}
	if w.company, w.key, err = w.service.NewKey(t.Context(), "Näidis OÜ", []string{"https://startup.example"}); err != nil {
		t.Fatal(err)
	}
	if _, w.other, err = w.service.NewKey(t.Context(), "Another", nil); err != nil {
		t.Fatal(err)
	}
	w.api = w.interfaces(t, s, w.service)
	w.serve(t)
	return w
}

func (w *kycWorld) interfaces(t *testing.T, s *store.Store, service *kyc.Service) *api.API {
	t.Helper()
	signatures, err := signing.New(signing.Options{
		Database: s, Verifier: w.pki.Verifier(t), Intermediates: w.pki.Intermediates(), Timestamper: w.pki.Timestamps(),
		Record: func(context.Context, db.Querier, signing.Access) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	a, err := api.New(api.Options{
		Signing: signatures, Validator: signing.NewValidator(sign.Trust{Store: w.pki.Store(t)}, 4<<20, t.TempDir(), 2),
		KYC: service, Now: w.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (w *kycWorld) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *kycWorld) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *kycWorld) record(_ context.Context, _ db.Querier, a kyc.Access) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.recordFails != nil {
		return w.recordFails
	}
	w.events = append(w.events, a)
	return nil
}

// recorded are the actions that were recorded.
func (w *kycWorld) recorded() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var actions []string
	for _, e := range w.events {
		actions = append(actions, string(e.Action))
	}
	return strings.Join(actions, " ")
}

// startup calls the interface as the first company.
func (w *kycWorld) startup() *client.Client {
	return &client.Client{Origin: w.server.URL, Key: w.key, HTTP: w.program}
}

// consent decides a session with the demonstration card.
func (w *kycWorld) consent(url string, granted ...string) {
	w.t.Helper()
	link, ok := strings.CutPrefix(url, issuer+"/verify/")
	if !ok {
		w.t.Fatalf("the page is at %s", url)
	}
	certificate := pkitest.Certificate(w.t, w.pki.Card.Authentication)
	person, err := certs.PersonOf(certificate)
	if err != nil {
		w.t.Fatal(err)
	}
	login := kyc.Login{Person: person, Certificate: certificate, Method: "card"}
	if _, err := w.service.Decide(w.t.Context(), link, "browser", login, granted); err != nil {
		w.t.Fatal(err)
	}
}

// verifier is the company's own, that reaches the service under its name.
func (w *kycWorld) verifier() *client.Verifier {
	w.t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(w.server.Certificate())
	v, err := client.NewVerifier(client.VerifierOptions{
		Anchors: []*x509.Certificate{w.pki.Root()}, Types: []string{issuer + "/vct/eid-kyc/v1"}, Now: w.clock,
		HTTP: &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12},
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, w.server.Listener.Addr().String())
			},
		}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// as sends JSON with an API key.
func (w *kycWorld) as(key, method, path, body string, header ...string) *reply {
	w.t.Helper()
	if key != "" {
		header = append(header, "Authorization", "Bearer "+key)
	}
	if body == "" {
		return w.call(w.program, method, path, "", nil, header...)
	}
	return w.call(w.program, method, path, "application/json", strings.NewReader(body), header...)
}
