package crl

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"eidgate/certs"
	"eidgate/certs/internal/fetch"
	"eidgate/certs/internal/pkix"
)

// Limits of one question and of what is kept.
const (
	DefaultTimeout = 10 * time.Second
	MaxList        = 32 << 20  // bytes of one list
	maxPoints      = 4         // distribution points asked for one certificate
	maxKept        = 64        // lists kept
	maxAge         = time.Hour // after which a list that still holds is asked for again
)

// Client fetches lists over HTTP. Fields are set before first use; it is then
// safe for concurrent use.
type Client struct {
	// Store holds the anchors that the lists' signers must lead to; required.
	Store *certs.Store
	// Signers are certificates that may have signed lists beside those on the
	// paths asked about.
	Signers []*x509.Certificate
	// HTTP makes the requests; nil means a client of this package. Redirects to
	// other hosts are refused either way.
	HTTP *http.Client
	// AllowHosts, when given, are the only hosts ("crl.example:8080") asked.
	AllowHosts []string
	// Timeout bounds one question; zero means DefaultTimeout.
	Timeout time.Duration
	// Now is the clock; nil is the system's.
	Now func() time.Time

	// mu guards kept.
	mu   sync.Mutex
	kept map[string]*list
}

// list is one list as fetched.
type list struct {
	point   string
	parsed  *pkix.CRL
	der     []byte
	fetched time.Time
}

var _ certs.Revocation = (*Client)(nil)

// Status answers from the lists that the certificate's distribution points
// give. Its refusals are those of [certs.RevocationLists] and crl.no-pointer,
// crl.unreachable, crl.timeout, crl.too-large, crl.host and crl.rollback.
func (c *Client) Status(ctx context.Context, q certs.RevocationQuery) (*certs.RevocationStatus, error) {
	if c.Store == nil {
		return nil, certs.Missing("trust.no-anchors", q.Certificate, "no trust store is set")
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	found, err := c.lists(ctx, q.Certificate)
	if err != nil {
		return nil, err
	}
	var ders [][]byte
	for _, l := range found {
		ders = append(ders, l.der)
	}
	source, err := certs.NewRevocationLists(c.Store, ders, c.Signers...)
	if err != nil {
		return nil, err
	}
	status, err := source.Status(ctx, q)
	if err == nil {
		c.keep(status, found)
	}
	return status, err
}

// lists gives what can be had from the certificate's points; the error is the
// first point's when there is nothing.
func (c *Client) lists(ctx context.Context, cert *x509.Certificate) ([]*list, error) {
	points := webPoints(cert)
	if len(points) == 0 {
		return nil, certs.Missing("crl.no-pointer", cert, "the certificate does not say where its revocation list is")
	}
	var out []*list
	var first error
	for _, point := range points {
		l, err := c.list(ctx, cert, point)
		switch {
		case err == nil:
			out = append(out, l)
		case first == nil:
			first = err
		}
	}
	if len(out) == 0 {
		return nil, first
	}
	return out, nil
}

func webPoints(cert *x509.Certificate) []string {
	points := slices.DeleteFunc(slices.Clone(cert.CRLDistributionPoints), func(p string) bool {
		u, err := url.Parse(p)
		return err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil
	})
	return points[:min(len(points), maxPoints)]
}

// list gives the list of one point: a fresh one, or the one kept when it is
// young, or when it still holds and there is no fresh one.
func (c *Client) list(ctx context.Context, cert *x509.Certificate, point string) (*list, error) {
	c.mu.Lock()
	known := c.kept[point]
	c.mu.Unlock()
	holds := known != nil && c.now().Before(known.parsed.NextUpdate)
	if holds && c.now().Sub(known.fetched) < maxAge {
		return known, nil
	}
	der, err := c.fetch(ctx, cert, point)
	if err != nil && holds {
		return known, nil
	}
	if err != nil {
		return nil, err
	}
	parsed, err := pkix.ParseCRL(der)
	if err != nil {
		return nil, certs.Missing("crl.malformed", cert, "reading a revocation list: %w", err)
	}
	if known != nil && older(parsed, known.parsed) {
		return nil, certs.Missing("crl.rollback", cert, "the revocation list is older than the one seen at the same place before")
	}
	return &list{point, parsed, der, c.now()}, nil
}

// older compares by number where both have one (RFC 5280 §5.2.3: numbers
// grow), else by date.
func older(a, b *pkix.CRL) bool {
	if a.Number != nil && b.Number != nil {
		return a.Number.Cmp(b.Number) < 0
	}
	return a.ThisUpdate.Before(b.ThisUpdate)
}

// keep remembers the lists that an answer rests on, and no others: what a
// stranger put in a list's place is not remembered against the true one. When
// there are too many, one is forgotten.
func (c *Client) keep(status *certs.RevocationStatus, found []*list) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil {
		c.kept = map[string]*list{}
	}
	for _, l := range found {
		if !restsOn(status, l.der) {
			continue
		}
		for other := range c.kept {
			if len(c.kept) < maxKept {
				break
			}
			delete(c.kept, other)
		}
		c.kept[l.point] = l
	}
}

func restsOn(status *certs.RevocationStatus, der []byte) bool {
	return bytes.Equal(status.DER, der) ||
		slices.ContainsFunc(status.Also, func(also []byte) bool { return bytes.Equal(also, der) })
}

func (c *Client) fetch(ctx context.Context, cert *x509.Certificate, point string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, point, http.NoBody)
	if err != nil {
		return nil, certs.Missing("crl.unreachable", cert, "asking for a revocation list: %w", err)
	}
	if len(c.AllowHosts) > 0 && !slices.ContainsFunc(c.AllowHosts, func(h string) bool { return strings.EqualFold(h, req.URL.Host) }) {
		return nil, certs.Refuse("crl.host", cert, "revocation lists are not fetched from %s", req.URL.Host)
	}
	// Servers label lists in many ways (application/pkix-crl, x-pkcs7-crl,
	// octet-stream); the bytes tell.
	der, problem := fetch.Do(c.HTTP, req, "", MaxList)
	if problem == nil {
		return der, nil
	}
	return nil, refusal(cert, problem)
}

func refusal(cert *x509.Certificate, p *fetch.Problem) error {
	code := "crl.unreachable"
	switch p.Kind {
	case fetch.Timeout:
		code = "crl.timeout"
	case fetch.TooLarge:
		code = "crl.too-large"
	default:
	}
	return certs.Missing(code, cert, "fetching the revocation list: %w", errors.Unwrap(p)).
		WithHint("Check the network and try again.")
}

func (c *Client) timeout() time.Duration {
	if c.Timeout == 0 {
		return DefaultTimeout
	}
	return c.Timeout
}

func (c *Client) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}
