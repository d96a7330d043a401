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
	ErrReplayed    = fault.New("attestation.status-replayed", "the status list is older than one seen before", "Do not rely on the attestation; somebody serves an old list.")
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
	// Revocation, when set, is asked by Check whether the issuer's certificate
	// still holds; an answer that cannot be had is a refusal. Without it a key
	// that was stolen attests until its certificate ends.
	Revocation certs.Revocation
	// HTTP fetches status lists; nil is a client of its own. No redirection is
	// followed with either.
	HTTP *http.Client
	Now  func() time.Time
}

// Verifier verifies attestations. It is safe for concurrent use.
type Verifier struct {
	attestations sdjwt.Verifier
	lists        statuslist.Verifier
	issuers      *certs.Verifier // with revocation, when it is asked for
	http         *http.Client
	now          func() time.Time

	// mu guards kept: the newest list seen of each place.
	mu   sync.Mutex
	kept map[place]kept
}

// place is a list of one organisation: what one published says nothing about
// another's attestations, even at the same address.
type place struct{ uri, organisation string }

type kept struct {
	list  *statuslist.Published
	until time.Time // it is used without asking again
}

// maxKept bounds the lists that are kept.
const maxKept = 256

// NewVerifier makes a verifier. It refuses anchors of the other domain.
func NewVerifier(options VerifierOptions) (*Verifier, error) {
	store, err := options.store()
	if err != nil {
		return nil, fmt.Errorf("preparing the verifier: %w", err)
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	fetcher := http.Client{Timeout: fetchTimeout}
	if options.HTTP != nil {
		fetcher = *options.HTTP
	}
	fetcher.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	trust := &certs.Verifier{Store: store, Now: options.Now}
	asking := &certs.Verifier{Store: store, Now: options.Now, Revocation: options.Revocation}
	return &Verifier{
		attestations: sdjwt.Verifier{Trust: trust, Types: options.Types, Now: options.Now},
		lists:        statuslist.Verifier{Trust: asking, Now: options.Now},
		issuers:      asking,
		http:         &fetcher, now: options.Now, kept: map[place]kept{},
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

// Check looks up whether a verified attestation still holds, and with
// VerifierOptions.Revocation its issuer's certificate. It answers nil,
// [ErrRevoked], [ErrUnavailable], [ErrReplayed] or what packages
// statuslist and certs refuse.
func (v *Verifier) Check(ctx context.Context, a *sdjwt.Verified) error {
	if v.issuers.Revocation != nil {
		_, err := v.issuers.Verify(ctx, certs.Request{
			Certificate: a.Certificate, Intermediates: a.Intermediates, Purpose: certs.AttestationSigning, Revocation: certs.RevocationRequired,
		})
		if err != nil {
			return fmt.Errorf("checking an attestation's issuer: %w", err)
		}
	}
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
	if err := atIssuer(a); err != nil {
		return nil, err
	}
	at := place{a.Status.URI, string(a.Certificate.RawSubject)}
	v.mu.Lock()
	found, ok := v.kept[at]
	v.mu.Unlock()
	if ok && v.now().Before(found.until) {
		return found.list, nil
	}
	token, err := v.fetch(ctx, a.Status.URI)
	if err != nil {
		return nil, err
	}
	list, err := v.lists.Verify(ctx, token, a.Status.URI, a.Certificate)
	if err != nil {
		return nil, err
	}
	return v.keep(at, list)
}

// keep keeps the newer of a list and the one of before. Nodes of an issuer whose
// clocks differ a little may answer by turns; a list that is older than that is
// served to hide what was revoked since.
func (v *Verifier) keep(at place, list *statuslist.Published) (*statuslist.Published, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	before, ok := v.kept[at]
	if ok && list.IssuedAt.Before(before.list.IssuedAt.Add(-sdjwt.Leeway)) {
		return nil, ErrReplayed
	}
	if ok && list.IssuedAt.Before(before.list.IssuedAt) {
		list = before.list
	}
	until := v.now().Add(list.TTL)
	if !list.Expires.IsZero() && until.After(list.Expires) {
		until = list.Expires
	}
	if !ok && len(v.kept) >= maxKept {
		v.forgetOldest()
	}
	v.kept[at] = kept{list: list, until: until}
	return list, nil
}

// forgetOldest makes room; mu is held.
func (v *Verifier) forgetOldest() {
	var oldest place
	for at, k := range v.kept {
		if first, ok := v.kept[oldest]; !ok || k.until.Before(first.until) {
			oldest = at
		}
	}
	delete(v.kept, oldest)
}

// atIssuer makes sure that the list is at the issuer itself and nobody else, so
// that an attestation cannot send its verifier anywhere.
func atIssuer(a *sdjwt.Verified) error {
	list, err := url.Parse(a.Status.URI)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	issuer, err := url.Parse(a.Issuer)
	if err != nil || list.Scheme != "https" || list.User != nil || list.Fragment != "" || list.Host != issuer.Host {
		return fmt.Errorf("%w: it is not at its issuer", statuslist.ErrIssuer)
	}
	return nil
}

func (v *Verifier) fetch(ctx context.Context, uri string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, uri, nil)
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
