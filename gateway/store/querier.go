package store

import (
	"context"
	"database/sql"
	"errors"

	"eidgate/internal/db"
)

// querier is what a transaction's function gets. After a failed statement it
// refuses every other one.
type querier struct {
	inner db.Querier
	// uninterrupted runs statements to their end even when the context ends:
	// SQLite undoes the whole transaction when a write is interrupted, and with
	// it those of others that share it (sqlite3_interrupt).
	uninterrupted bool
	failed        error
}

var errAfterFailure = errors.New("a statement of this transaction failed before")

func (q *querier) before(ctx context.Context) (context.Context, error) {
	if q.failed != nil {
		return ctx, errors.Join(errAfterFailure, q.failed)
	}
	if !q.uninterrupted {
		return ctx, nil
	}
	return context.WithoutCancel(ctx), ctx.Err()
}

func (q *querier) after(err error) error {
	if err != nil && q.failed == nil {
		q.failed = err
	}
	return err
}

// run runs a transaction's function. One that swallows a failed statement's
// error does not commit the half of its work.
func (q *querier) run(do func(tx db.Querier) error) error {
	if err := do(q); err != nil {
		return err
	}
	return q.failed
}

// Later runs a statement at once, where nothing is gained by waiting.
func (q *querier) Later(ctx context.Context, s db.Statement) error {
	ctx, err := q.before(ctx)
	if err != nil {
		return q.after(err)
	}
	return q.after(db.Later(ctx, q.inner, s))
}

func (q *querier) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	ctx, err := q.before(ctx)
	if err != nil {
		return nil, q.after(err)
	}
	result, err := q.inner.ExecContext(ctx, query, args...)
	return result, q.after(err)
}

func (q *querier) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	ctx, err := q.before(ctx)
	if err != nil {
		return nil, q.after(err)
	}
	rows, err := q.inner.QueryContext(ctx, query, args...)
	return rows, q.after(err)
}

func (q *querier) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	ctx, err := q.before(ctx)
	if err != nil {
		return rowOf(ctx, q.after(err))
	}
	row := q.inner.QueryRowContext(ctx, query, args...)
	_ = q.after(row.Err())
	return row
}
