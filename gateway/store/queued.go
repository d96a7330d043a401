package store

import (
	"context"
	"database/sql"
	"errors"

	"eidgate/internal/db"
)

// queued is a PostgreSQL transaction that is begun only when a statement's
// result is needed. Until then it is a list of statements: one that ends so has
// read nothing, and can share a commit with others of its kind.
type queued struct {
	store      *Store
	statements []db.Statement
	tx         *sql.Tx // nil until it is begun
}

func (t *queued) Later(_ context.Context, s db.Statement) error {
	t.statements = append(t.statements, s)
	return nil
}

// begin begins the transaction and runs what was put off.
func (t *queued) begin(ctx context.Context) error {
	if t.tx == nil {
		tx, err := t.store.write.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
		if err != nil {
			return err
		}
		t.tx = tx
	}
	for len(t.statements) > 0 {
		s := t.statements[0]
		t.statements = t.statements[1:]
		if _, err := t.tx.ExecContext(ctx, s.Query, s.Args...); err != nil {
			return s.Failed(err)
		}
	}
	return nil
}

func (t *queued) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	return t.tx.ExecContext(ctx, query, args...)
}

func (t *queued) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	return t.tx.QueryContext(ctx, query, args...)
}

func (t *queued) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if err := t.begin(ctx); err != nil {
		return rowOf(ctx, err)
	}
	return t.tx.QueryRowContext(ctx, query, args...)
}

// rollback undoes what was begun.
func (t *queued) rollback() {
	if t.tx != nil {
		_ = t.tx.Rollback()
	}
}

// commit makes the transaction durable, in company when it can.
func (t *queued) commit(ctx context.Context) error {
	if t.tx == nil {
		if len(t.statements) == 0 {
			return ctx.Err()
		}
		return t.store.pipeline.commit(ctx, t.statements)
	}
	if err := t.begin(ctx); err != nil {
		return errors.Join(err, t.tx.Rollback())
	}
	return t.tx.Commit()
}
