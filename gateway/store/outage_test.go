package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
	"eidgate/internal/fault"
)

// TestAwayAndBack stops PostgreSQL under load and starts it again: every error
// says so, and what was acknowledged is there.
func TestAwayAndBack(t *testing.T) {
	server := storetest.NewServer(t)
	s := migrated(t, storetest.Open(t, server.Database(t)))
	ctx := t.Context()
	stop := make(chan struct{})
	var wait sync.WaitGroup
	var mu sync.Mutex // guards acknowledged and failures
	acknowledged, failures := []string{}, 0
	for i := range 4 {
		wait.Go(func() {
			for j := 0; ; j++ {
				select {
				case <-stop:
					return
				default:
				}
				name := fmt.Sprintf("%d-%d", i, j)
				write := func(tx db.Querier) error { return insert(ctx, tx, name, 1) }
				if i%2 == 0 { // in a shared commit
					write = func(tx db.Querier) error { return later(ctx, tx, name, 1) }
				}
				err := s.Tx(ctx, write)
				mu.Lock()
				if err == nil {
					acknowledged = append(acknowledged, name)
				} else if failures++; fault.CodeOf(err) != "store.unavailable" {
					t.Errorf("%q: %v", fault.CodeOf(err), err)
				}
				mu.Unlock()
			}
		})
	}
	count := func() (int, int) {
		mu.Lock()
		defer mu.Unlock()
		return len(acknowledged), failures
	}
	until(t, func() bool { n, _ := count(); return n > 20 })
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { _, f := count(); return f > 20 })
	if err := s.Ping(ctx); fault.CodeOf(err) != "store.unavailable" {
		t.Errorf("ping: %v", err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	before, _ := count()
	until(t, func() bool { n, _ := count(); return n > before+20 })
	close(stop)
	wait.Wait()
	for _, name := range acknowledged {
		if balance(t, s, name) != 1 {
			t.Errorf("%s was acknowledged and is lost", name)
		}
	}
}

// until waits for something that other goroutines bring about.
func until(t *testing.T, done func() bool) {
	t.Helper()
	for range 3000 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it does not happen")
}

// TestDiskFull fills a small file system: the code says so, nothing that was
// acknowledged is lost, and with space it goes on.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", dir).CombinedOutput(); err != nil {
		if os.Getenv("CI") != "" && os.Getuid() == 0 {
			t.Fatalf("a file system of two megabytes cannot be mounted: %s", out)
		}
		t.Skipf("a file system of two megabytes cannot be mounted: %s", out)
	}
	t.Cleanup(func() {
		if out, err := exec.CommandContext(context.WithoutCancel(t.Context()), "umount", dir).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	s, err := store.Open(t.Context(), filepath.Join(dir, "full.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	migrated(t, s)
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 256<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	var kept []string
	photo := strings.Repeat("x", 4<<10)
	fill := func(name string) error {
		return s.Tx(t.Context(), func(tx db.Querier) error {
			_, err := tx.ExecContext(t.Context(), "INSERT INTO account (name, owner, balance, photo, open) VALUES ($1, $1, 1, $2, $3)", name, []byte(photo), true)
			return err
		})
	}
	for i := 0; err == nil && i < 10_000; i++ {
		name := fmt.Sprint("n", i)
		if err = fill(name); err == nil {
			kept = append(kept, name)
		}
	}
	if fault.CodeOf(err) != "store.full" {
		t.Fatalf("%q: %v", fault.CodeOf(err), err)
	}
	var wait sync.WaitGroup
	for i := range 8 { // sharing a commit that cannot be
		wait.Go(func() {
			if err := fill(fmt.Sprint("m", i)); fault.CodeOf(err) != "store.full" {
				t.Errorf("%q: %v", fault.CodeOf(err), err)
			}
		})
	}
	wait.Wait()
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := fill("after"); err != nil {
		t.Errorf("with space again: %v", err)
	}
	for _, name := range append(kept, "after") {
		if balance(t, s, name) != 1 {
			t.Errorf("%s is lost", name)
		}
	}
}

// TestNotADatabase: what is there is never written over.
func TestNotADatabase(t *testing.T) {
	name := filepath.Join(t.TempDir(), "letter.txt")
	text := strings.Repeat("Dear Sir or Madam, ", 100)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), name, store.Options{}); fault.CodeOf(err) != "store.damaged" {
		t.Errorf("%v", err)
	}
	if b, err := os.ReadFile(name); err != nil || string(b) != text {
		t.Errorf("the file became %q, %v", b[:20], err)
	}
}

func TestAddresses(t *testing.T) {
	for address, code := range map[string]string{
		"":                                   "store.url",
		"sqlite:":                            "store.url",
		"mysql://localhost/x":                "store.url",
		"postgres://user:geheim@:bad:port/x": "store.url",
		"/proc/no/such/place/eidgate.db":     "store.unavailable",
	} {
		_, err := store.Open(t.Context(), address, store.Options{})
		if fault.CodeOf(err) != code {
			t.Errorf("%s: %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "geheim") {
			t.Error("the error holds the password")
		}
	}
	odd := filepath.Join(t.TempDir(), "a b?c#d%41 õ", "x.db")
	s, err := store.Open(t.Context(), "sqlite:"+odd, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	info, err := os.Stat(odd)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// TestManyNodesMigrate: they start at the same time and each step runs once.
func TestManyNodesMigrate(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		rooms := map[string]fs.FS{"bank": room(accounts,
			"-- +goose Up\nINSERT INTO account (name, owner, balance, open) VALUES ('first', 'first', 1, true);\n"),
			"post": room("-- +goose Up\nCREATE TABLE letter (id TEXT NOT NULL PRIMARY KEY);\n")}
		var wait sync.WaitGroup
		for range 6 {
			s := storetest.Open(t, address)
			wait.Go(func() {
				if err := s.Migrate(t.Context(), rooms); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		s := storetest.Open(t, address)
		if balance(t, s, "first") != 1 {
			t.Error("the second step did not run")
		}
		delete(rooms, "post")
		rooms["bank"] = room(accounts) // an older program
		if err := s.Migrate(t.Context(), rooms); !errors.Is(err, store.ErrNewer) {
			t.Errorf("an older program: %v", err)
		}
	})
}

// TestMigrationNames: numbers of another width would run out of order.
func TestMigrationNames(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	files := fstest.MapFS{"migrations/0001_first.sql": &fstest.MapFile{Data: []byte(accounts)}, "migrations/00002_second.sql": &fstest.MapFile{Data: []byte(accounts)}}
	if err := s.Migrate(t.Context(), map[string]fs.FS{"bank": files}); err == nil || !strings.Contains(err.Error(), "0001_first.sql") {
		t.Errorf("%v", err)
	}
}

// TestFailedMigration leaves the step undone and says which.
func TestFailedMigration(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		broken := map[string]fs.FS{"bank": room(accounts, "-- +goose Up\nINSERT INTO account (name, owner, balance, open) VALUES ('a', 'a', 1, true);\nINSERT INTO nothing VALUES (1);\n")}
		if err := s.Migrate(t.Context(), broken); err == nil || !strings.Contains(err.Error(), "bank") {
			t.Errorf("%v", err)
		}
		if balance(t, s, "a") != -1 {
			t.Error("half of a step is there")
		}
		migrated(t, s)
	})
}

// TestCancelled: a cancelled caller gets its context's error and takes nobody
// else's work with it.
func TestCancelled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		migrated(t, s)
		var wait sync.WaitGroup
		for i := range 30 {
			wait.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				name := fmt.Sprint(i)
				err := s.Tx(ctx, func(tx db.Querier) error {
					if err := insert(ctx, tx, name, 1); err != nil {
						return err
					}
					if i%3 == 0 {
						cancel()
					}
					return insert(ctx, tx, name+"'", 1)
				})
				switch {
				case i%3 == 0 && !errors.Is(err, context.Canceled):
					t.Errorf("cancelled: %v", err)
				case i%3 != 0 && err != nil && !errors.Is(err, store.ErrBusy):
					t.Errorf("not cancelled: %v", err)
				}
				if got := balance(t, s, name); err == nil != (got == 1) {
					t.Errorf("%v, but balance %d", err, got)
				}
			})
		}
		wait.Wait()
	})
}
