package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"

	"eidgate/internal/db"
)

// maxGroup bounds how many transactions share a commit, so that the first one
// does not wait for ever.
const maxGroup = 256

// writer lets transactions on SQLite take turns. Whoever has the turn runs in
// the open transaction, in a savepoint; when nobody waits behind, it commits
// for all that ran since the last commit. A transaction alone begins, runs and
// commits as if there were no group.
type writer struct {
	pool    *sql.DB
	waiting atomic.Int64
	turn    sync.Mutex
	open    *group // turn guards it
}

// group is an open transaction that several callers share.
type group struct {
	tx      *sql.Tx
	members int           // that succeeded
	done    chan struct{} // closed after err is set
	err     error
}

// errBroken is a group whose transaction was undone by a member's misfortune:
// the others run again.
var errBroken = errors.New("the shared transaction was undone")

func (w *writer) tx(ctx context.Context, do func(tx db.Querier) error) error {
	for {
		err := w.once(ctx, do)
		if !errors.Is(err, errBroken) {
			return err
		}
	}
}

// once has a turn: it joins or begins a group and waits for its commit.
func (w *writer) once(ctx context.Context, do func(tx db.Querier) error) error {
	g, err := w.takeTurn(ctx, do)
	if err != nil {
		return err
	}
	<-g.done
	return g.err
}

func (w *writer) takeTurn(ctx context.Context, do func(tx db.Querier) error) (*group, error) {
	w.waiting.Add(1)
	w.turn.Lock()
	defer w.turn.Unlock() // also when do panics
	w.waiting.Add(-1)
	return w.run(ctx, do)
}

// run runs do and, when it is the last, commits for the group; turn is held.
func (w *writer) run(ctx context.Context, do func(tx db.Querier) error) (joined *group, err error) {
	defer func() { // also when do panics
		if w.open != nil && (w.waiting.Load() == 0 || w.open.members >= maxGroup) {
			w.commit()
		}
	}()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if w.open == nil {
		tx, err := w.pool.BeginTx(context.WithoutCancel(ctx), nil)
		if err != nil {
			return nil, err
		}
		w.open = &group{tx: tx, done: make(chan struct{})}
	}
	g := w.open
	if err := w.inSavepoint(ctx, g, do); err != nil {
		return nil, err
	}
	g.members++
	return g, nil
}

// inSavepoint runs do so that its failure, or panic, undoes its own work alone.
func (w *writer) inSavepoint(ctx context.Context, g *group, do func(tx db.Querier) error) error {
	if g.members == 0 {
		return w.asFirst(g, do)
	}
	background := context.WithoutCancel(ctx)
	if _, err := g.tx.ExecContext(background, "SAVEPOINT member"); err != nil {
		w.abandon()
		return err
	}
	succeeded := false
	defer func() {
		if !succeeded {
			w.undo(background, g)
		}
	}()
	q := &querier{inner: g.tx, uninterrupted: true}
	if err := q.run(do); err != nil {
		return err
	}
	if _, err := g.tx.ExecContext(background, "RELEASE member"); err != nil {
		return err
	}
	succeeded = true
	return nil
}

// asFirst needs no savepoint: what it undoes is the whole transaction.
func (w *writer) asFirst(g *group, do func(tx db.Querier) error) error {
	succeeded := false
	defer func() {
		if !succeeded {
			w.abandon()
		}
	}()
	q := &querier{inner: g.tx, uninterrupted: true}
	if err := q.run(do); err != nil {
		return err
	}
	succeeded = true
	return nil
}

// undo takes the last member's work back. SQLite may have undone everything
// already (disk full, I/O error); then the savepoint is gone and the others
// must run again.
func (w *writer) undo(ctx context.Context, g *group) {
	if _, err := g.tx.ExecContext(ctx, "ROLLBACK TO member; RELEASE member"); err != nil {
		w.abandon()
	}
}

// abandon undoes the open group.
func (w *writer) abandon() {
	g := w.open
	w.open = nil
	_ = g.tx.Rollback()
	g.err = errBroken
	close(g.done)
}

// commit makes the open group durable.
func (w *writer) commit() {
	g := w.open
	w.open = nil
	g.err = g.tx.Commit()
	if g.err != nil {
		_ = g.tx.Rollback()
	}
	close(g.done)
}
