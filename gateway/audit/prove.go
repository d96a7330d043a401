package audit

import (
	"context"
	"fmt"

	"eidgate/certs"
)

// Proof makes the tlog-proof file of an event. The file holds the event's
// record. It answers [ErrUnknown], ledger.ErrPending or ledger.ErrChanged.
func (e *Events) Proof(ctx context.Context, id string) ([]byte, error) {
	var found row
	rows, err := e.options.Database.QueryContext(ctx, columns+` WHERE id = $1`, id)
	if err != nil {
		return nil, fmt.Errorf("proving an event: %w", err)
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("proving an event: %w", err)
		}
		return nil, fmt.Errorf("proving an event: %w", ErrUnknown)
	}
	if err := found.scan(rows); err != nil {
		return nil, fmt.Errorf("proving an event: %w", err)
	}
	if err := rows.Close(); err != nil {
		return nil, fmt.Errorf("proving an event: %w", err)
	}
	return e.options.Ledger.Proof(ctx, id, found.opening())
}

// ProofFor is Proof for the person whom the event is about; to anybody else
// the event does not exist.
func (e *Events) ProofFor(ctx context.Context, person certs.Identifier, id string) ([]byte, error) {
	entry, err := e.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if person.IsZero() || entry.Subject != e.PseudonymOf(person) {
		return nil, fmt.Errorf("proving an event: %w", ErrUnknown)
	}
	return e.Proof(ctx, id)
}
