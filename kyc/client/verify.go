package client

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"sync"
	"time"

	"eidgate/certs"
	"eidgate/internal/fault"
	"eidgate/kyc/sdjwt"
	"eidgate/kyc/statuslist"
)

// What Check answers besides what package statuslist refuses.
var (
	ErrRevoked     = fault.New("attestation.revoked", "the attestation was revoked", "Do not rely on it; ask the customer for a new verification.")
	ErrUnavailable = fault.New("attestation.status-unavailable", "the status list cannot be fetched now", "Try again; do not rely on the attestation before.")
)

const (
	maxList      = 32 << 20
	fetchTimeout = 10 * time.Second
)

// VerifierOptions set a Verifier up. Anchors or Store, and Types, are required.
type VerifierOptions struct {
	// Store has the issuers' anchors and their domain; with it Anchors and
	// Production are not looked at.
	Store *certs.Store
	// Anchors are the issuers' trust anchors, all of one domain.
	Anchors []*x509.Certificate
	// Production says that the anchors are real ones; false accepts only those
	// of tests and sandboxes. The two never mix.
	Production bool
	// Types are the vct values to accept.
	Types []string
	// HTTP fetches status lists; nil is a client of its own that follows no
	// redirects.
	HTTP *http.Client
	Now  func() time.Time
}

// Verifier verifies attestations. It is safe for concurrent use.
type Verifier struct {
	attestations sdjwt.Verifier
	lists        statuslist.Verifier
	http         *http.Client
	now          func() time.Time

	// mu guards kept: lists by address, until their time to live has passed.
	mu   sync.Mutex
	kept map[string]kept
}

type kept struct {
	list  *statuslist.Published
	until time.Time
}

// NewVerifier makes a verifier. It refuses anchors of the other domain.
func NewVerifier(options VerifierOptions) (*Verifier, error) {
	store, err := options.store()
	if err != nil {
		return nil, fmt.Errorf("preparing the verifier: %w", err)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.HTTP == nil {
		options.HTTP = &http.Client{Timeout: fetchTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	trust := &certs.Verifier{Store: store, Now: options.Now}
	return &Verifier{
		attestations: sdjwt.Verifier{Trust: trust, Types: options.Types, Now: options.Now},
		lists:        statuslist.Verifier{Trust: trust, Now: options.Now},
		http:         options.HTTP, now: options.Now, kept: map[string]kept{},
	}, nil
}

func (o *VerifierOptions) store() (*certs.Store, error) {
	switch {
	case o.Store != nil:
		return o.Store, nil
	case o.Production:
		return certs.NewStore(certs.Production, o.Anchors...)
	}
	return certs.NewStore(certs.Test, o.Anchors...)
}

// Verify judges an attestation without any network.
func (v *Verifier) Verify(ctx context.Context, text string, expect sdjwt.Expect) (*sdjwt.Verified, error) {
	return v.attestations.Verify(ctx, text, expect)
}

// Check looks up whether a verified attestation still holds. It answers nil,
// [ErrRevoked], [ErrUnavailable] or what package statuslist refuses.
func (v *Verifier) Check(ctx context.Context, a *sdjwt.Verified) error {
	if a.Status == nil {
		return nil
	}
	list, err := v.list(ctx, a)
	if err != nil {
		return fmt.Errorf("checking an attestation's status: %w", err)
	}
	status, err := list.Status(a.Status.Index)
	if err != nil {
		return fmt.Errorf("checking an attestation's status: %w", err)
	}
	if status != statuslist.Valid {
		return ErrRevoked
	}
	return nil
}

// list gives the attestation's list, fetched when none is kept that is fresh.
func (v *Verifier) list(ctx context.Context, a *sdjwt.Verified) (*statuslist.Published, error) {
	v.mu.Lock()
	found, ok := v.kept[a.Status.URI]
	v.mu.Unlock()
	if ok && v.now().Before(found.until) {
		return found.list, nil
	}
	token, err := v.fetch(ctx, a)
	if err != nil {
		return nil, err
	}
	list, err := v.lists.Verify(ctx, token, a.Status.URI, a.Certificate)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.kept[a.Status.URI] = kept{list: list, until: v.now().Add(list.TTL)}
	return list, nil
}

// fetch asks the issuer itself and nobody else: the list's host is the
// issuer's, so an attestation cannot send its verifier anywhere.
func (v *Verifier) fetch(ctx context.Context, a *sdjwt.Verified) (string, error) {
	list, err := url.Parse(a.Status.URI)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	issuer, err := url.Parse(a.Issuer)
	if err != nil || list.Scheme != "https" || list.Host != issuer.Host {
		return "", fmt.Errorf("%w: it is not at its issuer", statuslist.ErrIssuer)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.Status.URI, nil)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	request.Header.Set("Accept", statuslist.MediaType)
	response, err := v.http.Do(request)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxList+1))
	media, _, mediaErr := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err = errors.Join(err, mediaErr); err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if response.StatusCode != http.StatusOK || media != statuslist.MediaType || len(body) > maxList {
		return "", fmt.Errorf("%w: the answer is %s", ErrUnavailable, response.Status)
	}
	return string(body), nil
}
