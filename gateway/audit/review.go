package audit

import (
	"context"
	"fmt"
	"time"

	"eidgate/certs"
	"eidgate/internal/db"
	"eidgate/internal/fault"
)

// ErrPurpose refuses a review without a reason.
var ErrPurpose = fault.New("audit.purpose-required", "a review needs a reason",
	"Say why you look, in 3 to 300 characters: a case number or the occasion of the inspection.")

// Reviewer is an official who looks at events.
type Reviewer struct {
	Person certs.Identifier
	Name   string
	Role   Role
	// Authentication is how the official logged in.
	Authentication string
}

// Query is what an official looks for.
type Query struct {
	Filter
	// Person whose data it was; zero is anybody. It replaces Filter.Subject.
	Person certs.Identifier
	// Reason of the review. The persons concerned see it.
	Reason string
}

// Search gives an official the events that query chooses, newest first, and
// their number. The search is an event itself, committed before the answer, and
// the person asked for sees it. A look at one event is [Events.Open]. It answers [ErrPurpose].
func (e *Events) Search(ctx context.Context, by Reviewer, query Query) ([]Entry, int, error) {
	if n := len([]rune(query.Reason)); n < 3 || n > 300 {
		return nil, 0, fmt.Errorf("searching events: %w", ErrPurpose)
	}
	if !query.Person.IsZero() {
		query.Subject = e.PseudonymOf(query.Person)
	}
	event := e.review(by, "review.searched", query.Person, query.Reason)
	event.Fields = query.asked()
	err := e.options.Database.Tx(ctx, func(tx db.Querier) error {
		_, err := e.Record(ctx, tx, event)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("searching events: %w", err)
	}
	return e.Find(ctx, query.Filter)
}

// Open gives an official one event. The look is recorded for the person whom
// the event is about.
func (e *Events) Open(ctx context.Context, by Reviewer, id, reason string) (Entry, error) {
	if n := len([]rune(reason)); n < 3 || n > 300 {
		return Entry{}, fmt.Errorf("opening an event: %w", ErrPurpose)
	}
	entry, err := e.Get(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	if err := e.recordLook(ctx, by, "review.opened", &entry, reason); err != nil {
		return Entry{}, fmt.Errorf("opening an event: %w", err)
	}
	return entry, nil
}

// Prove gives an official the proof of one event; see [Events.Proof]. That it
// was taken is recorded for the person whom the event is about.
func (e *Events) Prove(ctx context.Context, by Reviewer, id, reason string) ([]byte, error) {
	if n := len([]rune(reason)); n < 3 || n > 300 {
		return nil, fmt.Errorf("proving an event: %w", ErrPurpose)
	}
	entry, err := e.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	file, err := e.Proof(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := e.recordLook(ctx, by, "review.proved", &entry, reason); err != nil {
		return nil, fmt.Errorf("proving an event: %w", err)
	}
	return file, nil
}

// recordLook records what an official did with one event.
func (e *Events) recordLook(ctx context.Context, by Reviewer, action string, entry *Entry, reason string) error {
	event := e.review(by, action, certs.Identifier{}, reason)
	event.Evidence.Message = entry.ID
	return e.options.Database.Tx(ctx, func(tx db.Querier) error {
		_, err := e.recordAbout(ctx, tx, event, entry.Subject)
		return err
	})
}

// asked says what a search was for, besides the person.
func (q *Query) asked() (asked []string) {
	day := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.UTC().Format(time.RFC3339)
	}
	for _, part := range [][2]string{
		{"organisation", q.Organisation}, {"kind", string(q.Kind)}, {"result", string(q.Result)}, {"from", day(q.From)}, {"before", day(q.To)},
	} {
		if part[1] != "" {
			asked = append(asked, part[0]+"="+part[1])
		}
	}
	return asked
}

func (e *Events) review(by Reviewer, action string, subject certs.Identifier, reason string) Event {
	return Event{
		At: e.options.Now().UTC().Truncate(time.Microsecond), Kind: Review, Action: action,
		Actor: Actor{
			Person: by.Person, PersonName: by.Name, Role: string(by.Role.Name),
			Organisation: by.Role.Organisation, OrganisationName: by.Role.OrganisationName,
			Authentication: by.Authentication,
		},
		Subject: subject, Service: "audit", Purpose: reason, LegalBasis: by.Role.LegalBasis, Result: Done,
	}
}
