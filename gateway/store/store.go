package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"

	"eidgate/internal/db"
)

// Dialect is which database a Store is.
type Dialect string

// The databases there are.
const (
	SQLite     Dialect = "sqlite"
	PostgreSQL Dialect = "postgres"
)

// Options of a Store. The zero value works.
type Options struct {
	// MaxConns bounds the connections to PostgreSQL; zero means
	// DefaultMaxConns.
	MaxConns int
	// Log hears of migrations and repeated transactions; nil is silent.
	Log *slog.Logger
}

// Store is an open database. It is safe for concurrent use; close it after.
type Store struct {
	dialect     Dialect
	read, write *sql.DB   // the same pool for PostgreSQL
	writer      *writer   // SQLite's turn-taking; nil for PostgreSQL
	pipeline    *pipeline // PostgreSQL's shared commits; nil for SQLite
	options     Options
	lockFile    string // SQLite: held while migrating
}

var _ db.Database = (*Store)(nil)

// Open opens the database at an address: "sqlite:PATH" or a path alone, or
// "postgres://...". A SQLite file is made when missing. PostgreSQL is first
// reached by the first use, so that a node can start while it is away; Ping
// tells. It refuses with ErrURL and ErrUnavailable.
func Open(ctx context.Context, address string, o Options) (*Store, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		return openPostgres(address, o) //nolint:contextcheck // it connects to nothing yet
	}
	path := strings.TrimPrefix(address, "sqlite:")
	if path == "" || strings.Contains(path, "://") {
		return nil, ErrURL
	}
	s, err := openSQLite(path, o)
	if err != nil {
		return nil, err
	}
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Dialect is which database this is; rooms do not need to know.
func (s *Store) Dialect() Dialect { return s.dialect }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.read.ExecContext(ctx, "SELECT 1")
	return err
}

// Close gives the connections back.
func (s *Store) Close() error {
	if s.read == s.write {
		return s.read.Close()
	}
	return errors.Join(s.read.Close(), s.write.Close())
}

// ExecContext runs one statement in a transaction of its own.
func (s *Store) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	var result sql.Result
	err := s.Tx(ctx, func(tx db.Querier) error {
		var err error
		result, err = tx.ExecContext(ctx, query, args...)
		return err
	})
	return result, err
}

// QueryContext reads what has been committed. Statements that write belong in
// Tx.
func (s *Store) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return s.read.QueryContext(ctx, query, args...)
}

// QueryRowContext reads one row of what has been committed.
func (s *Store) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return s.read.QueryRowContext(ctx, query, args...)
}
