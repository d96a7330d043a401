package audit

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"eidgate/certs"
	"eidgate/gateway/ledger"
	"eidgate/gateway/ledger/proof"
	"eidgate/internal/fault"
)

// What reading answers.
var (
	ErrUnknown  = fault.New("audit.unknown-event", "there is no such event", "Check the address of the page.")
	ErrNotYours = fault.New("audit.not-yours", "the event is about somebody else", "Log in as the person whom the event is about.")
)

// Entry is an event as it is read, with what the ledger says of it. Persons
// are pseudonyms.
type Entry struct {
	ID         string
	At         time.Time
	Kind       Kind
	Action     string
	Actor      EntryActor
	Subject    Pseudonym
	Service    string
	Fields     []string
	Purpose    string
	LegalBasis string
	Case       string
	Result     Result
	Code       string
	Evidence   Evidence
	// Intact is false when the event is not what was committed to the ledger.
	Intact bool
	// Ledger says whether the event is in the signed tree already.
	Ledger ledger.State
}

// EntryActor is who asked, as it was recorded.
type EntryActor struct {
	Person           Pseudonym
	PersonName       string
	Organisation     string
	OrganisationName string
	System           string
	Role             string
	Authentication   string
}

// Filter chooses events. The zero Filter is all of them.
type Filter struct {
	// Subject and Actor are persons; zero is any.
	Subject, Actor Pseudonym
	// Organisation is the identifier; empty is any.
	Organisation string
	Kind         Kind
	Result       Result
	// Released leaves out what was denied or failed: nobody saw any data then.
	Released bool
	// ByOthers leaves out what the person did herself, such as her logins.
	ByOthers bool
	// From is inclusive and To exclusive; zero is open.
	From, To time.Time
	// Offset and Limit page through the newest first. Limit is at most MaxLimit.
	Offset, Limit int
}

// MaxLimit is the largest page.
const MaxLimit = 1000

// where builds the conditions; values are always parameters.
func (f Filter) where() (string, []any) {
	var conditions []string
	var values []any
	add := func(condition string, value any) {
		values = append(values, value)
		conditions = append(conditions, fmt.Sprintf(condition, len(values)))
	}
	for _, c := range []struct{ column, value string }{
		{"subject", string(f.Subject)}, {"actor", string(f.Actor)}, {"organisation", f.Organisation},
		{"kind", string(f.Kind)}, {"result", string(f.Result)},
	} {
		if c.value != "" {
			add(c.column+" = $%d", c.value)
		}
	}
	if f.Released {
		add("result = $%d", string(Done))
	}
	if f.ByOthers {
		conditions = append(conditions, "NOT (actor = subject AND organisation = '')")
	}
	if !f.From.IsZero() {
		add("at >= $%d", f.From.UnixMicro())
	}
	if !f.To.IsZero() {
		add("at < $%d", f.To.UnixMicro())
	}
	if len(conditions) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(conditions, " AND "), values
}

// Find reads events, newest first, and counts all that the filter chooses. It
// records nothing; officials go through [Events.Search].
func (e *Events) Find(ctx context.Context, filter Filter) (entries []Entry, total int, err error) {
	where, values := filter.where()
	err = e.options.Database.QueryRowContext(ctx, `SELECT COUNT(*) FROM audit_event`+where, values...).Scan(&total)
	if err != nil {
		return nil, 0, fmt.Errorf("counting events: %w", err)
	}
	limit := filter.Limit
	if limit <= 0 || limit > MaxLimit {
		limit = MaxLimit
	}
	page := fmt.Sprintf(` ORDER BY at DESC, id DESC LIMIT $%d OFFSET $%d`, len(values)+1, len(values)+2)
	entries, err = e.read(ctx, where+page, append(values, limit, max(filter.Offset, 0))...)
	return entries, total, err
}

