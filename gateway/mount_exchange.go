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
	if c.Listen == "" {
		return nil
	}
	if gateway.ServerTLS() == nil {
		return refuse("exchange.listen", "other gateways need exchange.certificate")
	}
	port, err := listenOn(ctx, "exchange.listen", c.Listen)
	if err != nil {
		return err
	}
	s.exchangePort = tls.NewListener(port, gateway.ServerTLS())
	return nil
}

// Exchange is the data exchange, nil when there is none.
func (s *Server) Exchange() *xroad.Gateway { return s.xroad }
