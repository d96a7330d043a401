package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"testing/fstest"

	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
	"eidgate/internal/fault"
)

const accounts = `-- +goose Up
CREATE TABLE account (
    name TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    balance BIGINT NOT NULL CHECK (balance >= 0),
    photo BYTEA,
    open BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX account_owner ON account (owner);
-- +goose Down
DROP TABLE account;
`

func room(files ...string) fs.FS {
	m := fstest.MapFS{}
	for i, text := range files {
		m[fmt.Sprintf("migrations/%05d_step.sql", i+1)] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

func migrated(t *testing.T, s *store.Store) *store.Store {
	t.Helper()
	if err := s.Migrate(t.Context(), map[string]fs.FS{"bank": room(accounts)}); err != nil {
		t.Fatal(err)
	}
	return s
}

func insert(ctx context.Context, q db.Querier, name string, balance int64) error {
	_, err := q.ExecContext(ctx, "INSERT INTO account (name, owner, balance, photo, open) VALUES ($1, $1, $3, $2, $4)", name, []byte{0, 255, 7}, balance, true)
	return err
}

func balance(t *testing.T, q db.Querier, name string) int64 {
	t.Helper()
	var n int64
	err := q.QueryRowContext(t.Context(), "SELECT balance FROM account WHERE name = $1", name).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return -1
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTypesAndParameters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		migrated(t, s)
		if err := insert(t.Context(), s, "Õie 예진", 42); err != nil {
			t.Fatal(err)
		}
		var owner string
		var photo []byte
		var open bool
		err := s.QueryRowContext(t.Context(), "SELECT owner, photo, open FROM account WHERE balance = $2 AND name = $1 AND owner = $1", "Õie 예진", 42).Scan(&owner, &photo, &open)
		if err != nil || owner != "Õie 예진" || string(photo) != "\x00\xff\x07" || !open {
			t.Errorf("%q %x %v, %v", owner, photo, open, err)
		}
	})
}

func TestCodes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		migrated(t, s)
		ctx := t.Context()
		if err := insert(ctx, s, "a", 1); err != nil {
			t.Fatal(err)
		}
		for name, test := range map[string]struct {
			err  error
			code string
		}{
			"same key": {insert(ctx, s, "a", 1), "store.duplicate"},
			"check":    {insert(ctx, s, "b", -1), "store.conflict"},
			"out of scan": {s.Tx(ctx, func(tx db.Querier) error {
				var name string
				return tx.QueryRowContext(ctx, "INSERT INTO account (name, owner, balance, open) VALUES ('a', 'x', 1, $1) RETURNING name", true).Scan(&name)
			}), "store.duplicate"},
		} {
			if got := fault.CodeOf(test.err); got != test.code {
				t.Errorf("%s: %q (%v)", name, got, test.err)
			}
		}
	})
}

func TestTxIsAllOrNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		migrated(t, s)
		ctx := t.Context()
		mine := errors.New("mine")
		err := s.Tx(ctx, func(tx db.Querier) error {
			return errors.Join(insert(ctx, tx, "a", 1), mine)
		})
		if !errors.Is(err, mine) || balance(t, s, "a") != -1 {
			t.Errorf("%v; balance %d", err, balance(t, s, "a"))
		}
		err = s.Tx(ctx, func(tx db.Querier) error {
			_ = insert(ctx, tx, "a", 1)
			_ = insert(ctx, tx, "a", 1) // fails, and the function says nothing
			_ = insert(ctx, tx, "b", 1)
			return nil
		})
		if fault.CodeOf(err) != "store.duplicate" || balance(t, s, "a") != -1 || balance(t, s, "b") != -1 {
			t.Errorf("swallowed: %v; balances %d, %d", err, balance(t, s, "a"), balance(t, s, "b"))
		}
		func() {
			defer func() { _ = recover() }()
			_ = s.Tx(ctx, func(tx db.Querier) error {
				if err := insert(ctx, tx, "a", 1); err != nil {
					t.Error(err)
				}
				panic("in the middle")
			})
		}()
		if err := insert(ctx, s, "a", 3); err != nil || balance(t, s, "a") != 3 {
			t.Errorf("after a panic: %v, %d", err, balance(t, s, "a"))
		}
	})
}

// TestAsIfOneAfterTheOther: read, compute, write back, from many at once; a
// third of the transactions fail on purpose, some are cancelled.
func TestAsIfOneAfterTheOther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		migrated(t, s)
		ctx := t.Context()
		if err := insert(ctx, s, "sum", 0); err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		var mu sync.Mutex
		added, busy := int64(0), 0
		for i := range 12 {
			wait.Go(func() {
				for j := range 15 {
					err := add(ctx, s, "sum", int64(i*100+j), (i+j)%3 == 0)
					mu.Lock()
					switch {
					case err == nil:
						added += int64(i*100 + j)
					case errors.Is(err, store.ErrBusy):
						busy++
					case !errors.Is(err, errOnPurpose):
						t.Error(err)
					}
					mu.Unlock()
				}
			})
		}
		wait.Wait()
		if got := balance(t, s, "sum"); got != added {
			t.Errorf("the sum is %d, acknowledged were %d (%d too busy)", got, added, busy)
		}
	})
}

var errOnPurpose = errors.New("on purpose")

func add(ctx context.Context, s *store.Store, name string, n int64, fail bool) error {
	return s.Tx(ctx, func(tx db.Querier) error {
		var old int64
		if err := tx.QueryRowContext(ctx, "SELECT balance FROM account WHERE name = $1", name).Scan(&old); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE account SET balance = $1 WHERE name = $2", old+n, name); err != nil {
			return err
		}
		if fail {
			return errOnPurpose
		}
		return nil
	})
}
