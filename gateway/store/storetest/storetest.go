package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"eidgate/gateway/store"
)

// shared is the test process's server; it ends when the process does.
var shared = sync.OnceValues(func() (*Server, error) { return newServer(false) }) //nolint:gochecknoglobals // one server for each test process

var databases atomic.Int64 //nolint:gochecknoglobals // names of databases on the shared server

// Each runs a test on an empty database of each kind.
func Each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	EachURL(t, func(t *testing.T, address string) {
		test(t, Open(t, address))
	})
}

// EachURL runs a test with the address of an empty database of each kind, for
// tests that open it several times.
func EachURL(t *testing.T, test func(t *testing.T, address string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// Open opens a database until the test ends.
func Open(t testing.TB, address string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), address, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// SQLite is the address of a database file that does not exist yet.
func SQLite(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "eidgate.db")
}

// Postgres is the address of an empty database on the process's server.
func Postgres(t testing.TB) string {
	t.Helper()
	s, err := shared()
	need(t, err)
	return s.Database(t)
}

// NewServer starts a PostgreSQL of the test's own, which waits for the disk and
// may be stopped and started.
func NewServer(t testing.TB) *Server {
	t.Helper()
	s, err := newServer(true)
	need(t, err)
	t.Cleanup(func() {
		if err := s.remove(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Database makes an empty database and gives its address; it is dropped when
// the test ends.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test%d", databases.Add(1))
	s.admin(t, "CREATE DATABASE "+name)
	t.Cleanup(func() { s.admin(t, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return s.URL(name)
}

// admin runs a statement that cannot run in a transaction.
func (s *Server) admin(t testing.TB, statement string) {
	t.Helper()
	out, err := s.command(filepath.Join(s.bin, "psql"), "-X", "-q", "-h", s.dir, "-U", "postgres", "-c", statement).CombinedOutput()
	if err != nil && !strings.Contains(string(out), "could not connect") && !strings.Contains(string(out), "connection to server") {
		t.Fatalf("%s: %v\n%s", statement, err, out)
	}
}

func need(t testing.TB, err error) {
	t.Helper()
	switch {
	case errors.Is(err, errMissing) && os.Getenv("CI") == "":
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
}
