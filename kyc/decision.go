package kyc

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"time"

	"eidgate/certs"
	"eidgate/internal/fault"
)

// decide fills the row in. Its error ends the session as failed.
func (r *row) decide(verified *person, refusal error, granted []string, now time.Time) error {
	r.verified = now.UnixMicro()
	fail := func(err error) error {
		r.status, r.fault = Failed, fault.CodeOf(err)
		return err
	}
	if len(granted) == 0 {
		r.status, r.fault = Failed, "kyc.declined"
		return nil
	}
	if refusal != nil {
		return fail(refusal)
	}
	for _, claim := range granted {
		if !slices.Contains(r.claims, claim) {
			return ErrNotGranted
		}
	}
	minimum, err := r.level()
	if err != nil {
		return err
	}
	if verified.Assurance < minimum {
		return fail(ErrTooLow)
	}
	r.status, r.person = Verified, verified
	for _, claim := range r.claims { // in the order they were asked for
		if _, err := verified.value(claim); err == nil && slices.Contains(granted, claim) {
			r.granted = append(r.granted, claim)
		}
	}
	return nil
}

// level is the lowest that will do.
func (r *row) level() (minimum certs.Assurance, err error) {
	if r.minimum != "" {
		err = minimum.UnmarshalText([]byte(r.minimum))
	}
	return minimum, err
}

// tooLow asks the policy table alone. Whether the card is good is judged when
// the person decides.
func (s *Service) tooLow(ctx context.Context, r *row, login Login) (bool, error) {
	minimum, err := r.level()
	if err != nil || minimum == certs.UnknownAssurance {
		return false, err
	}
	if login.Certificate == nil {
		return true, nil
	}
	offline := *s.options.Verifier
	offline.Revocation = nil
	path, err := offline.Verify(ctx, certs.Request{
		Certificate: login.Certificate, Intermediates: s.options.Intermediates, Purpose: certs.Authentication,
	})
	if err != nil {
		return false, nil //nolint:nilerr // its refusal is the decision's
	}
	return path.Profile().Assurance < minimum, nil
}

// verify judges the card that decides.
func (s *Service) verify(ctx context.Context, login Login) (*person, error) {
	now := s.options.Now().UTC().Truncate(time.Second)
	p := &person{
		GivenName: login.Person.GivenName, FamilyName: login.Person.Surname, Identifier: login.Person.Identifier.Reveal(),
		Country: login.Person.Country, Document: login.Person.Document.String(), Method: login.Method, VerifiedAt: now,
	}
	if login.Certificate == nil {
		if s.options.Live || login.Method != "persona" {
			return nil, ErrLogin
		}
		return p, nil
	}
	path, err := s.options.Verifier.Verify(ctx, certs.Request{
		Certificate: login.Certificate, Intermediates: s.options.Intermediates, Purpose: certs.Authentication,
	})
	if err != nil {
		return nil, err
	}
	profile := path.Profile()
	hash := sha256.Sum256(login.Certificate.Raw)
	p.Document, p.Assurance, p.Table = profile.Document.String(), profile.Assurance, profile.TableVersion
	p.NotAfter, p.Certificate = login.Certificate.NotAfter, hex.EncodeToString(hash[:])
	return p, nil
}

func (r *row) access(login Login, now time.Time) Access {
	a := Access{
		At: now, Action: Granted, Client: Client{ID: r.client, Name: r.clientName},
		Person: login.Person.Identifier, PersonName: login.Person.FullName(), ByPerson: true,
		Authentication: login.Method, Session: r.id, Message: r.id, Fields: r.granted, Purpose: r.purpose, Code: r.fault,
	}
	if r.status != Verified {
		a.Action, a.Fields = Declined, r.claims
	}
	return a
}

// back is where the person goes: the return address with the session's id,
// which is worth nothing without the company's key.
func (r *row) back() string {
	u, err := url.Parse(r.returnURL)
	if err != nil || r.returnURL == "" {
		return ""
	}
	query := u.Query()
	query.Set("verification_session", r.id)
	u.RawQuery = query.Encode()
	return u.String()
}
