package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"eidgate/internal/db"
)

// maxStale is how many connections are tried that the server closed while they
// were idle: as many as the pool may hold, and a new one.
const maxStale = DefaultMaxConns + 1

var errCommit = errors.New("PostgreSQL answered the commit with something else")

// owned is a statement and the place of the member whose it is.
type owned struct {
	db.Statement
	member int
}

// sendTogether runs the statements of all members in one transaction, sent and
// answered at once. failed is the place of the member whose statement failed,
// or -1. A nil error means that PostgreSQL said it has committed.
func sendTogether(pool *sql.DB, members []*member) (failed int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), sharedTimeout)
	defer cancel()
	statements, err := flat(members)
	if err != nil {
		return -1, err
	}
	at := -1
	for range maxStale {
		at, err = sendOnce(ctx, pool, statements)
		if !pgconn.SafeToRetry(err) { // true only when nothing was sent
			break
		}
	}
	if err != nil && at >= 0 {
		return statements[at].member, statements[at].Failed(err)
	}
	return -1, err
}

// flat gives all statements in order, their parameters as database/sql would.
func flat(members []*member) ([]owned, error) {
	var all []owned
	for i, m := range members {
		for _, s := range m.statements {
			args := make([]any, len(s.Args))
			for j, arg := range s.Args {
				value, err := driver.DefaultParameterConverter.ConvertValue(arg)
				if err != nil {
					return nil, fmt.Errorf("parameter %d of a statement: %w", j+1, err)
				}
				args[j] = value
			}
			s.Args = args
			all = append(all, owned{s, i})
		}
	}
	return all, nil
}

// sendOnce takes a connection of the pool; at is the statement that failed.
func sendOnce(ctx context.Context, pool *sql.DB, statements []owned) (at int, err error) {
	at = -1
	c, err := pool.Conn(ctx)
	if err != nil {
		return at, err
	}
	defer func() { _ = c.Close() }() // gives it back; the pool asks IsValid
	err = c.Raw(func(raw any) error {
		own, ok := raw.(*conn)
		if !ok {
			return errDriver
		}
		inner, ok := own.fullConn.(*stdlib.Conn)
		if !ok {
			return errDriver
		}
		at, err = transact(ctx, inner.Conn(), statements)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return coded(ErrUnavailable, err)
		}
		return own.code(ctx, err)
	})
	return at, err
}

// transact sends BEGIN, the statements and COMMIT as one pipeline: the server
// skips all that follows a failure, so COMMIT is carried out only after every
// statement was.
func transact(ctx context.Context, pg *pgx.Conn, statements []owned) (at int, err error) {
	batch := &pgx.Batch{}
	batch.Queue("BEGIN ISOLATION LEVEL SERIALIZABLE")
	for _, s := range statements {
		batch.Queue(s.Query, s.Args...)
	}
	batch.Queue("COMMIT")
	at, err = readAll(pg.SendBatch(ctx, batch), len(statements))
	if err != nil && !pg.IsClosed() && pg.PgConn().TxStatus() != 'I' {
		if _, undo := pg.Exec(ctx, "ROLLBACK"); undo != nil {
			return at, errors.Join(err, undo, pg.Close(ctx))
		}
	}
	return at, err
}

// readAll reads the answers to BEGIN, n statements and COMMIT.
func readAll(results pgx.BatchResults, n int) (at int, err error) {
	var tag pgconn.CommandTag
	for i := range n + 2 {
		if tag, err = results.Exec(); err != nil {
			_ = results.Close() // says the same again
			if i == n+1 {
				return -1, err // the commit's
			}
			return i - 1, err
		}
	}
	if err := results.Close(); err != nil {
		return -1, err
	}
	if tag.String() != "COMMIT" { // ROLLBACK is what a failed transaction answers
		return -1, fmt.Errorf("%w: %s", errCommit, tag)
	}
	return -1, nil
}
