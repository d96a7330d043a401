package ocsp

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"eidgate/certs"
	"eidgate/certs/internal/fetch"
	"eidgate/internal/fault"
)

const (
	mediaRequest  = "application/ocsp-request"
	mediaResponse = "application/ocsp-response"
	maxGET        = 255 // bytes of a GET URL after the responder's (RFC 6960 appendix A.1)
	maxAttempts   = 2
)

// elsewhere says whether another responder should be asked: the first gave no
// answer about the certificate. An answer that was made and refused, "I do not
// know it" among them, is final.
func elsewhere(err error) bool {
	switch fault.CodeOf(err) {
	case "ocsp.unreachable", "ocsp.timeout", "ocsp.http-status", "ocsp.not-ocsp", "ocsp.too-large", "ocsp.redirect",
		"ocsp.malformed", "ocsp.malformed-data", "ocsp.unknown-type", "ocsp.try-later", "ocsp.internal-error", "ocsp.unauthorized":
		return true
	}
	return false
}

// urls lists the responders to ask, at most two, all of them allowed.
func (c *Client) urls(cert *x509.Certificate) ([]string, error) {
	list := slices.Clone(c.Responders)
	if len(list) == 0 && cert != nil {
		list = slices.Clone(cert.OCSPServer)
	}
	list = append(list, c.Fallback...)
	if len(list) == 0 {
		return nil, certs.Missing("ocsp.no-responder", cert, "the certificate names no OCSP responder").
			WithHint("Name a responder in the settings.")
	}
	var allowed []string
	for _, u := range list {
		if len(allowed) < maxAttempts && c.allowed(u) {
			allowed = append(allowed, u)
		}
	}
	if len(allowed) == 0 {
		return nil, certs.Missing("ocsp.host-not-allowed", cert, "the certificate's OCSP responder is not an http address that may be asked")
	}
	return allowed, nil
}

func (c *Client) allowed(address string) bool {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil {
		return false
	}
	return len(c.AllowHosts) == 0 || slices.ContainsFunc(c.AllowHosts, func(h string) bool { return strings.EqualFold(h, u.Host) })
}

// exchange sends one request and reads the whole answer within the limits.
func (c *Client) exchange(ctx context.Context, address string, request []byte, cert *x509.Certificate) ([]byte, error) {
	req, err := c.httpRequest(ctx, address, request)
	if err != nil {
		return nil, certs.Missing("ocsp.host-not-allowed", cert, "the OCSP responder's address cannot be used: %w", err)
	}
	body, problem := fetch.Do(c.HTTP, req, mediaResponse, maxResponseBytes)
	if problem != nil {
		return nil, refusalOf(problem, cert)
	}
	return body, nil
}

// httpRequest makes the POST or GET (RFC 6960 appendix A.1). The base64 text of
// a GET has '/', '+' and '=', so it is percent-encoded as one path segment.
func (c *Client) httpRequest(ctx context.Context, address string, request []byte) (*http.Request, error) {
	if c.GET {
		segment := url.QueryEscape(base64.StdEncoding.EncodeToString(request)) // escapes all three; has no space
		if len(segment) <= maxGET {
			return http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(address, "/")+"/"+segment, nil)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(request))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", mediaRequest)
	req.Header.Set("Accept", mediaResponse)
	return req, nil
}

func refusalOf(p *fetch.Problem, cert *x509.Certificate) error {
	const network = "Check the network and try again."
	switch p.Kind {
	case fetch.Timeout:
		return certs.Missing("ocsp.timeout", cert, "the OCSP responder did not answer in time: %w", p).WithHint(network)
	case fetch.Redirected:
		return certs.Missing("ocsp.redirect", cert, "the OCSP responder sends us to another host")
	case fetch.BadStatus:
		return certs.Missing("ocsp.http-status", cert, "the OCSP responder answered with HTTP status %d", p.Status)
	case fetch.BadMedia:
		return certs.Missing("ocsp.not-ocsp", cert, "what answered at the OCSP responder's address is not an OCSP responder")
	case fetch.TooLarge:
		return certs.Refuse("ocsp.too-large", cert, "the OCSP response has more than %d bytes", maxResponseBytes)
	default:
		return certs.Missing("ocsp.unreachable", cert, "the OCSP responder cannot be reached: %w", p).WithHint(network)
	}
}
