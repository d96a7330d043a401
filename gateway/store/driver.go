package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"

	"github.com/jackc/pgx/v5"
)

// classifier finds the sentinel that a driver's error means, or nil.
type classifier func(conn driver.Conn, err error) error

// connector opens connections whose errors carry codes. database/sql asks for
// optional interfaces; both drivers have all of [fullConn].
type connector struct {
	driver.Connector
	classify classifier
	keep     bool // statements, where the driver does not by itself
}

type fullConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
}

var errDriver = errors.New("the driver lacks what database/sql needs")

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, codeOf(ctx, c.classify, nil, err)
	}
	full, ok := inner.(fullConn)
	if !ok {
		return nil, errors.Join(errDriver, inner.Close())
	}
	own := &conn{fullConn: full, classify: c.classify}
	if c.keep {
		own.prepared = prepared{}
	}
	return own, nil
}

// codeOf leaves alone what ended because the caller's context did.
func codeOf(ctx context.Context, classify classifier, c driver.Conn, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return errors.Join(ctx.Err(), err)
	}
	if sentinel := classify(c, err); sentinel != nil {
		return coded(sentinel, err)
	}
	return err
}

type conn struct {
	fullConn
	classify classifier
	prepared prepared // nil keeps none
}

func (c *conn) Close() error {
	return errors.Join(c.prepared.forget(), c.fullConn.Close())
}

func (c *conn) code(ctx context.Context, err error) error {
	return codeOf(ctx, c.classify, c.fullConn, err)
}

func (c *conn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	inner, err := c.fullConn.BeginTx(ctx, o)
	if err != nil {
		return nil, c.code(ctx, err)
	}
	return &transaction{inner, c}, nil
}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	run := c.fullConn.ExecContext
	if c.prepared != nil && worthKeeping(query) {
		run = func(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
			return c.prepared.exec(ctx, c.fullConn, query, args)
		}
	}
	result, err := run(ctx, query, args)
	return result, c.code(ctx, err)
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	run := c.fullConn.QueryContext
	if c.prepared != nil && worthKeeping(query) {
		run = func(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
			return c.prepared.query(ctx, c.fullConn, query, args)
		}
	}
	inner, err := run(ctx, query, args)
	if err != nil {
		return nil, c.code(ctx, err)
	}
	return &rows{inner, ctx, c}, nil
}

func (c *conn) Ping(ctx context.Context) error {
	return c.code(ctx, c.fullConn.Ping(ctx))
}

func (c *conn) ResetSession(ctx context.Context) error {
	return c.code(ctx, c.fullConn.ResetSession(ctx))
}

// IsValid keeps a connection that was closed, as pgx does when a caller's
// context ends in the middle of a statement, from being handed to the next
// caller that waits: database/sql would try three such and give up.
func (c *conn) IsValid() bool {
	if closable, ok := c.fullConn.(interface{ Conn() *pgx.Conn }); ok {
		return !closable.Conn().IsClosed()
	}
	if validator, ok := c.fullConn.(driver.Validator); ok {
		return validator.IsValid()
	}
	return true
}

type transaction struct {
	inner driver.Tx
	conn  *conn
}

func (t *transaction) Commit() error {
	return t.conn.code(context.Background(), t.inner.Commit())
}

func (t *transaction) Rollback() error {
	return t.conn.code(context.Background(), t.inner.Rollback())
}

type rows struct {
	driver.Rows
	ctx  context.Context //nolint:containedctx // the query's own, for telling whose end an error is
	conn *conn
}

func (r *rows) Next(dest []driver.Value) error {
	err := r.Rows.Next(dest)
	if err == io.EOF { //nolint:errorlint // driver.Rows: exactly io.EOF is the end of the rows
		return io.EOF
	}
	return r.conn.code(r.ctx, err)
}
