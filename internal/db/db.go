// Package db says what the rooms that own tables ask of a database, so that
// none of them knows a driver or a dialect.
//
// A room takes a [Database], writes its statements once for SQLite and
// PostgreSQL, with numbered parameters ($1, $2), BIGINT for times (Unix
// microseconds, UTC), BYTEA for bytes and TEXT for the rest, and gives its
// migrations away as an embedded folder. gateway/store opens the database,
// runs the migrations and retries a transaction that the database asks to
// repeat.
package db

import (
	"context"
	"database/sql"
)

// Querier runs statements, inside a transaction or outside of one. *sql.DB,
// *sql.Tx and *sql.Conn are Queriers.
type Querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Database is a Querier with transactions.
type Database interface {
	Querier

	// Tx runs do in one transaction that is durable when Tx returns nil and
	// leaves nothing when it returns an error. do may run more than once and
	// must not act on anything but tx: effects outside belong after Tx.
	// Transactions of several callers may share one commit.
	Tx(ctx context.Context, do func(tx Querier) error) error
}
