package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"eidgate/kyc/sdjwt"
)

// Client calls an eidgate's KYC API.
type Client struct {
	// Origin is the service's address, such as https://kyc.example.
	Origin string
	// Key is the API key.
	Key string
	// HTTP makes the calls; nil is http.DefaultClient.
	HTTP *http.Client
}

// Problem is the service's refusal (RFC 9457).
type Problem struct {
	Status    int    `json:"status"`
	Title     string `json:"title"`
	Detail    string `json:"detail"`
	Stable    string `json:"code"`
	Advice    string `json:"hint"`
	RequestID string `json:"request_id"`
}

// Error says what was refused.
func (p *Problem) Error() string { return fmt.Sprintf("%s (%s)", p.Detail, p.Stable) }

// Code is the stable code.
func (p *Problem) Code() string { return p.Stable }

// Hint is what to do next.
func (p *Problem) Hint() string { return p.Advice }

// NewSession is what to ask a customer for.
type NewSession struct {
	Purpose          string   `json:"purpose"`
	Claims           []string `json:"requested_claims"`
	MinimumAssurance string   `json:"min_acr,omitempty"`
	ReturnURL        string   `json:"return_url,omitempty"`
	Reference        string   `json:"client_reference_id,omitempty"`
}

// Session is a verification. URL is where to send the customer, given once.
type Session struct {
	ID        string    `json:"id"`
	Status    string    `json:"status"`
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
	LastError *struct {
		Code string `json:"code"`
	} `json:"last_error"`
}

// CreateSession begins a verification.
func (c *Client) CreateSession(ctx context.Context, asked NewSession) (*Session, error) {
	session := &Session{}
	if err := c.call(ctx, http.MethodPost, "/v1/verification_sessions", asked, session); err != nil {
		return nil, err
	}
	return session, nil
}

// Session gives a verification's state.
func (c *Client) Session(ctx context.Context, id string) (*Session, error) {
	session := &Session{}
	if err := c.call(ctx, http.MethodGet, "/v1/verification_sessions/"+url.PathEscape(id), nil, session); err != nil {
		return nil, err
	}
	return session, nil
}

// Result gives what the customer granted, as the service's JSON.
func (c *Client) Result(ctx context.Context, id string) (json.RawMessage, error) {
	var result json.RawMessage
	if err := c.call(ctx, http.MethodGet, "/v1/verification_sessions/"+url.PathEscape(id)+"/result", nil, &result); err != nil {
		return nil, err
	}
	return result, nil
}

// NewAttestation is what to have attested.
type NewAttestation struct {
	Session string     `json:"session"`
	Claims  []string   `json:"claims,omitempty"`
	Holder  *sdjwt.Key `json:"holder_jwk,omitempty"`
	TTL     int64      `json:"ttl,omitempty"` // seconds
}

// Attestation is an SD-JWT VC and its identifier for revoking it.
type Attestation struct {
	ID        string    `json:"id"`
	Text      string    `json:"attestation"`
	ExpiresAt time.Time `json:"expires_at"`
	Status    string    `json:"status"`
}

// Attest has a verification's result attested.
func (c *Client) Attest(ctx context.Context, asked NewAttestation) (*Attestation, error) {
	attestation := &Attestation{}
	if err := c.call(ctx, http.MethodPost, "/v1/attestations", asked, attestation); err != nil {
		return nil, err
	}
	return attestation, nil
}

// Revoke makes an attestation invalid for ever.
func (c *Client) Revoke(ctx context.Context, id string) (*Attestation, error) {
	attestation := &Attestation{}
	if err := c.call(ctx, http.MethodPost, "/v1/attestations/"+url.PathEscape(id)+"/revoke", nil, attestation); err != nil {
		return nil, err
	}
	return attestation, nil
}

const maxAnswer = 1 << 20

func (c *Client) call(ctx context.Context, method, path string, body, into any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("writing a request: %w", err)
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.Origin, "/")+path, content)
	if err != nil {
		return fmt.Errorf("calling the service: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+c.Key)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	caller := c.HTTP
	if caller == nil {
		caller = http.DefaultClient
	}
	response, err := caller.Do(request)
	if err != nil {
		return fmt.Errorf("calling the service: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("reading the service's answer: %w", err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		return problem(response.StatusCode, text)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("reading the service's answer: %w", err)
	}
	return nil
}

// problem reads a refusal; an answer that is none says its status.
func problem(status int, text []byte) error {
	p := &Problem{}
	if err := json.Unmarshal(text, p); err != nil || p.Stable == "" {
		p = &Problem{Stable: "service.http-status", Detail: "the service answered " + http.StatusText(status)}
	}
	p.Status = status
	return p
}
