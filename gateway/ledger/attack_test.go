package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"testing"
	"time"

	"eidgate/gateway/ledger"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
)

// told passes on the errors that a ledger logs.
type told struct {
	slog.Handler
	errs chan error
}

func (h told) Enabled(context.Context, slog.Level) bool { return true }

func (h told) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if err, ok := a.Value.Any().(error); ok {
			select {
			case h.errs <- err:
			default: // nobody waits
			}
		}
		return true
	})
	return nil
}

// listen lets the test hear what the ledger complains of.
func (w *world) listen() (wait func(t *testing.T, want error)) {
	errs := make(chan error, 1000)
	w.options.Log = slog.New(told{slog.DiscardHandler, errs})
	return func(t *testing.T, want error) {
		t.Helper()
		for {
			select {
			case err := <-errs:
				if errors.Is(err, want) {
					return
				}
			case <-time.After(time.Minute):
				t.Fatalf("nothing was said of %v", want)
			}
		}
	}
}

// Whoever writes to the database while the ledger runs cannot make it forget
// what was signed, nor give a place of the tree away twice.
func TestDatabaseChangedWhileRunning(t *testing.T) {
	for name, c := range map[string]struct {
		attack []string
		undo   string
		want   error
	}{
		"the last leaf removed": {
			[]string{`DELETE FROM ledger_leaf WHERE idx = 19`},
			`INSERT INTO ledger_leaf (id, at, leaf, idx) SELECT 'ev_00019', at, leaf, 19 FROM kept WHERE id = 'ev_00019'`, ledger.ErrDatabaseOlder,
		},
		"the head set back to nothing": {
			[]string{`UPDATE ledger_head SET size = 0, root = (SELECT root FROM empty)`},
			`UPDATE ledger_head SET size = (SELECT size FROM head), root = (SELECT root FROM head)`, ledger.ErrDatabaseOlder,
		},
		"the head set back, and another node's lease": {
			[]string{`UPDATE ledger_lease SET holder = 'two', until = 0`, `UPDATE ledger_head SET size = 10`},
			`UPDATE ledger_head SET size = (SELECT size FROM head), root = (SELECT root FROM head)`, ledger.ErrDatabaseOlder,
		},
		"another head of the same size": {
			[]string{`UPDATE ledger_lease SET holder = 'two', until = 0`, `UPDATE ledger_head SET root = (SELECT root FROM empty)`},
			`UPDATE ledger_head SET root = (SELECT root FROM head)`, ledger.ErrForked,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, func(t *testing.T, database *store.Store) {
				w := newWorld(t, database)
				w.options.HeadFile = "" // this process alone remembers
				execute(t, w, `CREATE TABLE empty (root BYTEA)`)
				log, stop := w.open(t)
				execute(t, w, `INSERT INTO empty SELECT root FROM ledger_head`)
				w.record(t, 0, 20)
				proofOf(t, log, "ev_00019")
				stop()
				execute(t, w, `CREATE TABLE kept AS SELECT * FROM ledger_leaf`)
				execute(t, w, `CREATE TABLE head AS SELECT * FROM ledger_head`)
				wait := w.listen()
				log, _ = w.open(t)
				for _, statement := range c.attack {
					execute(t, w, statement)
				}
				w.record(t, 20, 1)
				wait(t, c.want)
				if since, err := log.StandsStill(); err == nil || since.IsZero() {
					t.Errorf("it does not say that it stands still: %v, %v", since, err)
				}
				if state, err := log.State(t.Context(), "ev_00020"); err != nil || state.Signed {
					t.Errorf("%+v, %v", state, err)
				}
				execute(t, w, c.undo)
				proofOf(t, log, "ev_00020")
				if err := log.Check(t.Context()); err != nil {
					t.Error(err)
				}
				for { // the next step forgets the trouble
					if _, err := log.StandsStill(); err == nil {
						break
					}
					time.Sleep(10 * time.Millisecond)
				}
			})
		})
	}
}

// A lease that no node could have taken does not hold the ledger up: while
// leaves wait for their places they can be removed unnoticed.
func TestLeaseOfNobody(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	log, _ := w.open(t)
	w.record(t, 0, 1)
	proofOf(t, log, "ev_00000")
	for i, until := range []int64{math.MaxInt64, time.Now().Add(24 * time.Hour).UnixMicro()} {
		execute(t, w, `UPDATE ledger_lease SET holder = 'nobody', until = $1`, until)
		w.record(t, i+1, 1)
		proofOf(t, log, fmt.Sprintf("ev_%05d", i+1))
	}
}

// Leaves that wait are counted, and the oldest is named.
func TestWaiting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database *store.Store) {
		w := newWorld(t, database)
		log, err := ledger.Open(t.Context(), w.options) // nothing numbers
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		if n, oldest, err := log.Waiting(t.Context()); n != 0 || !oldest.IsZero() || err != nil {
			t.Errorf("%d, %v, %v", n, oldest, err)
		}
		before := time.Now().Truncate(time.Microsecond)
		w.record(t, 0, 3)
		if n, oldest, err := log.Waiting(t.Context()); n != 3 || oldest.Before(before) || oldest.After(time.Now()) || err != nil {
			t.Errorf("%d, %v, %v", n, oldest, err)
		}
	})
}
