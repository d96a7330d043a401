package kyc

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"time"

	"eidgate/certs"
	"eidgate/internal/db"
	"eidgate/internal/fault"
)

// Request is what the page shows: who asks for what, why, and where the
// person goes afterwards.
type Request struct {
	Session    string
	Client     string
	Purpose    string
	Claims     []string
	ReturnHost string
	ExpiresAt  time.Time
	// MinimumAssurance is "", "low", "substantial" or "high".
	MinimumAssurance string
	// TooLow says that the login of who opened the page does not reach it, so that
	// she learns it before her answer ends the request.
	TooLow bool
	// Status is Verified or Failed when it was decided in this browser. Then
	// Error says why it failed, and Return is where the person goes on.
	Status        Status
	Error, Return string
}

// Login is who decides.
type Login struct {
	Person certs.Person
	// Certificate of the card; nil for a persona of a sandbox.
	Certificate *x509.Certificate
	// Method is "card" or "persona".
	Method string
}

// Open finds the request behind a page's link and gives the page to the
// browser that opened it first. browser is a secret of that browser, or a hash
// of one; viewer is who is logged in there and reads the page. It answers ErrUnknown, ErrExpired, ErrState or ErrBrowser.
func (s *Service) Open(ctx context.Context, link, browser string, viewer Login) (Request, error) {
	var r *row
	err := s.options.Database.Tx(ctx, func(tx db.Querier) error {
		var err error
		if r, err = s.claim(ctx, tx, link, browser); err != nil {
			return err
		}
		r.viewer = s.viewerOf(r, viewer.Person)
		return r.end(ctx, tx)
	})
	if err != nil {
		return Request{}, fmt.Errorf("opening a verification: %w", err)
	}
	request := r.request()
	request.TooLow, err = s.tooLow(ctx, r, viewer)
	return request, err
}

// Look finds the request behind a page's link without giving the page to a
// browser, for visitors whom nobody knows yet: programs that preview links must
// not take a page from its person. The browser that has decided sees what it
// decided; everybody else gets Open's errors.
func (s *Service) Look(ctx context.Context, link, browser string) (Request, error) {
	r, err := s.row(ctx, s.options.Database, `link = $1`, linkHash(link))
	if err != nil {
		return Request{}, fmt.Errorf("looking at a verification: %w", err)
	}
	mine := browser != "" && r.browser == browserHash(browser)
	request := r.request()
	if mine && (r.status == Verified || r.status == Failed) {
		request.Return = r.back()
		return request, nil
	}
	if err := r.undecided(s.options.Now()); err != nil {
		return Request{}, fmt.Errorf("looking at a verification: %w", err)
	}
	if r.browser != "" && !mine {
		return Request{}, fmt.Errorf("looking at a verification: %w", ErrBrowser)
	}
	return request, nil
}

func (r *row) request() Request {
	request := Request{
		Session: r.id, Client: r.clientName, Purpose: r.purpose, Claims: r.claims, ExpiresAt: time.UnixMicro(r.expires).UTC(),
		MinimumAssurance: r.minimum, Status: r.status, Error: r.fault,
	}
	if u, err := url.Parse(r.returnURL); err == nil {
		request.ReturnHost = u.Host
	}
	return request
}

// undecided refuses sessions that ended.
func (r *row) undecided(now time.Time) error {
	switch {
	case r.open(now):
		return nil
	case r.session(now).Status == Expired:
		return ErrExpired
	}
	return ErrState
}

// claim finds an undecided session for the browser.
func (s *Service) claim(ctx context.Context, tx db.Querier, link, browser string) (*row, error) {
	r, err := s.row(ctx, tx, `link = $1`, linkHash(link))
	if err != nil {
		return nil, err
	}
	if err := r.undecided(s.options.Now()); err != nil {
		return nil, err
	}
	if browser == "" || r.browser != "" && r.browser != browserHash(browser) {
		return nil, ErrBrowser
	}
	r.browser, r.status = browserHash(browser), Pending
	return r, nil
}

// viewerOf is a person's pseudonym within a session.
func (s *Service) viewerOf(r *row, of certs.Person) string {
	mac := hmac.New(sha256.New, s.options.Pepper[:])
	mac.Write([]byte("viewer\x00" + r.id + "\x00" + of.Identifier.Reveal()))
	return hex.EncodeToString(mac.Sum(nil))
}

func browserHash(browser string) string {
	hash := sha256.Sum256([]byte("kyc-browser:" + browser))
	return hex.EncodeToString(hash[:])
}

// Decide ends a verification: granted are the claims the person gives, none
// declines. The card's certificate is verified now. It gives the address the
// person goes to, "" for none. Besides Open's errors it answers ErrPerson when
// somebody else logged in since the page was shown, ErrNotGranted
// when more is granted than was asked for, ErrLogin, ErrTooLow, or the refusal
// of the certificate; of those the last two end the session.
func (s *Service) Decide(ctx context.Context, link, browser string, login Login, granted []string) (string, error) {
	verified, refusal := s.verify(ctx, login)
	if refusal != nil && fault.CodeOf(refusal) == "" {
		return "", fmt.Errorf("deciding a verification: %w", refusal)
	}
	var r *row
	var outcome error
	err := s.options.Database.Tx(ctx, func(tx db.Querier) error {
		var err error
		if r, err = s.claim(ctx, tx, link, browser); err != nil {
			return err
		}
		if r.viewer != "" && r.viewer != s.viewerOf(r, login.Person) {
			return ErrPerson
		}
		outcome = r.decide(verified, refusal, granted, s.options.Now())
		if errors.Is(outcome, ErrNotGranted) || temporary(outcome) {
			return outcome
		}
		if err := r.end(ctx, tx); err != nil {
			return err
		}
		if r.person != nil {
			if err := s.store(ctx, tx, r, r.person); err != nil {
				return err
			}
		}
		return s.options.Record(ctx, tx, r.access(login, s.options.Now()))
	})
	if err != nil {
		return "", fmt.Errorf("deciding a verification: %w", err)
	}
	if outcome != nil {
		return r.back(), fmt.Errorf("deciding a verification: %w", outcome)
	}
	return r.back(), nil
}

// temporary says that a refusal is not about the card, so that the person may
// try again: evidence is missing, or something here does not work.
func temporary(refusal error) bool {
	if refusal == nil || errors.Is(refusal, ErrTooLow) || errors.Is(refusal, ErrLogin) {
		return false
	}
	var judged *certs.Refusal
	return !errors.As(refusal, &judged) || judged.Indeterminate
}
