package xroad_test

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
	"eidgate/xroad"
)

// organisation is a member with its keys.
type organisation struct {
	id   xroad.ClientID
	keys *pki.Exchange
	tls  tls.Certificate
}

// world is an instance of three members on a demonstration PKI, two gateways
// and a service. A test changes its template before start.
type world struct {
	t   testing.TB
	pki *pkitest.World
	dir string

	register, company, other *organisation
	service                  *httptest.Server
	handler                  http.HandlerFunc // what the service does
	listener                 net.Listener     // of the provider's gateway

	instance           *xroad.Instance
	providerDB         *store.Store
	consumerDB         *store.Store
	provider, consumer *xroad.Gateway
	providerLog        *recorded
	consumerLog        *recorded
	url                string // of the consumer's gateway

	now          func() time.Time                // the clock of everybody
	ahead        atomic.Int64                    // of the real time, nanoseconds
	wire         func(http.Handler) http.Handler // between the gateways
	options      func(*xroad.Options)            // of both
	database     func(side xroad.Side, d db.Database) db.Database
	maxBody      int64
	instanceText string
}

// recorded keeps accesses and can refuse them.
type recorded struct {
	mu       sync.Mutex
	accesses []xroad.Access
	refuse   func(xroad.Access) error
}

func (r *recorded) record(_ context.Context, _ db.Querier, a xroad.Access) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse != nil {
		if err := r.refuse(a); err != nil {
			return err
		}
	}
	r.accesses = append(r.accesses, a)
	return nil
}

// stages are the stages recorded so far.
func (r *recorded) stages() (out []xroad.Stage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.accesses {
		out = append(out, a.Stage)
	}
	return out
}

func (r *recorded) last(t testing.TB) xroad.Access {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.accesses) == 0 {
		t.Fatal("nothing was recorded")
	}
	return r.accesses[len(r.accesses)-1]
}

const instanceTemplate = `instance: DEMO
members:
  - id: DEMO/GOV/70000001
    name: Population Register
    gateway: https://GATEWAY
    signing: [register-sign.pem]
    tls: [register-tls.pem]
    subsystems:
      - code: population
        name: Population
        services:
          - code: persons
            url: SERVICE/v1
            timeout: 2s
            purpose: identity check
            legal_basis: Population Register Act
            fields: [name, address]
            subject: {in: "path:2", prefix: PNOEE-}
            access:
              - clients: [DEMO/COM/12345678/app, DEMO/COM/12345678/sub%2Fsystem]
                endpoints:
                  - {method: GET, path: /persons/*}
                  - {method: HEAD, path: /persons/*}
                  - {method: POST, path: /persons}
                  - {method: DELETE, path: /persons/*}
                  - {method: GET, path: /any/**}
              - clients: [DEMO/COM/12345678/tls]
          - code: whole
            url: SERVICE
            access:
              - clients: [DEMO/COM/12345678/app, DEMO/COM/12345678/sub%2Fsystem, DEMO/COM/12345678/https, DEMO/COM/12345678/tls]
          - code: usage
            handler: usage
            require: [X-Road-UserId]
            access:
              - clients: [DEMO/COM/12345678/app]
          - code: soap
            type: SOAP
          - code: closed
            url: SERVICE
            disabled: moved to another address
            access:
              - clients: [DEMO/COM/12345678/app]
          - code: nowhere
            access:
              - clients: [DEMO/COM/12345678/app]
          - code: down
            url: http://127.0.0.1:1
            access:
              - clients: [DEMO/COM/12345678/app]
      - code: s/ub
        services:
          - code: öäå
            url: SERVICE
            access:
              - clients: [DEMO/COM/12345678/sub%2Fsystem]
  - id: DEMO/COM/12345678
    name: Company
    signing: [company-sign.pem]
    tls: [company-tls.pem]
    subsystems:
      - {code: app, name: Application, authentication: NOSSL}
      - {code: sub/system, authentication: NOSSL}
      - {code: https, authentication: SSLNOAUTH}
      - {code: tls, certificates: [company-tls.pem]}
      - {code: bare, authentication: SSLAUTH}
  - id: DEMO/NGO/90000009
    name: Other
    server_code: otherserver
    signing: [other-sign.pem]
    tls: [other-tls.pem]
    subsystems:
      - {code: app, authentication: NOSSL}
`

const (
	client  = "DEMO/COM/12345678/app"
	persons = "/r1/DEMO/GOV/70000001/population/persons"
	whole   = "/r1/DEMO/GOV/70000001/population/whole"
)

