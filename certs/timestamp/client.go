package timestamp

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"encoding/asn1"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"time"

	"eidgate/certs"
	"eidgate/certs/internal/fetch"
)

// DefaultTimeout bounds one question to an authority.
const DefaultTimeout = 10 * time.Second

const (
	mediaQuery = "application/timestamp-query"
	mediaReply = "application/timestamp-reply"
	nonceBytes = 16
)

// Client asks one time-stamp authority over HTTP (RFC 3161 §3.4). Fields are
// set before first use; it is then safe for concurrent use.
type Client struct {
	URL string
	// HTTP makes the requests; nil means a client of this package. Redirects
	// to other hosts are refused either way.
	HTTP *http.Client
	// Timeout bounds one question; zero means DefaultTimeout.
	Timeout time.Duration
	// Policy asks for a policy; nil leaves it to the authority.
	Policy asn1.ObjectIdentifier
	// Verifier, when set, judges the authority before a token is returned.
	Verifier *certs.Verifier
	// Now and Random default to the system's.
	Now    func() time.Time
	Random io.Reader
}

// maxSkew is how far the authority's clock may be from ours, the difference
// that certs allows everywhere.
const maxSkew = 15 * time.Minute

// Stamp asks for a time-stamp of a digest. The token returned is about that
// digest, carries the nonce that was sent, says the time it is now, and its
// signature holds; whether the authority is trusted is only judged with a
// Verifier. Errors are
// *certs.Refusal with a code that begins with "timestamp." or, about the
// authority's path, the verifier's.
func (c *Client) Stamp(ctx context.Context, hash crypto.Hash, digest []byte) (*Token, error) {
	timeout := c.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	nonce, err := c.nonce()
	if err != nil {
		return nil, err
	}
	req, err := NewRequest(hash, digest, nonce)
	if err != nil {
		return nil, fmt.Errorf("making the time-stamp request: %w", err)
	}
	req.Policy = c.Policy
	body, err := c.exchange(ctx, req)
	if err != nil {
		return nil, err
	}
	der, err := parseResponse(body)
	if err != nil {
		return nil, err
	}
	token, err := Parse(der)
	if err != nil {
		return nil, err
	}
	if err := c.judge(ctx, token, Expected{Hash: hash, Digest: digest, Nonce: nonce}); err != nil {
		return nil, err
	}
	return token, nil
}

func (c *Client) judge(ctx context.Context, token *Token, want Expected) error {
	if c.Policy != nil {
		want.Policies = []asn1.ObjectIdentifier{c.Policy}
	}
	if err := c.judgeTime(token); err != nil {
		return err
	}
	if c.Verifier == nil {
		_, err := token.check(want)
		return err
	}
	_, err := token.Verify(ctx, c.Verifier, want)
	return err
}

// judgeTime compares the token's time with ours: a token that was asked for
// now and says yesterday would date a signature before its key was certified.
func (c *Client) judgeTime(token *Token) error {
	now := time.Now()
	if c.Now != nil {
		now = c.Now()
	}
	earliest, latest := token.Interval()
	if latest.Before(now.Add(-maxSkew)) || earliest.After(now.Add(maxSkew)) {
		return certs.Refuse("timestamp.wrong-time", nil, "the time-stamp authority's clock and ours are more than %v apart", maxSkew).
			WithHint("Check the clock of this machine.")
	}
	return nil
}

func (c *Client) nonce() (*big.Int, error) {
	random := c.Random
	if random == nil {
		random = rand.Reader
	}
	b := make([]byte, nonceBytes)
	if _, err := io.ReadFull(random, b); err != nil {
		return nil, fmt.Errorf("making the time-stamp nonce: %w", err)
	}
	return new(big.Int).SetBytes(b), nil
}

func (c *Client) exchange(ctx context.Context, r *Request) ([]byte, error) {
	der, err := r.Marshal()
	if err != nil {
		return nil, fmt.Errorf("encoding the time-stamp request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(der))
	if err != nil {
		return nil, certs.Missing("timestamp.bad-address", nil, "the time-stamp authority's address cannot be used: %w", err).
			WithHint("Check the time-stamp address in the settings.")
	}
	req.Header.Set("Content-Type", mediaQuery)
	req.Header.Set("Accept", mediaReply)
	body, problem := fetch.Do(c.HTTP, req, mediaReply, maxResponseBytes)
	if problem != nil {
		return nil, refusalOf(problem)
	}
	return body, nil
}

func refusalOf(p *fetch.Problem) error {
	const (
		network = "Check the network and try again."
		address = "Check the time-stamp address in the settings."
	)
	switch p.Kind {
	case fetch.Timeout:
		return certs.Missing("timestamp.timeout", nil, "the time-stamp authority did not answer in time: %w", p).WithHint(network)
	case fetch.Redirected:
		return certs.Missing("timestamp.redirect", nil, "the time-stamp authority sends us to another host").WithHint(address)
	case fetch.BadStatus:
		return certs.Missing("timestamp.http-status", nil, "the time-stamp authority answered with HTTP status %d", p.Status)
	case fetch.BadMedia:
		return certs.Missing("timestamp.not-an-authority", nil, "what answered at the time-stamp address is not a time-stamp authority").WithHint(address)
	case fetch.TooLarge:
		return certs.Refuse("timestamp.too-large", nil, "the time-stamp authority's answer has more than %d bytes", maxResponseBytes)
	default:
		return certs.Missing("timestamp.unreachable", nil, "the time-stamp authority cannot be reached: %w", p).WithHint(network)
	}
}
