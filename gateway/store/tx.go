package store

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"eidgate/internal/db"
)

const (
	// maxAttempts is how often a transaction is run when the database asks to
	// repeat it.
	maxAttempts = 12
	firstPause  = 2 * time.Millisecond
	longPause   = 200 * time.Millisecond
)

// Tx runs do in one transaction, as if no other ran at the same time. It is
// durable when Tx returns nil and leaves nothing when it returns an error, but
// see the package's comment on connections lost while committing.
//
// do may run more than once: it must not act on anything but tx, and must not
// use the Store it came from for writing. It must return the errors of tx.
func (s *Store) Tx(ctx context.Context, do func(tx db.Querier) error) error {
	if s.writer != nil {
		return s.writer.tx(ctx, do)
	}
	return repeated(ctx, s.options.Log, func() error { return s.once(ctx, do) })
}

// repeated runs once until it is not to be repeated.
func repeated(ctx context.Context, log *slog.Logger, once func() error) error {
	pause := firstPause
	for attempt := 1; ; attempt++ {
		err := once()
		if !errors.Is(err, errRepeat) {
			return err
		}
		if attempt == maxAttempts {
			return coded(ErrBusy, err)
		}
		log.DebugContext(ctx, "repeating a transaction", "attempt", attempt)
		if err := sleep(ctx, pause/2+rand.N(pause)); err != nil { // #nosec G404 -- spreads retries, guards nothing
			return err
		}
		pause = min(2*pause, longPause)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// once runs do in one PostgreSQL transaction.
func (s *Store) once(ctx context.Context, do func(tx db.Querier) error) (err error) {
	t := &queued{store: s}
	done := false
	defer func() {
		if !done { // do panicked, or an error: the transaction must not stay open
			t.rollback()
		}
	}()
	q := &querier{inner: t}
	if err := q.run(do); err != nil {
		return err
	}
	done = true
	return t.commit(ctx)
}
