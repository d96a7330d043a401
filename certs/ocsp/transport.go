package ocsp

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"eidgate/certs"
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
	resp, err := c.http().Do(req)
	if err != nil {
		return nil, transportRefusal(ctx, err, cert)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, certs.Missing("ocsp.http-status", cert, "the OCSP responder answered with HTTP status %d", resp.StatusCode)
	}
	if media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err != nil || media != mediaResponse {
		return nil, certs.Missing("ocsp.not-ocsp", cert, "what answered at the OCSP responder's address is not an OCSP responder")
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponseBytes+1))
	if err != nil {
		return nil, transportRefusal(ctx, err, cert)
	}
	if len(body) > maxResponseBytes {
		return nil, certs.Refuse("ocsp.too-large", cert, "the OCSP response has more than %d bytes", maxResponseBytes)
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

var errRedirect = errors.New("redirected to another host")

// http is the caller's client, or the default one, with our redirect rule.
func (c *Client) http() *http.Client {
	var client http.Client
	if c.HTTP != nil {
		client = *c.HTTP
	}
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if first := via[0].URL; len(via) > 2 || req.URL.Host != first.Host || req.URL.Scheme != first.Scheme {
			return errRedirect
		}
		return nil
	}
	return &client
}

func transportRefusal(ctx context.Context, err error, cert *x509.Certificate) error {
	switch {
	case errors.Is(err, errRedirect):
		return certs.Missing("ocsp.redirect", cert, "the OCSP responder sends us to another host")
	case ctx.Err() != nil || isTimeout(err):
		return certs.Missing("ocsp.timeout", cert, "the OCSP responder did not answer in time: %w", err).
			WithHint("Check the network and try again.")
	}
	return certs.Missing("ocsp.unreachable", cert, "the OCSP responder cannot be reached: %w", err).
		WithHint("Check the network and try again.")
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
