package gateway

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// reportPath is where browsers report what the content policy stopped.
const reportPath = "/csp"

// contentPolicy lets pages use what this service serves and nothing else; no
// script in the page's text, no string that becomes one (Trusted Types).
var contentPolicy = strings.Join([]string{ //nolint:gochecknoglobals // never written
	"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'", "connect-src 'self'",
	"worker-src 'self'", "manifest-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
	"require-trusted-types-for 'script'", "trusted-types 'none'", "report-uri " + reportPath, "report-to csp",
}, "; ")

const permissions = "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), " +
	"microphone=(), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), usb=(), browsing-topics=()"

// secureHeaders are on every answer (OWASP ASVS 5.0 3.4). Handlers of files
// that may be kept set Cache-Control themselves.
func (s *Server) secureHeaders(inner http.Handler) http.Handler {
	fixed := map[string]string{
		"Content-Security-Policy":      contentPolicy,
		"Reporting-Endpoints":          `csp="` + s.origin + reportPath + `"`,
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy":              "no-referrer",
		"Permissions-Policy":           permissions,
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Cache-Control":                "no-store",
	}
	if !loopbackOrigin(s.origin) { // there it would bind every program of the machine
		fixed["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		for name, value := range fixed {
			header.Set(name, value)
		}
		inner.ServeHTTP(w, r)
	})
}

func loopbackOrigin(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}