// newWorld makes keys and files; nothing runs before start.
func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), providerLog: &recorded{}, consumerLog: &recorded{}}
	w.now = func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }
	w.pki = pkitest.Start(t, w.now)
	w.register = w.organisation("register", xroad.ClientID{Instance: "DEMO", Class: "GOV", Code: "70000001"})
	w.company = w.organisation("company", xroad.ClientID{Instance: "DEMO", Class: "COM", Code: "12345678"})
	w.other = w.organisation("other", xroad.ClientID{Instance: "DEMO", Class: "NGO", Code: "90000009"})
	w.handler = func(rw http.ResponseWriter, r *http.Request) { _, _ = io.Copy(rw, r.Body) }
	w.service = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.handler(rw, r) }))
	t.Cleanup(w.service.Close)
	var err error
	if w.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	w.instanceText = strings.NewReplacer("GATEWAY", w.listener.Addr().String(), "SERVICE", w.service.URL).Replace(instanceTemplate)
	return w
}

func (w *world) organisation(name string, id xroad.ClientID) *organisation {
	w.t.Helper()
	x, err := w.pki.IssueExchange(pki.Organisation{Name: name, Code: id.Code, Hosts: []string{"127.0.0.1"}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(name+"-sign.pem", x.SigningCertificate, w.pki.IssuingCA())
	w.write(name+"-tls.pem", x.TLSCertificate, w.pki.IssuingCA())
	return &organisation{id, x, tls.Certificate{
		Certificate: [][]byte{x.TLSCertificate.Raw, w.pki.IssuingCA().Raw}, PrivateKey: x.TLS, Leaf: x.TLSCertificate,
	}}
}

func (w *world) write(name string, chain ...*x509.Certificate) {
	w.t.Helper()
	var text []byte
	for _, c := range chain {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	if err := os.WriteFile(filepath.Join(w.dir, name), text, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// start runs both gateways on databases of their own.
func (w *world) start(consumerDB, providerDB *store.Store) *world {
	w.t.Helper()
	w.consumerDB, w.providerDB = migrated(w.t, consumerDB), migrated(w.t, providerDB)
	w.loadInstance()
	w.provider = w.gateway(xroad.Provider, w.providerDB, w.providerLog, w.register)
	w.consumer = w.gateway(xroad.Consumer, w.consumerDB, w.consumerLog, w.company)
	handler := w.provider.Provider()
	if w.wire != nil {
		handler = w.wire(handler)
	}
	serve(w.t, tls.NewListener(w.listener, w.provider.ServerTLS()), handler)
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	serve(w.t, plain, w.consumer.Consumer())
	w.url = "http://" + plain.Addr().String()
	return w
}

func (w *world) loadInstance() {
	w.t.Helper()
	path := filepath.Join(w.dir, "instance.yaml")
	if err := os.WriteFile(path, []byte(w.instanceText), 0o600); err != nil {
		w.t.Fatal(err)
	}
	var err error
	if w.instance, err = xroad.LoadInstance(path); err != nil {
		w.t.Fatal(err)
	}
}

func migrated(t testing.TB, s *store.Store) *store.Store {
	t.Helper()
	if err := s.Migrate(context.Background(), map[string]fs.FS{"xroad": xroad.Migrations}); err != nil {
		t.Fatal(err)
	}
	return s
}

func serve(t testing.TB, l net.Listener, h http.Handler) {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close(); <-done })
}

func (w *world) gateway(side xroad.Side, s *store.Store, r *recorded, members ...*organisation) *xroad.Gateway {
	w.t.Helper()
	o := w.basic(s, r, members...)
	if w.database != nil {
		o.Database = w.database(side, s)
	}
	if w.options != nil {
		w.options(&o)
	}
	g, err := xroad.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(g.Close)
	return g
}

// provided are the options of the provider's gateway.
func (w *world) provided() xroad.Options { return w.basic(w.providerDB, w.providerLog, w.register) }

func (w *world) basic(s *store.Store, r *recorded, members ...*organisation) xroad.Options {
	keys := map[xroad.ClientID]crypto.Signer{}
	for _, m := range members {
		keys[m.id] = m.keys.Signing
	}
	return xroad.Options{
		Instance: w.instance, Keys: keys, TLS: &members[0].tls, Database: s, Record: r.record,
		Verifier: w.verifier(), MaxBody: w.maxBody, TempDir: w.dir, Now: w.now,
		Handlers: map[string]http.Handler{"usage": http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(rw, "%s %s for %s", r.Method, r.RequestURI, r.Header.Get("X-Road-Client"))
		})},
	}
}

func (w *world) verifier() *certs.Verifier {
	return &certs.Verifier{Store: w.pki.Store(w.t), Revocation: &ocsp.Client{Cache: &ocsp.Cache{}, Now: w.now}, Now: w.now}
}

// sqlite starts the world on SQLite.
func (w *world) sqlite() *world {
	w.t.Helper()
	return w.start(storetest.Open(w.t, storetest.SQLite(w.t)), storetest.Open(w.t, storetest.SQLite(w.t)))
}