// OfPerson reads the events about a person, newest first: what she may see of
// herself.
func (e *Events) OfPerson(ctx context.Context, person certs.Identifier, filter Filter) ([]Entry, int, error) {
	if person.IsZero() {
		return nil, 0, fmt.Errorf("reading a person's events: %w", ErrNotYours)
	}
	filter.Subject = e.PseudonymOf(person)
	return e.Find(ctx, filter)
}

// Get reads one event.
func (e *Events) Get(ctx context.Context, id string) (Entry, error) {
	entries, err := e.read(ctx, ` WHERE id = $1`, id)
	if err != nil {
		return Entry{}, err
	}
	if len(entries) == 0 {
		return Entry{}, fmt.Errorf("reading an event: %w", ErrUnknown)
	}
	return entries[0], nil
}

const columns = `SELECT id, at, kind, subject, actor, organisation, result, salt, record FROM audit_event`

// row is an event's row, columns and record.
type row struct {
	id, kind, subject, actor, organisation, result string
	at                                             int64
	salt, text                                     []byte
}

func (r *row) scan(rows *sql.Rows) error {
	return rows.Scan(&r.id, &r.at, &r.kind, &r.subject, &r.actor, &r.organisation, &r.result, &r.salt, &r.text)
}

func (e *Events) read(ctx context.Context, rest string, values ...any) ([]Entry, error) {
	rows, err := e.options.Database.QueryContext(ctx, columns+rest, values...)
	if err != nil {
		return nil, fmt.Errorf("reading events: %w", err)
	}
	defer rows.Close()
	var found []row
	for rows.Next() {
		var r row
		if err := r.scan(rows); err != nil {
			return nil, fmt.Errorf("reading events: %w", err)
		}
		found = append(found, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading events: %w", err)
	}
	ids, leaves := make([]string, len(found)), make([]proof.Leaf, len(found))
	for i := range found {
		ids[i], leaves[i] = found[i].id, found[i].opening().Leaf()
	}
	held, err := e.options.Ledger.HoldsAll(ctx, ids, leaves)
	if err != nil {
		return nil, fmt.Errorf("asking the ledger about events: %w", err)
	}
	entries := make([]Entry, len(found))
	for i := range found {
		entries[i] = found[i].entry(held[i])
	}
	return entries, nil
}

// entry reads a record and compares it with its columns and its leaf.
func (r *row) entry(held ledger.Holding) Entry {
	var read record
	if err := json.Unmarshal(r.text, &read); err != nil {
		read = record{} // the columns are all there is; the entry says that it was changed
	}
	entry := read.entry()
	entry.Ledger = held.State
	entry.Intact = held.Err == nil && r.agrees(&read)
	if read.ID == "" {
		entry.ID, entry.At = r.id, time.UnixMicro(r.at).UTC()
	}
	return entry
}

func (r *row) opening() proof.Opening {
	opening := proof.Opening{Record: r.text}
	copy(opening.Salt[:], r.salt)
	return opening
}

// agrees says that the columns are what the record says.
func (r *row) agrees(read *record) bool {
	return len(r.salt) == len(proof.Salt{}) &&
		r.id == read.ID && r.at == read.At.UnixMicro() && r.kind == string(read.Kind) &&
		r.subject == read.Subject && r.actor == read.Actor.Person &&
		r.organisation == read.Actor.Organisation && r.result == string(read.Result)
}

func (r *record) entry() Entry {
	return Entry{
		ID: r.ID, At: r.At, Kind: r.Kind, Action: r.Action,
		Actor: EntryActor{
			Person: Pseudonym(r.Actor.Person), PersonName: r.Actor.PersonName,
			Organisation: r.Actor.Organisation, OrganisationName: r.Actor.OrganisationName,
			System: r.Actor.System, Role: r.Actor.Role, Authentication: r.Actor.Authentication,
		},
		Subject: Pseudonym(r.Subject), Service: r.Service, Fields: r.Fields,
		Purpose: r.Purpose, LegalBasis: r.LegalBasis, Case: r.Case,
		Result: r.Result, Code: r.Code,
		Evidence: Evidence{Message: r.Message, Hash: r.Hash},
	}
}
