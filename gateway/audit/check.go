package audit

import (
	"context"
	"fmt"

	"eidgate/internal/fault"
)

// ErrChanged is what Check answers.
var ErrChanged = fault.New("audit.changed", "an access event is not the one that was recorded",
	"Somebody changed the database. Keep it as it is and compare it with a backup.")

const checkAtOnce = 500

// Check compares every event with its leaf and every leaf with its event, and
// the ledger's tree with what was signed. It names the first event that was
// changed, removed or added, by its id: [ErrChanged], ledger.ErrChanged.
func (e *Events) Check(ctx context.Context) error {
	if err := e.options.Ledger.Check(ctx); err != nil {
		return err
	}
	var missing string
	err := e.options.Database.QueryRowContext(ctx, `
		SELECT COALESCE(MIN(ledger_leaf.id), '') FROM ledger_leaf
		LEFT JOIN audit_event ON audit_event.id = ledger_leaf.id WHERE audit_event.id IS NULL`).Scan(&missing)
	if err != nil {
		return fmt.Errorf("checking the events: %w", err)
	}
	if missing != "" {
		return fmt.Errorf("checking the events: %w: %s was removed", ErrChanged, missing)
	}
	for last := ""; ; {
		entries, err := e.read(ctx, ` WHERE id > $1 ORDER BY id LIMIT $2`, last, checkAtOnce)
		if err != nil {
			return fmt.Errorf("checking the events: %w", err)
		}
		for _, entry := range entries {
			if !entry.Intact {
				return fmt.Errorf("checking the events: %w: %s", ErrChanged, entry.ID)
			}
		}
		if len(entries) < checkAtOnce {
			return nil
		}
		last = entries[len(entries)-1].ID
	}
}
