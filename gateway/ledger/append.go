package ledger

import (
	"context"
	"embed"
	"fmt"
	"time"

	"eidgate/gateway/ledger/proof"
	"eidgate/internal/db"
)

// Migrations make the ledger's tables.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Append writes the leaf of the event id, in the transaction that writes the
// event. at orders the leaves. The same id twice is an error of the database,
// which may come when the transaction commits (db.Later).
func Append(ctx context.Context, tx db.Querier, id string, at time.Time, leaf proof.Leaf) error {
	err := db.Later(ctx, tx, db.Statement{
		Query: `INSERT INTO ledger_leaf (id, at, leaf) VALUES ($1, $2, $3)`,
		Args:  []any{id, at.UnixMicro(), leaf[:]},
	})
	if err != nil {
		return fmt.Errorf("writing the leaf of an event: %w", err)
	}
	return nil
}
