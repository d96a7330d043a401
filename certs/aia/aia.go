// Package aia finds the certificates between a leaf and a trust anchor that
// nobody sent along: it follows the caIssuers pointers that certificates carry
// (RFC 5280 §4.2.2.1, authority information access).
//
// [Client.Chain] is what most callers need: from a card's certificate to the
// list of intermediates, ending where the trust store takes over.
//
// What comes back is not trusted for having been fetched: every certificate is
// checked to have issued the one below it, and the path is validated by certs
// like any other. The pointers come from outside, so a Client fetches only over
// http and https, with a size limit and a deadline, and follows no redirect to
// another host. It does not hide from the server which certificate is looked up.
package aia

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"eidgate/certs"
	"eidgate/certs/internal/fetch"
)

// Limits of one look-up.
const (
	MaxCertificate = 64 << 10 // bytes of one fetched certificate
	MaxDepth       = 5        // intermediates followed from one leaf
	DefaultTimeout = 5 * time.Second
)

// Client fetches issuers. The zero value works.
type Client struct {
	// HTTP makes the requests; nil means a client of this package. Redirects to
	// other hosts are refused either way.
	HTTP *http.Client
	// Timeout bounds a whole Chain; zero means DefaultTimeout.
	Timeout time.Duration
}

// Chain gives the intermediates from leaf upwards, nearest first, and ends
// when known says that it has the issuer of the last certificate. extra are
// certificates already at hand, tried before the network.
//
// Refusals: aia.no-pointer, aia.unreachable, aia.not-a-certificate,
// aia.not-the-issuer, aia.too-deep.
func (c *Client) Chain(ctx context.Context, leaf *x509.Certificate, extra []*x509.Certificate, known func(*x509.Certificate) bool) ([]*x509.Certificate, error) {
	timeout := c.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	var chain []*x509.Certificate
	for cert := leaf; !known(cert); {
		if len(chain) == MaxDepth {
			return nil, certs.Refuse("aia.too-deep", leaf, "more than %d certificates lie between this one and a trust anchor", MaxDepth)
		}
		issuer, err := c.issuer(ctx, cert, extra)
		if err != nil {
			return nil, err
		}
		chain = append(chain, issuer)
		cert = issuer
	}
	return chain, nil
}

func (c *Client) issuer(ctx context.Context, cert *x509.Certificate, extra []*x509.Certificate) (*x509.Certificate, error) {
	for _, candidate := range extra {
		if issued(candidate, cert) {
			return candidate, nil
		}
	}
	return c.Issuer(ctx, cert)
}

// Issuer fetches the certificate that issued cert from the first caIssuers
// pointer that gives it.
func (c *Client) Issuer(ctx context.Context, cert *x509.Certificate) (*x509.Certificate, error) {
	if len(cert.IssuingCertificateURL) == 0 {
		return nil, certs.Missing("aia.no-pointer", cert, "the issuer of the certificate is not known and the certificate does not say where to find it").
			WithHint("Put the issuing CA's certificate into the trust folder.")
	}
	var last error
	for _, pointer := range cert.IssuingCertificateURL {
		issuer, err := c.fetch(ctx, cert, pointer)
		if err != nil {
			last = err
			continue
		}
		if !issued(issuer, cert) {
			last = certs.Refuse("aia.not-the-issuer", issuer, "the certificate found at the issuer's address did not issue this one")
			continue
		}
		return issuer, nil
	}
	return nil, last
}

func (c *Client) fetch(ctx context.Context, cert *x509.Certificate, pointer string) (*x509.Certificate, error) {
	unreachable := func(err error) error {
		return certs.Missing("aia.unreachable", cert, "fetching the issuer's certificate: %w", err).
			WithHint("Check the network, or put the issuing CA's certificate into the trust folder.")
	}
	u, err := url.Parse(pointer)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, unreachable(fmt.Errorf("%q is not a web address", pointer))
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, unreachable(err)
	}
	body, problem := fetch.Do(c.HTTP, req, "", MaxCertificate)
	switch {
	case problem == nil:
		return parse(cert, body)
	case problem.Kind == fetch.TooLarge:
		return nil, certs.Refuse("aia.not-a-certificate", cert, "the issuer's address gave %w", problem)
	default:
		return nil, unreachable(problem)
	}
}

// parse takes one certificate in DER, as the RFC asks, or in PEM, as some CAs
// serve it.
func parse(cert *x509.Certificate, body []byte) (*x509.Certificate, error) {
	if block, _ := pem.Decode(body); block != nil && block.Type == "CERTIFICATE" {
		body = block.Bytes
	}
	issuer, err := certs.ParseCertificate(body)
	if err != nil {
		return nil, certs.Refuse("aia.not-a-certificate", cert, "the issuer's address gave no certificate: %w", err)
	}
	return issuer, nil
}

// issued reports whether issuer's key made cert's signature. Whether issuer may
// issue at all is the path's question, not this one's.
func issued(issuer, cert *x509.Certificate) bool {
	return issuer.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature) == nil
}
