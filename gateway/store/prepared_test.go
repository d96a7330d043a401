package store_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
)

// TestSameStatementAgain: a statement that is kept prepared works inside of its
// own rows, after it failed, after a migration changed its table, and when more
// are asked than are kept.
func TestSameStatementAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		migrated(t, s)
		ctx := t.Context()
		for i := range 3 {
			if err := insert(ctx, s, fmt.Sprint(i), int64(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(insert(ctx, s, "0", 1), insert(ctx, s, "x", 1)); !errors.Is(err, store.ErrDuplicate) || balance(t, s, "x") != 1 {
			t.Errorf("after a failure: %v, %d", err, balance(t, s, "x"))
		}
		if s.Dialect() == store.SQLite { // PostgreSQL has one result at a time
			if n := nested(t, s); n != 4*4 {
				t.Errorf("read %d rows", n)
			}
		}
		all := "SELECT * FROM account WHERE name = '1'"
		if n := columns(t, s, all); n != 5 {
			t.Errorf("%d columns", n)
		}
		more := "-- +goose Up\nALTER TABLE account ADD COLUMN note TEXT;\n"
		if err := s.Migrate(ctx, map[string]fs.FS{"bank": room(accounts, more)}); err != nil {
			t.Fatal(err)
		}
		if s.Dialect() == store.PostgreSQL {
			all = "SELECT * FROM account LIMIT 1" // PostgreSQL refuses a kept * once
		}
		if n := columns(t, s, all); n != 6 {
			t.Errorf("%d columns after a migration", n)
		}
		for i := range 200 {
			if got := balance(t, s, fmt.Sprint(i%3)); got != int64(i%3) {
				t.Errorf("balance %d", got)
			}
			columns(t, s, fmt.Sprintf("SELECT %d", i))
		}
	})
}

// nested counts the rows of a query in the rows of the same query.
func nested(t *testing.T, s *store.Store) (n int) {
	t.Helper()
	const all = "SELECT name FROM account"
	count := func(q db.Querier, each func()) error {
		rows, err := q.QueryContext(t.Context(), all)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			each()
		}
		return rows.Err()
	}
	err := s.Tx(t.Context(), func(tx db.Querier) error {
		return count(tx, func() {
			if err := count(tx, func() { n++ }); err != nil {
				t.Error(err)
			}
		})
	})
	if err != nil {
		t.Error(err)
	}
	return n
}

func columns(t *testing.T, s *store.Store, query string) int {
	t.Helper()
	rows, err := s.QueryContext(t.Context(), query)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Error(err)
	}
	for rows.Next() { //nolint:revive // to the end
	}
	if err := rows.Err(); err != nil {
		t.Error(err)
	}
	return len(names)
}
