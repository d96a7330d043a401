package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
	"eidgate/internal/fault"
)

var errTaken = errors.New("the name is taken")

// later puts an insert off until the transaction commits.
func later(ctx context.Context, tx db.Querier, name string, balance int64) error {
	return db.Later(ctx, tx, db.Statement{
		Query: "INSERT INTO account (name, owner, balance, open) VALUES ($1, $1, $2, true)",
		Args:  []any{name, balance}, Taken: errTaken,
	})
}

// crowd holds shared commits back until all of size transactions are in one or
// wait for one, so that many go together. It does nothing on SQLite, which takes
// turns.
func crowd(t *testing.T, s *store.Store, size int) {
	t.Helper()
	if s.Dialect() != store.PostgreSQL {
		return
	}
	var arrived, most atomic.Int64
	store.BeforeShared(s, func(members int) {
		arrived.Add(int64(members))
		for range 3000 {
			if arrived.Load()+int64(store.Waiting(s)) >= int64(size) {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		for seen := most.Load(); int64(members) > seen && !most.CompareAndSwap(seen, int64(members)); seen = most.Load() {
		}
	})
	t.Cleanup(func() {
		if most.Load() < int64(size)/3 { // two lanes took the first, what waited went together
			t.Errorf("at most %d of %d transactions shared a commit", most.Load(), size)
		}
	})
}

// TestSharedCommit: of transactions that share a commit some break a rule, some
// panic, some are cancelled, some fail by themselves. Each caller hears of its
// own luck alone.
func TestSharedCommit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		migrated(t, s)
		if err := insert(t.Context(), s, "old", 1); err != nil {
			t.Fatal(err)
		}
		const callers = 60
		crowd(t, s, callers*3/6) // of six kinds three reach the commit
		var wait sync.WaitGroup
		for i := range callers {
			wait.Go(func() { oneOfMany(t, s, i) })
		}
		wait.Wait()
	})
}

func oneOfMany(t *testing.T, s *store.Store, i int) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	name := fmt.Sprint("n", i)
	var err error
	func() {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v", r)
			}
		}()
		err = s.Tx(ctx, func(tx db.Querier) error {
			if err := later(ctx, tx, name, 7); err != nil {
				return err
			}
			switch i % 6 {
			case 1:
				return later(ctx, tx, "old", 1)
			case 2:
				return later(ctx, tx, name+"'", -1)
			case 3:
				cancel()
			case 4:
				panic("in the middle")
			case 5:
				return errOnPurpose
			}
			return nil
		})
	}()
	ok := map[int]bool{
		0: err == nil, 1: errors.Is(err, errTaken) && fault.CodeOf(err) == "store.duplicate", 2: fault.CodeOf(err) == "store.conflict",
		3: errors.Is(err, context.Canceled), 4: err != nil, 5: errors.Is(err, errOnPurpose),
	}[i%6]
	if i%6 == 3 && s.Dialect() == store.SQLite {
		ok = ok || err == nil // it had its turn already
	}
	if got := balance(t, s, name); !ok || err == nil != (got == 7) {
		t.Errorf("kind %d: %v, and balance %d", i%6, err, got)
	}
}

// TestSameKeyInOneCommit: of many who want a key one gets it, also when they
// share a commit, and when they come from two nodes.
func TestSameKeyInOneCommit(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		nodes := []*store.Store{migrated(t, storetest.Open(t, address)), storetest.Open(t, address)}
		crowd(t, nodes[0], 24)
		var wait sync.WaitGroup
		var won [3]atomic.Int64
		for i := range 48 {
			wait.Go(func() {
				key := i / 2 % 3
				err := nodes[i%2].Tx(t.Context(), func(tx db.Querier) error {
					return errors.Join(later(t.Context(), tx, fmt.Sprint("of ", i), 1), later(t.Context(), tx, fmt.Sprint("key", key), int64(i)))
				})
				switch {
				case err == nil:
					won[key].Add(1)
				case !errors.Is(err, errTaken):
					t.Error(err)
				}
				if got := balance(t, nodes[0], fmt.Sprint("of ", i)); err == nil != (got == 1) {
					t.Errorf("%v, and balance %d", err, got)
				}
			})
		}
		wait.Wait()
		for key := range won {
			if won[key].Load() != 1 {
				t.Errorf("key %d was given %d times", key, won[key].Load())
			}
		}
	})
}

// TestLaterIsInOrder: what was put off is there for the statement that follows,
// and its failure is that statement's.
func TestLaterIsInOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		migrated(t, s)
		ctx := t.Context()
		err := s.Tx(ctx, func(tx db.Querier) error {
			if err := later(ctx, tx, "a", 5); err != nil {
				return err
			}
			if got := balance(t, tx, "a"); got != 5 {
				t.Errorf("read %d", got)
			}
			return later(ctx, tx, "b", 6)
		})
		if err != nil || balance(t, s, "a") != 5 || balance(t, s, "b") != 6 {
			t.Errorf("%v; %d, %d", err, balance(t, s, "a"), balance(t, s, "b"))
		}
		for name, read := range map[string]func(tx db.Querier) error{
			"row":   func(tx db.Querier) error { var n int; return tx.QueryRowContext(ctx, "SELECT 1").Scan(&n) },
			"exec":  func(tx db.Querier) error { return insert(ctx, tx, "c", 1) },
			"query": func(tx db.Querier) error { _, err := tx.QueryContext(ctx, "SELECT 1"); return err }, //nolint:rowserrcheck,sqlclosecheck // it fails
		} {
			err := s.Tx(ctx, func(tx db.Querier) error {
				_ = later(ctx, tx, "a", 1)
				if err := read(tx); !errors.Is(err, errTaken) {
					t.Errorf("%s: %v", name, err)
				}
				return nil // and says nothing
			})
			if !errors.Is(err, errTaken) || balance(t, s, "c") != -1 {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
