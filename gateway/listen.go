package gateway

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"time"

	"golang.org/x/time/rate"
)

// listen opens the public listener and the one for metrics, and from the first
// derives the origin when none is set.
func (s *Server) listen(ctx context.Context) (err error) {
	if s.listener, err = listenOn(ctx, "listen", s.config.Listen); err != nil {
		return err
	}
	if s.config.Metrics.Listen != "" {
		if s.metricsPort, err = listenOn(ctx, "metrics.listen", s.config.Metrics.Listen); err != nil {
			return err
		}
	}
	if s.origin = s.config.Origin; s.origin == "" {
		s.origin = originOf(s.config.Listen, s.listener.Addr())
	}
	s.seen = newMeasures(s.metrics)
	s.ready = newReadiness(s.now)
	s.reportLog = rate.NewLimiter(rate.Every(time.Second), 10)
	s.background.log = s.log
	return nil
}

func listenOn(ctx context.Context, key, address string) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrConfig, key, err)
	}
	return l, nil
}

// originOf is what browsers call a service that listens there.
func originOf(configured string, actual net.Addr) string {
	host, _, _ := net.SplitHostPort(configured)
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	_, port, _ := net.SplitHostPort(actual.String())
	if port == "443" {
		if ip, err := netip.ParseAddr(host); err == nil && ip.Is6() {
			host = "[" + host + "]"
		}
		return "https://" + host
	}
	return "https://" + net.JoinHostPort(host, port)
}

// database is the address of the database.
func (c *Config) database() string {
	if c.Database != "" {
		return c.Database
	}
	return "sqlite:" + filepath.Join(c.Data, "eidgate.db")
}

// pkiFolder is where a sandbox's demonstration PKI is.
func (c *Config) pkiFolder() string {
	if c.Sandbox.PKI != "" {
		return c.Sandbox.PKI
	}
	return filepath.Join(c.Data, "pki")
}
