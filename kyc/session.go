package kyc

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"eidgate/certs"
	"eidgate/internal/db"
)

// Status of a session.
type Status string

// The statuses: created until the page is opened, pending until the person
// decides.
const (
	Created  Status = "created"
	Pending  Status = "pending"
	Verified Status = "verified"
	Failed   Status = "failed"
	Canceled Status = "canceled"
	Expired  Status = "expired"
)

// SessionLife is how long a person has.
const SessionLife = time.Hour

// NewSession is what a company asks for.
type NewSession struct {
	// Purpose is shown to the person, 3 to 300 characters.
	Purpose string
	// Claims that are asked for, see [GivenName] and the others.
	Claims []string
	// MinimumAssurance is "", "low", "substantial" or "high".
	MinimumAssurance string
	// ReturnURL is where the person goes afterwards; empty shows a page.
	ReturnURL string
	// Reference is the company's own, at most 200 characters, returned as it is.
	Reference string
	// Retry is the company's idempotency key, or empty: creating the same again
	// with it gives the session and address that it made first.
	Retry string `json:"-"`
}

// Session is a verification as its company sees it. It has no data of the
// person.
type Session struct {
	ID        string
	Status    Status
	Error     string // why it failed
	Purpose   string
	Claims    []string
	ReturnURL string
	Reference string
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Create begins a verification and gives the address of its page, which works
// once and is not kept.
func (s *Service) Create(ctx context.Context, client Client, asked NewSession) (Session, string, error) {
	if err := s.check(client, asked); err != nil {
		return Session{}, "", fmt.Errorf("creating a verification: %w", err)
	}
	id, err := s.identifier("vs_", 16)
	if err != nil {
		return Session{}, "", err
	}
	link, err := s.linkOf(id, asked.Retry)
	if err != nil {
		return Session{}, "", err
	}
	now := s.options.Now().UTC().Truncate(time.Microsecond)
	session := Session{
		ID: id, Status: Created, Purpose: asked.Purpose, Claims: asked.Claims, ReturnURL: asked.ReturnURL,
		Reference: asked.Reference, CreatedAt: now, ExpiresAt: now.Add(SessionLife),
	}
	err = s.options.Database.Tx(ctx, func(tx db.Querier) error {
		before, err := repeated(ctx, tx, client, "session", asked.Retry, asked, id, now)
		if err != nil {
			return err
		}
		if before == "" {
			return s.insert(ctx, tx, client, asked, session, link)
		}
		r, err := s.row(ctx, tx, `id = $1 AND client = $2`, before, client.ID)
		if err != nil {
			return err
		}
		session = r.session(s.options.Now())
		link, err = s.linkOf(before, asked.Retry)
		return err
	})
	if err != nil {
		return Session{}, "", fmt.Errorf("creating a verification: %w", err)
	}
	return session, s.options.Origin + "/verify/" + link, nil
}

func (s *Service) insert(ctx context.Context, tx db.Querier, client Client, asked NewSession, made Session, link string) error {
	claims, err := json.Marshal(asked.Claims)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO kyc_session (id, client, link, browser, status, error, purpose, claims, granted, minimum, return_url, reference, created, expires, verified, person)
		VALUES ($1, $2, $3, '', $4, '', $5, $6, '[]', $7, $8, $9, $10, $11, 0, $12)`,
		made.ID, client.ID, linkHash(link), string(Created), asked.Purpose, string(claims), asked.MinimumAssurance,
		asked.ReturnURL, asked.Reference, made.CreatedAt.UnixMicro(), made.ExpiresAt.UnixMicro(), []byte{})
	return err
}

func linkHash(link string) []byte {
	hash := sha256.Sum256([]byte(link))
	return hash[:]
}

const maxReference = 200

func (s *Service) check(client Client, asked NewSession) error {
	if n := utf8.RuneCountInString(asked.Purpose); n < 3 || n > 300 || !printable(asked.Purpose) {
		return ErrPurpose
	}
	if err := checkClaims(asked.Claims); err != nil {
		return err
	}
	if asked.MinimumAssurance != "" {
		var level certs.Assurance
		if err := level.UnmarshalText([]byte(asked.MinimumAssurance)); err != nil || level == certs.UnknownAssurance {
			return ErrAssurance
		}
	}
	if len(asked.Reference) > maxReference || !printable(asked.Reference) || holdsCode(asked.Reference) {
		return ErrReference
	}
	// Both leave the service: into the person's history, and into a browser's.
	if holdsCode(asked.Purpose) {
		return ErrPurpose
	}
	if holdsCode(asked.ReturnURL) {
		return ErrReturnURL
	}
	return s.mayReturn(client, asked.ReturnURL)
}

func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// Session gives a client's session. It answers ErrUnknown.
func (s *Service) Session(ctx context.Context, client Client, id string) (Session, error) {
	r, err := s.row(ctx, s.options.Database, `id = $1 AND client = $2`, id, client.ID)
	if err != nil {
		return Session{}, fmt.Errorf("reading a verification: %w", err)
	}
	return r.session(s.options.Now()), nil
}

// Cancel ends a session that nobody has decided. Cancelling again changes
// nothing.
func (s *Service) Cancel(ctx context.Context, client Client, id string) (Session, error) {
	var r *row
	err := s.options.Database.Tx(ctx, func(tx db.Querier) error {
		var err error
		if r, err = s.row(ctx, tx, `id = $1 AND client = $2`, id, client.ID); err != nil {
			return err
		}
		if r.status == Canceled {
			return nil
		}
		if !r.open(s.options.Now()) {
			return ErrState
		}
		r.status = Canceled
		return r.end(ctx, tx)
	})
	if err != nil {
		return Session{}, fmt.Errorf("cancelling a verification: %w", err)
	}
	return r.session(s.options.Now()), nil
}

// row is a session as it is kept.
type row struct {
	id, client, browser, fault, purpose, minimum, returnURL, reference string
	status                                                             Status
	claims, granted                                                    []string
	created, expires, verified                                         int64
	sealed                                                             sealed
	erased                                                             int64
	viewer                                                             string
	clientName                                                         string
	person                                                             *person // once it was opened
}

func (s *Service) row(ctx context.Context, q db.Querier, where string, values ...any) (*row, error) {
	var r row
	var claims, granted, status string
	err := q.QueryRowContext(ctx, `
		SELECT id, client, browser, status, error, purpose, claims, granted, minimum, return_url, reference, created, expires, verified,
			person_key, data_key, person, erased, viewer, (SELECT name FROM kyc_client WHERE kyc_client.id = kyc_session.client)
		FROM kyc_session WHERE `+where, values...).Scan(
		&r.id, &r.client, &r.browser, &status, &r.fault, &r.purpose, &claims, &granted, &r.minimum, &r.returnURL,
		&r.reference, &r.created, &r.expires, &r.verified,
		&r.sealed.key, &r.sealed.dataKey, &r.sealed.person, &r.erased, &r.viewer, &r.clientName)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrUnknown
	}
	if err != nil {
		return nil, err
	}
	r.status = Status(status)
	err = errors.Join(json.Unmarshal([]byte(claims), &r.claims), json.Unmarshal([]byte(granted), &r.granted))
	return &r, err
}

// open says that somebody may still decide.
func (r *row) open(now time.Time) bool {
	return slices.Contains([]Status{Created, Pending}, r.status) && now.UnixMicro() < r.expires
}

func (r *row) session(now time.Time) Session {
	status := r.status
	if (status == Created || status == Pending) && !r.open(now) {
		status = Expired
	}
	return Session{
		ID: r.id, Status: status, Error: r.fault, Purpose: r.purpose, Claims: r.claims, ReturnURL: r.returnURL,
		Reference: r.reference, CreatedAt: time.UnixMicro(r.created).UTC(), ExpiresAt: time.UnixMicro(r.expires).UTC(),
	}
}

// end writes what was decided, but for the person: see Service.store.
func (r *row) end(ctx context.Context, tx db.Querier) error {
	granted, err := json.Marshal(r.granted)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE kyc_session SET browser = $1, status = $2, error = $3, granted = $4, verified = $5, viewer = $6 WHERE id = $7`,
		r.browser, string(r.status), r.fault, string(granted), r.verified, r.viewer, r.id)
	return err
}
