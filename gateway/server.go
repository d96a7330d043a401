package gateway

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"eidgate/card/webeid"
	"eidgate/certs/pki"
	"eidgate/gateway/audit"
	"eidgate/gateway/ledger"
	"eidgate/gateway/problem"
	"eidgate/gateway/session"
	"eidgate/gateway/store"
	"eidgate/gateway/trust"
	"eidgate/kyc"
	"eidgate/xroad"
)

// Options of a Server. The zero value works.
type Options struct {
	// Now and Random default to the system's.
	Now    func() time.Time
	Random io.Reader
	// Log hears what happens; nil is silent.
	Log *slog.Logger
}

// Server is a gateway: its listeners are open, its tables are there. Serve it
// once, then Close it.
type Server struct {
	config   Config
	log      *slog.Logger
	now      func() time.Time
	random   io.Reader
	origin   string
	store    *store.Store
	trust    *trust.Trust
	sessions *session.Manager
	metrics  *prometheus.Registry
	seen     *measures

	pepper       [32]byte // of pseudonyms
	ledger       *ledger.Log
	ledgerPublic string // the key by which proofs are verified
	events       *audit.Events
	roles        audit.Roles
	kyc          *kyc.Service   // nil when there is no key for attestations
	xroad        *xroad.Gateway // nil when there is no exchange

	pages      problem.Pages // nil until a room gives one
	exchange   http.Handler  // of /r1/; nil until a room gives one
	ready      *readiness
	background background
	folder     *trust.Folder // of a production gateway
	ended      chan error    // asks Serve to end
	reportLog  *rate.Limiter

	listener     net.Listener
	metricsPort  net.Listener // nil when there is none
	certificate  *certificate
	pki          *pki.PKI     // nil in production
	pkiPort      net.Listener // nil when another process serves it
	exchangePort net.Listener // nil when no other gateway may call
	systems      http.Handler // of systemsPort
	systemsPort  net.Listener // nil when systems call the service's own address
	handler      http.Handler
	routes       gin.RoutesInfo
}

// New opens the database, brings its tables up to date, makes or opens what a
// sandbox needs, and opens the listeners. What fails leaves nothing open.
func New(ctx context.Context, c Config, o Options) (s *Server, err error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	s = &Server{config: c, log: o.Log, now: o.Now, random: o.Random, metrics: prometheus.NewRegistry(), ended: make(chan error, 1)}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.random == nil {
		s.random = rand.Reader
	}
	defer func() { //nolint:contextcheck // closing goes on when the caller has left
		if err != nil {
			err = errors.Join(err, s.Close())
			s = nil
		}
	}()
	for _, step := range []func(context.Context) error{s.listen, s.openTrust, s.openTLS, s.openStore, s.openLedger, s.openSessions, s.openKYC, s.openExchange, s.mount} {
		if err := step(ctx); err != nil {
			return s, err
		}
	}
	return s, nil
}

// URL is the service's origin, as browsers spell it.
func (s *Server) URL() string { return s.origin }

// Addr is where the service listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// MetricsURL is where Prometheus finds the metrics, or empty.
func (s *Server) MetricsURL() string {
	if s.metricsPort == nil {
		return ""
	}
	return "http://" + s.metricsPort.Addr().String() + "/metrics"
}

// PKIFolder is the folder of a sandbox's demonstration PKI, or empty.
func (s *Server) PKIFolder() string {
	if s.config.Mode != Sandbox {
		return ""
	}
	return s.config.pkiFolder()
}

func (s *Server) openStore(ctx context.Context) error {
	var err error
	s.store, err = store.Open(ctx, s.config.database(), store.Options{MaxConns: s.config.DatabaseConns, Log: s.log})
	if err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	if err := s.store.Migrate(ctx, migrations()); err != nil {
		return fmt.Errorf("preparing the database: %w", err)
	}
	return nil
}

func (s *Server) openSessions(context.Context) error {
	var err error
	s.sessions, err = session.New(session.Config{
		Database: s.store, Now: s.now, Random: s.random, Log: s.log, Personas: s.config.Mode == Sandbox,
		Validator: &webeid.Validator{Origin: s.origin, Verifier: s.trust.Verifier, Intermediates: s.trust.Intermediates},
		Idle:      s.config.Session.Idle, Absolute: s.config.Session.Absolute, Nonce: s.config.Session.Nonce,
		Recorder: s.seen.recorder(s.recordLogin),
	})
	if err != nil {
		return fmt.Errorf("preparing logins: %w", err)
	}
	s.background.Every("purging sessions", time.Minute, s.sessions.Purge)
	return nil
}

// mount builds the handler: the rooms on gin, and what goes around it.
func (s *Server) mount(context.Context) error {
	engine, err := s.newEngine()
	if err != nil {
		return fmt.Errorf("preparing the service: %w", err)
	}
	for _, mount := range []func(gin.IRouter) error{s.mountHealth, s.mountWeb, s.mountSigning, s.mountLedger, s.mountPolicies} {
		if err := mount(engine); err != nil {
			return fmt.Errorf("preparing the service: %w", err)
		}
	}
	s.sessions.Mount(engine)
	s.handler, s.routes = s.around(engine), engine.Routes()
	return nil
}

// tlsConfig is the public listener's.
func (s *Server) tlsConfig() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS13, GetCertificate: s.certificate.get, NextProtos: []string{"h2", "http/1.1"}}
	if s.config.TLS.Minimum == "1.2" {
		c.MinVersion = tls.VersionTLS12
	}
	return c
}
