package ocsp

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"time"

	"eidgate/certs"
)

// DefaultTimeout bounds one question, from the first byte sent to the verdict,
// the second responder included.
const DefaultTimeout = 5 * time.Second

// nonceBytes is what RFC 9654 §2.1 tells clients to send.
const nonceBytes = 32

// Client asks responders over HTTP. The zero value asks the responders that
// certificates name (authority information access), with POST, SHA-1
// certificate IDs and a nonce that must come back. Fields are set before first
// use; it is then safe for concurrent use.
type Client struct {
	// HTTP makes the requests; nil means a client of this package. Redirects to
	// other hosts are refused either way.
	HTTP *http.Client
	// Responders, when given, are asked instead of those the certificate names.
	Responders []string
	// Fallback are asked after them. At most two responders are asked.
	Fallback []string
	// AllowHosts, when given, are the only hosts ("ocsp.example:8080", port
	// left out when it is the scheme's own) that are asked: certificates come
	// from outside, and so do the addresses in them.
	AllowHosts []string
	// Timeout bounds one question; zero means DefaultTimeout.
	Timeout time.Duration
	// Hash names certificates in requests; zero means SHA-1, which is all that
	// SK's responders know.
	Hash crypto.Hash
	// GET sends requests of up to 255 bytes as GET, which proxies may cache
	// (RFC 6960 appendix A.1).
	GET bool
	// NoNonce sends none, and NonceOptional accepts answers without; for
	// responders that answer from a store (RFC 5019).
	NoNonce, NonceOptional bool
	// Responder answers for delegated responders without nocheck.
	Responder certs.Revocation
	// Cache keeps good answers for purposes that allow it; nil keeps none.
	Cache *Cache
	// Now and Random default to the system's.
	Now    func() time.Time
	Random io.Reader
}

var _ certs.Revocation = (*Client)(nil)

// Status asks for the status of one certificate and verifies the answer.
func (c *Client) Status(ctx context.Context, q certs.RevocationQuery) (*certs.RevocationStatus, error) {
	query, err := QueryFor(q)
	if err != nil {
		return nil, err
	}
	query.NonceOptional, query.Responder = c.NonceOptional, c.Responder
	if query.Now.IsZero() {
		query.Now = c.now()
	}
	if query.At.IsZero() {
		query.At = query.Now
	}
	if c.Cache == nil || !query.rules().Cache {
		return c.ask(ctx, query)
	}
	return c.Cache.status(ctx, query, func(ctx context.Context) (*certs.RevocationStatus, error) {
		return c.ask(ctx, query)
	})
}

// Fetch returns the DER of a fresh, verified answer to be embedded in a
// document: the certificate's status now. A revoked certificate is a refusal,
// "ocsp.revoked".
func (c *Client) Fetch(ctx context.Context, cert, issuer *x509.Certificate) ([]byte, error) {
	now := c.now()
	status, err := c.Status(ctx, certs.RevocationQuery{
		Certificate: cert, Issuer: issuer, Purpose: certs.DocumentSigning, At: now, Now: now,
	})
	if err != nil {
		return nil, err
	}
	if status.Revoked {
		return nil, certs.Refuse("ocsp.revoked", cert, "the certificate was revoked on %s", status.RevokedAt.UTC().Format(time.DateTime))
	}
	return status.DER, nil
}

func (c *Client) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

// ask puts the question to one responder and, when that gives no answer, to a
// second one. A verified answer ends it, and so does one that was refused for
// what it says: asking around until somebody says "good" is no way to ask.
func (c *Client) ask(ctx context.Context, q Query) (*certs.RevocationStatus, error) {
	timeout := c.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	urls, err := c.urls(q.Target.Certificate)
	if err != nil {
		return nil, err
	}
	request, err := c.request(&q)
	if err != nil {
		return nil, err
	}
	for i, url := range urls {
		status, askErr := c.askOne(ctx, url, request, q, len(urls)-i)
		if askErr == nil {
			return status, nil
		}
		if err == nil {
			err = askErr
		}
		if !elsewhere(askErr) || ctx.Err() != nil {
			return nil, askErr
		}
	}
	return nil, err
}

// askOne gives a responder its share of the time that is left.
func (c *Client) askOne(ctx context.Context, url string, request []byte, q Query, left int) (*certs.RevocationStatus, error) {
	if deadline, ok := ctx.Deadline(); ok && left > 1 {
		share, cancel := context.WithTimeout(ctx, time.Until(deadline)/time.Duration(left))
		defer cancel()
		ctx = share
	}
	der, err := c.exchange(ctx, url, request, q.Target.Certificate)
	if err != nil {
		return nil, err
	}
	return Verify(ctx, der, q)
}

// request makes the request bytes and puts the nonce into the query.
func (c *Client) request(q *Query) ([]byte, error) {
	hash := c.Hash
	if hash == 0 {
		hash = crypto.SHA1
	}
	id, err := NewCertID(q.Target, q.Issuer, hash)
	if err != nil {
		return nil, certs.Refuse("ocsp.bad-certificate", q.Issuer, "asking for the certificate's status: %w", err)
	}
	req := Request{IDs: []CertID{id}}
	if !c.NoNonce {
		random := c.Random
		if random == nil {
			random = rand.Reader
		}
		req.Nonce = make([]byte, nonceBytes)
		if _, err := io.ReadFull(random, req.Nonce); err != nil {
			return nil, fmt.Errorf("making the OCSP nonce: %w", err)
		}
		q.Nonce = req.Nonce
	}
	return req.Marshal()
}
