package store

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	// maxReaders bounds SQLite's read connections; each has a page cache.
	maxReaders = 4
	// busyTimeout is how long a connection waits for another process's write,
	// in milliseconds.
	busyTimeout = "5000"
	// cacheSize of a connection's page cache, in KiB when negative.
	cacheSize = "-2000"
)

// openSQLite opens the file, made when missing and readable by its owner alone,
// with one connection for writing and a few for reading.
func openSQLite(path string, o Options) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("finding the database file: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, coded(ErrUnavailable, err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, coded(ErrUnavailable, err)
	}
	if err := f.Close(); err != nil {
		return nil, coded(ErrUnavailable, err)
	}
	write, err := sqlitePool(path, "immediate", 1)
	if err != nil {
		return nil, err
	}
	read, err := sqlitePool(path, "deferred", maxReaders)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	s := &Store{dialect: SQLite, read: read, write: write, options: o, lockFile: path + ".migrating"}
	s.writer = &writer{pool: write}
	return s, nil
}

func sqlitePool(path, lock string, size int) (*sql.DB, error) {
	query := url.Values{"_txlock": {lock}, "_pragma": {
		"busy_timeout(" + busyTimeout + ")", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)",
		"cache_size(" + cacheSize + ")", "journal_size_limit(67108864)",
		// What is deleted is overwritten: erased persons' keys stay in no free page.
		"secure_delete(FAST)",
	}}
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: query.Encode()}
	inner, err := sqlite.NewConnector(dsn.String())
	if err != nil {
		return nil, coded(ErrURL, err)
	}
	pool := sql.OpenDB(connector{inner, classifySQLite, true})
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	return pool, nil
}

// classifySQLite reads the result codes of https://www.sqlite.org/rescode.html.
func classifySQLite(_ driver.Conn, err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return nil
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return ErrDuplicate
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return ErrBusy
	case sqlite3.SQLITE_FULL:
		return ErrFull
	case sqlite3.SQLITE_CONSTRAINT:
		return ErrConflict
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return ErrDamaged
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PERM:
		return ErrUnavailable
	}
	return nil
}
