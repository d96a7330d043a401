package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
)

// maxPrepared bounds the statements that a connection keeps.
const maxPrepared = 64

// prepared keeps a SQLite connection's statements: parsing an INSERT again costs
// as much as running it. A statement that runs is not in the map, so it is never
// run twice at a time. pgx keeps its own.
type prepared map[string]driver.Stmt

// worthKeeping tells statements of every day from those of migrations.
func worthKeeping(query string) bool {
	word, _, _ := strings.Cut(strings.TrimLeft(query, " \t\n"), " ")
	switch word {
	case "INSERT", "UPDATE", "DELETE", "SELECT", "WITH", "SAVEPOINT", "RELEASE":
		return true
	}
	return false
}

// take gives the statement of a query, prepared now when it is not kept.
func (p prepared) take(ctx context.Context, c fullConn, query string) (driver.Stmt, error) {
	if s, ok := p[query]; ok {
		delete(p, query)
		return s, nil
	}
	return c.PrepareContext(ctx, query)
}

// giveBack keeps the statement for the next time, in place of any other when
// there are too many.
func (p prepared) giveBack(query string, s driver.Stmt) error {
	if _, ok := p[query]; ok {
		return s.Close()
	}
	var err error
	for old, other := range p {
		if len(p) < maxPrepared {
			break
		}
		delete(p, old)
		err = errors.Join(err, other.Close())
	}
	p[query] = s
	return err
}

// forget closes all.
func (p prepared) forget() (err error) {
	for query, s := range p {
		delete(p, query)
		err = errors.Join(err, s.Close())
	}
	return err
}

// exec runs a kept statement.
func (p prepared) exec(ctx context.Context, c fullConn, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := p.take(ctx, c, query)
	if err != nil {
		return nil, err
	}
	own, ok := s.(driver.StmtExecContext)
	if !ok {
		return nil, errors.Join(errDriver, s.Close())
	}
	result, err := own.ExecContext(ctx, args)
	return result, errors.Join(err, p.giveBack(query, s))
}

// query runs a kept statement, which comes back when its rows are closed.
func (p prepared) query(ctx context.Context, c fullConn, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := p.take(ctx, c, query)
	if err != nil {
		return nil, err
	}
	own, ok := s.(driver.StmtQueryContext)
	if !ok {
		return nil, errors.Join(errDriver, s.Close())
	}
	inner, err := own.QueryContext(ctx, args)
	if err != nil {
		return nil, errors.Join(err, p.giveBack(query, s))
	}
	return &keptRows{inner, func() error { return p.giveBack(query, s) }}, nil
}

type keptRows struct {
	driver.Rows
	giveBack func() error
}

func (r *keptRows) Close() error {
	err := r.Rows.Close()
	if r.giveBack != nil {
		err = errors.Join(err, r.giveBack())
		r.giveBack = nil
	}
	return err
}
