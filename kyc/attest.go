package kyc

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"eidgate/internal/db"
	"eidgate/kyc/sdjwt"
)

// NewAttestation is what a company asks to be attested.
type NewAttestation struct {
	Session string
	// Claims of the session's result; none means all of them.
	Claims []string
	// Holder is the key that presentations will be bound to; nil makes a bearer
	// attestation.
	Holder *sdjwt.Key
	// Life is 1 minute to 400 days; zero is 90 days. It never outlives the
	// card's certificate.
	Life time.Duration
	// Retry is the company's idempotency key, or empty: attesting the same again
	// with it gives what it made first, without its text, which is not kept.
	Retry string `json:"-"`
}

// Attestation is an SD-JWT VC and what the company needs to know of it.
type Attestation struct {
	ID        string
	Session   string
	Text      string // issued once, not kept
	IssuedAt  time.Time
	ExpiresAt time.Time
	RevokedAt time.Time // zero while it holds
	Status    sdjwt.Status
}

const (
	minLife     = time.Minute
	maxLife     = 400 * 24 * time.Hour
	defaultLife = 90 * 24 * time.Hour
)

// Attest issues an attestation of what a session verified, after its event is
// committed. It answers ErrUnknown, ErrState, ErrNotGranted, ErrLifetime,
// ErrHolderKey, ErrCardEnded, ErrErased or ErrRetry.
func (s *Service) Attest(ctx context.Context, client Client, asked NewAttestation) (*Attestation, error) {
	if asked.Life == 0 {
		asked.Life = defaultLife
	}
	if asked.Life < minLife || asked.Life > maxLife {
		return nil, fmt.Errorf("attesting: %w", ErrLifetime)
	}
	if asked.Holder != nil {
		if _, err := asked.Holder.Public(); err != nil {
			return nil, fmt.Errorf("attesting: %w", ErrHolderKey)
		}
	}
	id, err := s.identifier("at_", 16)
	if err != nil {
		return nil, err
	}
	var a *Attestation
	err = s.options.Database.Tx(ctx, func(tx db.Querier) error {
		var err error
		a, err = s.attest(ctx, tx, client, id, asked)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("attesting: %w", err)
	}
	return a, nil
}

func (s *Service) attest(ctx context.Context, tx db.Querier, client Client, id string, asked NewAttestation) (*Attestation, error) {
	before, err := repeated(ctx, tx, client, "attestation", asked.Retry, asked, id, s.options.Now())
	if err != nil {
		return nil, err
	}
	if before != "" {
		return s.attestation(ctx, tx, client, before)
	}
	r, err := s.verifiedRow(ctx, tx, client, asked.Session)
	if err != nil {
		return nil, err
	}
	claims, err := r.attested(asked.Claims)
	if err != nil {
		return nil, err
	}
	now := s.options.Now().UTC().Truncate(time.Second)
	end := now.Add(asked.Life)
	if last := r.person.NotAfter; !last.IsZero() && end.After(last) {
		end = last.UTC()
	}
	if !end.After(now) {
		return nil, ErrCardEnded
	}
	list, place, err := s.takePlace(ctx, tx)
	if err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO kyc_attestation (id, client, session, list, place, issued, expires, revoked) VALUES ($1, $2, $3, $4, $5, $6, $7, 0)`,
		id, client.ID, r.id, list, place, now.UnixMicro(), end.UnixMicro())
	if err != nil {
		return nil, err
	}
	if err := s.options.Record(ctx, tx, s.byClient(r, Attested, id, claims)); err != nil {
		return nil, err
	}
	a := &Attestation{
		ID: id, Session: r.id, IssuedAt: now, ExpiresAt: end, Status: sdjwt.Status{Index: place, URI: s.listURI(list)},
	}
	a.Text, err = s.issuer.Issue(s.credential(r, a, claims, asked.Holder))
	return a, err
}

// attested are the claims to attest: those asked for, of those granted.
func (r *row) attested(asked []string) ([]string, error) {
	if len(asked) == 0 {
		return r.granted, nil
	}
	for i, claim := range asked {
		if !slices.Contains(r.granted, claim) || slices.Contains(asked[:i], claim) {
			return nil, ErrNotGranted
		}
	}
	return asked, nil
}

func (s *Service) credential(r *row, a *Attestation, claims []string, holder *sdjwt.Key) sdjwt.Credential {
	c := sdjwt.Credential{
		Type: s.VCT(), IssuedAt: a.IssuedAt, NotBefore: a.IssuedAt, Expires: a.ExpiresAt, Holder: holder, Status: &a.Status,
		Plain: map[string]any{"verification": s.verification(r), "livemode": s.options.Live},
	}
	c.Claims = append(c.Claims, sdjwt.Claim{Name: "sub", Value: s.subject(r.client, r.person.Identifier)})
	ages := sdjwt.Claim{Name: ageOver}
	for _, name := range claims {
		value, err := r.person.value(name)
		if err != nil {
			continue // cannot be: only what the card proves was granted
		}
		if age, ok := ageOf(name); ok {
			ages.Members = append(ages.Members, sdjwt.Claim{Name: strconv.Itoa(age), Value: value})
			continue
		}
		c.Claims = append(c.Claims, sdjwt.Claim{Name: name, Value: value})
	}
	if len(ages.Members) > 0 {
		c.Claims = append(c.Claims, ages)
	}
	return c
}

// Attestation gives a client's attestation, without its text.
func (s *Service) Attestation(ctx context.Context, client Client, id string) (*Attestation, error) {
	a, err := s.attestation(ctx, s.options.Database, client, id)
	if err != nil {
		return nil, fmt.Errorf("reading an attestation: %w", err)
	}
	return a, nil
}

func (s *Service) attestation(ctx context.Context, q db.Querier, client Client, id string) (*Attestation, error) {
	a := &Attestation{ID: id}
	var list, issued, expires, revoked int64
	err := q.QueryRowContext(ctx, `
		SELECT session, list, place, issued, expires, revoked FROM kyc_attestation WHERE id = $1 AND client = $2`,
		id, client.ID).Scan(&a.Session, &list, &a.Status.Index, &issued, &expires, &revoked)
	if err != nil {
		return nil, unknown(err)
	}
	a.IssuedAt, a.ExpiresAt, a.Status.URI = time.UnixMicro(issued).UTC(), time.UnixMicro(expires).UTC(), s.listURI(list)
	if revoked != 0 {
		a.RevokedAt = time.UnixMicro(revoked).UTC()
	}
	return a, nil
}

// Revoke makes an attestation invalid for ever; the next status list says so.
// Revoking again changes nothing.
func (s *Service) Revoke(ctx context.Context, client Client, id string) (*Attestation, error) {
	var a *Attestation
	err := s.options.Database.Tx(ctx, func(tx db.Querier) error {
		var err error
		if a, err = s.attestation(ctx, tx, client, id); err != nil || !a.RevokedAt.IsZero() {
			return err
		}
		r, err := s.row(ctx, tx, `id = $1 AND client = $2`, a.Session, client.ID)
		if err != nil {
			return err
		}
		if r.sealed.key == "" {
			return ErrErased // it had ended before
		}
		if r.person, err = s.vault.open(r); err != nil {
			return err
		}
		a.RevokedAt = s.options.Now().UTC().Truncate(time.Microsecond)
		if _, err := tx.ExecContext(ctx, `UPDATE kyc_attestation SET revoked = $1 WHERE id = $2`, a.RevokedAt.UnixMicro(), id); err != nil {
			return err
		}
		return s.options.Record(ctx, tx, s.byClient(r, Revoked, id, nil))
	})
	if err != nil {
		return nil, fmt.Errorf("revoking an attestation: %w", err)
	}
	s.cache.forget()
	return a, nil
}
