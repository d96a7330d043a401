package gateway

import (
	"context"
	"crypto"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/gateway/limits"
	"eidgate/xroad"
)

// openExchange prepares the data exchange, where an instance is configured or
// the sandbox has its own.
func (s *Server) openExchange(ctx context.Context) error {
	c := s.config.Exchange
	if c.Instance == "" && s.config.Mode == Sandbox {
		if err := s.makeSandboxExchange(&c); err != nil {
			return fmt.Errorf("preparing the sandbox's exchange: %w", err)
		}
	}
	if c.Instance == "" {
		return nil
	}
	instance, err := xroad.LoadInstance(c.Instance)
	if err != nil {
		return fmt.Errorf("reading exchange.instance: %w", err)
	}
	keys := map[xroad.ClientID]crypto.Signer{}
	for member, file := range c.Members {
		id, err := xroad.ParseClientID(member)
		if err != nil || !id.IsMember() {
			return refuse("exchange.members", "%q is not a member's identifier", member)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("reading exchange.members: %w", err)
		}
		if keys[id], _, err = keyPair("exchange.members", text); err != nil {
			return err
		}
	}
	return s.startExchange(ctx, c, instance, keys)
}

func (s *Server) startExchange(ctx context.Context, c ExchangeConfig, instance *xroad.Instance, keys map[xroad.ClientID]crypto.Signer) error {
	options := xroad.Options{
		Instance: instance, Keys: keys, Database: s.store, MaxBody: c.MaxBody,
		Record: s.recordExchange(
			func(id xroad.ClientID) bool { return keys[id] != nil },
			func(id xroad.ClientID) string { name, _ := instance.Client(id); return name },
		),
		// Members' certificates are asked about once an hour at most, as X-Road does.
		Verifier:    &certs.Verifier{Store: s.trust.Store, Revocation: &ocsp.Client{Cache: &ocsp.Cache{}}, Now: s.now},
		Handlers:    map[string]http.Handler{"usage": s.events.UsageHandler()},
		Timestamper: s.trust.Timestamps, // exports are evidence that lasts
		Now:         s.now, Random: s.random, Log: s.log,
	}
	if s.config.Mode == Sandbox {
		options.Handlers["population"] = populationRegister()
	}
	if c.SnakeCase {
		options.Spelling = xroad.SnakeCase
	}
	if c.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
		if err != nil {
			return refuse("exchange.certificate", "%s", err)
		}
		options.TLS = &pair
	}
	gateway, err := xroad.New(options)
	if err != nil {
		return fmt.Errorf("preparing the exchange: %w", err)
	}
	s.xroad, s.exchange = gateway, gateway.Consumer()
	s.ready.Add("exchange", time.Minute, gateway.Check)
	if err := s.listenForSystems(ctx, c.Systems); err != nil || c.Listen == "" {
		return err
	}
	inward := gateway.ServerTLS() //nolint:contextcheck // it judges each connection in its own time
	if inward == nil {
		return refuse("exchange.listen", "other gateways need exchange.certificate")
	}
	port, err := listenOn(ctx, "exchange.listen", c.Listen)
	if err != nil {
		return err
	}
	s.exchangePort = tls.NewListener(port, inward)
	return nil
}

// listenForSystems opens the listener of the members' own systems. It asks for
// a client certificate, which browsers would show to people as a question, so
// it is not the one of the pages.
func (s *Server) listenForSystems(ctx context.Context, address string) error {
	if address == "" {
		if s.config.Mode == Production {
			s.exchange = nil // anybody could call as a member's system
		}
		return nil
	}
	port, err := listenOn(ctx, "exchange.systems", address)
	if err != nil {
		return err
	}
	c := s.tlsConfig()
	c.ClientAuth, c.NextProtos = tls.RequestClientCert, []string{"http/1.1"}
	s.systemsPort = tls.NewListener(port, c)
	s.systems, s.exchange = s.exchange, nil
	return nil
}

// forExchange guards a listener that serves the exchange and nothing else.
func (s *Server) forExchange(inner http.Handler) http.Handler {
	return s.observe(s.recovering(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		noteRoute(r.Context(), exchangePath)
		inner.ServeHTTP(limits.Guard(w, r, s.exchangeLimits()))
	})))
}

// envelope is what two gateways put around a body, at most.
const envelope = 1 << 20

// exchangeLimits let the exchange judge the size of bodies: its refusals are
// X-Road's.
func (s *Server) exchangeLimits() limits.Rules {
	rules := s.limitRules()
	rules.Body = max(s.config.Exchange.MaxBody, xroad.DefaultMaxBody) + envelope
	return rules
}

// Exchange is the data exchange, nil when there is none.
func (s *Server) Exchange() *xroad.Gateway { return s.xroad }
