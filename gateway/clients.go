package gateway

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"eidgate/gateway/throttle"
)

// limitClients puts the counting of clients before the handlers.
func (s *Server) limitClients(r gin.IRouter) error {
	c := s.config.Clients
	if c.Unlimited {
		return nil
	}
	proxies, err := c.proxies()
	if err != nil {
		return err
	}
	rates := make(map[throttle.Class]throttle.Rates)
	for class, of := range c.byClass() {
		rates[class] = throttle.Rates{Address: throttle.Rate(of.Address), Holder: throttle.Rate(of.Holder)}
	}
	clients, err := throttle.New(throttle.Options{
		Rates: rates, Remembered: c.Remembered, AtOnce: c.AtOnce, Proxies: proxies, Now: s.now, Metrics: s.metrics,
	})
	if err != nil {
		return err
	}
	r.Use(clients.Handler(classOf))
	return nil
}

// classOf tells how a request is counted. What load balancers, monitors and
// browsers send by themselves is free; reading a signature or its document is
// not a step of signing.
func classOf(method, route string) throttle.Class {
	under := func(prefix string) bool { return strings.HasPrefix(route, prefix) }
	reads := method == http.MethodGet || method == http.MethodHead || method == http.MethodDelete
	switch {
	case route == "/healthz", route == "/readyz", route == reportPath:
		return throttle.Free
	case route == "/auth/challenge", route == "/auth/login", route == "/auth/persona":
		return throttle.Login
	case under("/v1/signatures") && !reads:
		return throttle.Sign
	case route == "/v1/validations", route == "/validate" && !reads:
		return throttle.Validate
	case under("/v1/verification_sessions"), under("/v1/attestations"):
		return throttle.Verify
	case under("/verify/"):
		return throttle.Consent
	}
	return throttle.Other
}
