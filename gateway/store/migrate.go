package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"eidgate/internal/filelock"
)

// migrationLock is the key of the PostgreSQL advisory lock that is held while
// migrating: "eidgate" in ASCII.
const migrationLock = 0x65696467617465

// Migrate brings the tables of every room up to date. rooms holds, by the
// room's name, a file system with the folder "migrations" of goose SQL files.
// Each room has its own version table, "NAME_migrations". Nodes that start at
// the same time take turns. It refuses with ErrNewer a database that a newer
// program has migrated.
func (s *Store) Migrate(ctx context.Context, rooms map[string]fs.FS) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return fmt.Errorf("waiting for other nodes to migrate: %w", err)
	}
	defer unlock()
	for _, room := range slices.Sorted(maps.Keys(rooms)) {
		if err := s.migrate(ctx, room, rooms[room]); err != nil {
			return fmt.Errorf("migrating the tables of %s: %w", room, err)
		}
	}
	return nil
}

func (s *Store) migrate(ctx context.Context, room string, files fs.FS) error {
	folder, err := fs.Sub(files, "migrations")
	if err != nil {
		return err
	}
	if err := checkNames(folder); err != nil {
		return err
	}
	dialect := database.DialectSQLite3
	if s.dialect == PostgreSQL {
		dialect = database.DialectPostgres
	}
	provider, err := goose.NewProvider(dialect, s.write, folder,
		goose.WithTableName(room+"_migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	current, target, err := provider.GetVersions(ctx)
	switch {
	case err != nil:
		return err
	case current > target:
		return ErrNewer
	case current == target:
		return nil
	}
	results, err := provider.Up(ctx)
	for _, r := range results {
		s.options.Log.InfoContext(ctx, "migrated", "room", room, "version", r.Source.Version, "took", r.Duration)
	}
	return err
}

var errName = errors.New("a migration's name does not begin with five digits")

// checkNames: goose runs files in the order of their names and takes the last
// one's number for the newest, so all numbers must have the same width.
func checkNames(folder fs.FS) error {
	names, err := fs.Glob(folder, "*.sql")
	if err != nil {
		return err
	}
	for _, name := range names {
		if ok, err := path.Match("[0-9][0-9][0-9][0-9][0-9]_?*.sql", name); !ok || err != nil {
			return fmt.Errorf("%w: %s", errName, name)
		}
	}
	return nil
}

// lock excludes other nodes.
func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	if s.dialect == SQLite {
		return filelock.Lock(s.lockFile)
	}
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if err := advisory(ctx, conn, "SET lock_timeout = 0", "SET statement_timeout = 0"); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return func() {
		background := context.WithoutCancel(ctx)
		_, err := conn.ExecContext(background, "SELECT pg_advisory_unlock($1)", int64(migrationLock))
		err = errors.Join(err, advisory(background, conn, "RESET lock_timeout", "RESET statement_timeout"), conn.Close())
		if err != nil {
			s.options.Log.WarnContext(ctx, "giving the migration lock back", "error", err)
		}
	}, nil
}

func advisory(ctx context.Context, conn *sql.Conn, statements ...string) error {
	for _, statement := range statements {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
