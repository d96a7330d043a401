package gateway

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"eidgate/card/webeid"
)

// check refuses what cannot work or must not be, naming the key.
func (c *Config) check() error {
	for _, rule := range []func() error{c.checkMode, c.checkAddresses, c.checkTLS, c.checkTimes, c.checkSizes, c.Clients.check, c.checkLog} {
		if err := rule(); err != nil {
			return err
		}
	}
	return nil
}

func refuse(key, format string, args ...any) error {
	return fmt.Errorf("%w: %s: %s", ErrConfig, key, fmt.Sprintf(format, args...))
}

func (c *Config) checkMode() error {
	switch c.Mode {
	case Sandbox:
		return c.checkSandbox()
	case Production:
		return c.checkProduction()
	}
	return refuse("mode", `%q is neither "sandbox" nor "production"`, c.Mode)
}

func (c *Config) checkSandbox() error {
	switch {
	case c.Trust != TrustConfig{}:
		return refuse("trust", "a sandbox trusts its own demonstration PKI alone")
	case c.Timestamp.URL != "":
		return refuse("timestamp.url", "a sandbox has its own time-stamp authority")
	case c.Data == "":
		return refuse("data", "a sandbox needs a folder")
	}
	return nil
}

// checkProduction demands what a sandbox makes for itself.
func (c *Config) checkProduction() error {
	for _, need := range []struct{ key, value, why string }{
		{"origin", c.Origin, "logins are bound to it"},
		{"database", c.Database, "say where the data is"},
		{"tls.certificate", c.TLS.Certificate, "a production service has its own certificate"},
		{"tls.key", c.TLS.Key, "a production service has its own certificate"},
		{"trust.folder", c.Trust.Folder, "a production service says whom it trusts"},
		{"timestamp.url", c.Timestamp.URL, "signatures need time-stamps"},
	} {
		if need.value == "" {
			return refuse(need.key, "missing: %s", need.why)
		}
	}
	if c.Sandbox != Defaults().Sandbox {
		return refuse("sandbox", "these settings are for sandboxes")
	}
	return checkURL("timestamp.url", c.Timestamp.URL)
}

func checkURL(key, text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return refuse(key, "not an http or https address")
	}
	return nil
}

func (c *Config) checkAddresses() error {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return refuse("listen", "%q is not HOST:PORT", c.Listen)
	}
	if c.Origin != "" {
		if err := webeid.CheckOrigin(c.Origin); err != nil {
			return refuse("origin", "%v", err)
		}
		if !strings.HasPrefix(c.Origin, "https://") {
			return refuse("origin", "it must begin with https://")
		}
	}
	if c.Metrics.Listen != "" && !isLoopback(c.Metrics.Listen) {
		return refuse("metrics.listen", "%q is not a loopback address: metrics are for this machine", c.Metrics.Listen)
	}
	return nil
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

func (c *Config) checkTLS() error {
	if (c.TLS.Certificate == "") != (c.TLS.Key == "") {
		return refuse("tls", "certificate and key belong together")
	}
	if c.TLS.Minimum != "1.3" && c.TLS.Minimum != "1.2" {
		return refuse("tls.minimum", `%q is neither "1.2" nor "1.3"`, c.TLS.Minimum)
	}
	return nil
}

func (c *Config) checkTimes() error {
	for key, value := range map[string]interface{ Seconds() float64 }{
		"session.idle": c.Session.Idle, "session.absolute": c.Session.Absolute, "session.nonce": c.Session.Nonce,
		"limits.head": c.Limits.Head, "limits.pause": c.Limits.Pause, "limits.grace": c.Limits.Grace, "limits.idle": c.Limits.Idle,
		"stop.drain": c.Stop.Drain,
	} {
		if value.Seconds() <= 0 {
			return refuse(key, "it must be longer than nothing")
		}
	}
	if c.Stop.Notice < 0 {
		return refuse("stop.notice", "it cannot be negative")
	}
	if c.Session.Idle > c.Session.Absolute {
		return refuse("session.idle", "it is longer than session.absolute")
	}
	return nil
}

func (c *Config) checkSizes() error {
	for key, value := range map[string]int64{
		"limits.header": int64(c.Limits.Header), "limits.body": c.Limits.Body, "limits.upload": c.Limits.Upload, "limits.rate": c.Limits.Rate,
	} {
		if value <= 0 {
			return refuse(key, "it must be more than nothing")
		}
	}
	if c.DatabaseConns < 0 {
		return refuse("database_conns", "it cannot be negative")
	}
	return c.Signing.check()
}

func (c *Config) checkLog() error {
	if c.Log.Format != "text" && c.Log.Format != "json" {
		return refuse("log.format", `%q is neither "text" nor "json"`, c.Log.Format)
	}
	if _, err := c.Log.level(); err != nil {
		return refuse("log.level", `%q is none of "debug", "info", "warn" and "error"`, c.Log.Level)
	}
	return nil
}
