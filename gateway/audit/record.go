package audit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"eidgate/certs"
	"eidgate/gateway/ledger"
	"eidgate/gateway/ledger/proof"
	"eidgate/internal/db"
	"eidgate/internal/fault"
)

// Migrations make the tables of events.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// What Record refuses.
var (
	ErrIncomplete = fault.New("audit.incomplete-event", "an access event lacks what it must say", "")
	ErrTooLarge   = fault.New("audit.event-too-large", "an access event is larger than 16 KiB", "Shorten the purpose or the names given with the request.")
)

// MaxRecord is the size of a record: a proof must hold it.
const MaxRecord = 16 << 10

// PepperSize is the number of bytes of a pepper.
const PepperSize = 32

// Options of the events. All are required but Now.
type Options struct {
	Database db.Database
	Ledger   *ledger.Log
	// Pepper keys the pseudonyms. Who has it and the tables can look persons up
	// by trying codes, so it is kept apart from the database.
	Pepper [PepperSize]byte
	Random io.Reader
	Now    func() time.Time
}

// Events are the access events of one ledger.
type Events struct {
	options Options
}

// New gives the events; it opens nothing.
func New(options Options) *Events {
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Events{options: options}
}

// Pseudonym names a person in this ledger and nowhere else.
type Pseudonym string

// PseudonymOf is empty for the zero Identifier.
func (e *Events) PseudonymOf(person certs.Identifier) Pseudonym {
	if person.IsZero() {
		return ""
	}
	mac := hmac.New(sha256.New, e.options.Pepper[:])
	mac.Write([]byte(person.Reveal()))
	return Pseudonym("ps_" + base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:20]))
}

// Record writes an event and its leaf in the caller's transaction and gives
// the event's id. The caller releases nothing before that transaction is
// committed. It refuses an event without kind, action or result.
func (e *Events) Record(ctx context.Context, tx db.Querier, event Event) (id string, err error) {
	return e.recordAbout(ctx, tx, event, e.PseudonymOf(event.Subject))
}

func (e *Events) recordAbout(ctx context.Context, tx db.Querier, event Event, subject Pseudonym) (string, error) {
	if event.Kind == "" || event.Action == "" || event.Result == "" {
		return "", fmt.Errorf("recording an access: %w", ErrIncomplete)
	}
	if event.At.IsZero() {
		event.At = e.options.Now()
	}
	event.At = event.At.UTC().Truncate(time.Microsecond)
	var random [16 + len(proof.Salt{})]byte
	if _, err := io.ReadFull(e.options.Random, random[:]); err != nil {
		return "", fmt.Errorf("recording an access: %w", err)
	}
	id := "ev_" + base64.RawURLEncoding.EncodeToString(random[:16])
	salt := proof.Salt(random[16:])
	r := e.recordOf(id, event, subject)
	text, err := json.Marshal(r)
	if err != nil {
		return "", fmt.Errorf("recording an access: %w", err)
	}
	if len(text) > MaxRecord {
		return "", fmt.Errorf("recording an access: %w", ErrTooLarge)
	}
	return id, e.write(ctx, tx, r, salt, text)
}

func (e *Events) write(ctx context.Context, tx db.Querier, r record, salt proof.Salt, text []byte) error {
	err := db.Later(ctx, tx, db.Statement{
		Query: `
		INSERT INTO audit_event (id, at, kind, subject, actor, organisation, result, salt, record)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		Args: []any{r.ID, r.At.UnixMicro(), string(r.Kind), r.Subject, r.Actor.Person, r.Actor.Organisation, string(r.Result), salt[:], text},
	})
	if err != nil {
		return fmt.Errorf("recording an access: %w", err)
	}
	return ledger.Append(ctx, tx, r.ID, r.At, proof.Commit(salt, text))
}
