package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// rowOf is a row whose Scan gives err. database/sql makes such rows only
// itself, of what its driver says.
func rowOf(ctx context.Context, err error) *sql.Row {
	nowhere := sql.OpenDB(unreachable{err})
	defer func() { _ = nowhere.Close() }() // it has no connection
	return nowhere.QueryRowContext(context.WithoutCancel(ctx), "")
}

// unreachable connects to nothing.
type unreachable struct{ err error }

func (u unreachable) Connect(context.Context) (driver.Conn, error) { return nil, u.err }
func (u unreachable) Driver() driver.Driver                        { return u }
func (u unreachable) Open(string) (driver.Conn, error)             { return nil, u.err }
