package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"eidgate/internal/db"

	"github.com/transparency-dev/tessera"
)

const (
	numberAtOnce = 4096
	idlePoll     = 100 * time.Millisecond
	retryAfter   = time.Second
)

// Wake tells Run that a transaction with an event has committed. Without it
// Run finds the leaf within 100 ms.
func (l *Log) Wake() {
	select {
	case l.wake <- struct{}{}:
	default: // it is awake
	}
}

// Run numbers leaves and builds the tree until ctx ends. Several nodes may run
// it on one database: one leads, the others wait for its lease to end. Trouble
// is logged and tried again; only proofs are late meanwhile.
func (l *Log) Run(ctx context.Context) {
	for ctx.Err() == nil {
		more, err := l.step(ctx)
		l.trouble.note(l.options.Now(), err)
		wait := idlePoll
		switch {
		case err != nil && ctx.Err() == nil:
			l.options.Log.ErrorContext(ctx, "the ledger stands still", "error", err)
			wait = retryAfter
		case more:
			continue
		}
		select {
		case <-ctx.Done():
		case <-l.wake:
		case <-time.After(wait):
		}
	}
}

// step numbers and feeds once. more says that there may be leaves left.
func (l *Log) step(ctx context.Context) (more bool, err error) {
	var n int64
	leads := true
	known, err := l.known(ctx)
	if err != nil {
		return false, err
	}
	err = l.options.Database.Tx(ctx, func(tx db.Querier) error {
		var err error
		if leads, err = l.takeLease(ctx, tx); err != nil || !leads {
			return err
		}
		if err = l.allThere(ctx, tx, known); err != nil {
			return err
		}
		n, err = number(ctx, tx)
		return err
	})
	if err != nil || !leads {
		l.guard.rest()
		if err == nil {
			err = l.follow(ctx)
		}
		return false, err
	}
	last, err := l.heads.read(ctx)
	if err != nil {
		return false, err
	}
	if err := l.guard.lead(last); err != nil {
		return false, err
	}
	if err := l.feed(ctx, math.MaxInt64); err != nil {
		return false, err
	}
	return n == numberAtOnce, nil
}

// follow brings the tiles of a node that does not lead to the head that the
// leading node signed, and lets the guard sign that same head: so every node
// shows a checkpoint and gives proofs. They are later than the leading node's
// by about the time between two checkpoints.
func (l *Log) follow(ctx context.Context) error {
	last, err := l.heads.read(ctx)
	if err != nil || last.size == 0 || l.guard.follows(last) {
		return err
	}
	if err := l.feed(ctx, last.size); err != nil {
		return err
	}
	if err := l.compare(ctx, last); err != nil {
		return err
	}
	size, err := l.tiles.reader.IntegratedSize(ctx)
	if err != nil {
		return fmt.Errorf("reading the tiles: %w", err)
	}
	return l.guard.follow(ctx, wider(l.tiles.reader.ReadTile, size), last)
}

// longestLease is how many leases ahead one may end. One that ends later was
// not taken by a node: it would hold all of them up while leaves wait, and a
// leaf that waits can be removed unnoticed.
const longestLease = 3

// takeLease makes this node the sequencer, or keeps it the sequencer, unless
// another one's lease still runs.
func (l *Log) takeLease(ctx context.Context, tx db.Querier) (bool, error) {
	now := l.options.Now()
	done, err := tx.ExecContext(ctx, `
		INSERT INTO ledger_lease (origin, holder, until) VALUES ($1, $2, $3)
		ON CONFLICT (origin) DO UPDATE SET holder = $2, until = $3
		WHERE ledger_lease.holder = $2 OR ledger_lease.until < $4 OR ledger_lease.until > $5`,
		l.heads.origin, l.options.Node, now.Add(l.options.Lease).UnixMicro(), now.UnixMicro(),
		now.Add(longestLease*l.options.Lease).UnixMicro())
	if err != nil {
		return false, fmt.Errorf("taking the sequencer's lease: %w", err)
	}
	n, err := done.RowsAffected()
	return n == 1, err
}

// leaveLease lets another node lead at once.
func (l *Log) leaveLease(ctx context.Context) error {
	_, err := l.options.Database.ExecContext(ctx,
		`UPDATE ledger_lease SET until = 0 WHERE origin = $1 AND holder = $2`, l.heads.origin, l.options.Node)
	if err != nil {
		return fmt.Errorf("leaving the sequencer's lease: %w", err)
	}
	return nil
}

// known is how many leaves are in the tree as far as this process knows.
func (l *Log) known(ctx context.Context) (uint64, error) {
	size, err := l.tiles.reader.IntegratedSize(ctx)
	if err != nil {
		return 0, fmt.Errorf("reading the tiles: %w", err)
	}
	return max(size, l.guard.largest()), nil
}

// allThere refuses to number when leaves that are in the tree are gone from the
// end of the table: the next ones would get their places, and never come into
// the tree.
func (l *Log) allThere(ctx context.Context, tx db.Querier, known uint64) error {
	var numbered, signed uint64
	err := tx.QueryRowContext(ctx, `
		SELECT (SELECT COALESCE(MAX(idx) + 1, 0) FROM ledger_leaf),
		COALESCE((SELECT size FROM ledger_head WHERE origin = $1), 0)`, l.heads.origin).Scan(&numbered, &signed)
	if err != nil {
		return fmt.Errorf("counting the numbered leaves: %w", err)
	}
	if least := max(known, signed); numbered < least {
		return fmt.Errorf("%w: %d of %d leaves of the tree are there", ErrDatabaseOlder, numbered, least)
	}
	return nil
}

// number gives the next places in the tree to leaves that have none, in the
// order of their times. A leaf that commits later gets a later place whatever
// its time, so no place is ever left empty.
func number(ctx context.Context, tx db.Querier) (int64, error) {
	done, err := tx.ExecContext(ctx, `
		WITH first AS (SELECT COALESCE(MAX(idx) + 1, 0) AS idx FROM ledger_leaf),
		next AS (
			SELECT ledger_leaf.id AS id, row_number() OVER (ORDER BY at, id) - 1 + (SELECT idx FROM first) AS idx
			FROM ledger_leaf WHERE ledger_leaf.idx IS NULL ORDER BY at, id LIMIT $1)
		UPDATE ledger_leaf SET idx = next.idx FROM next WHERE ledger_leaf.id = next.id`, numberAtOnce)
	if err != nil {
		return 0, fmt.Errorf("numbering leaves: %w", err)
	}
	return done.RowsAffected()
}

// feed adds numbered leaves to the tree, from where the tree ends up to a size.
func (l *Log) feed(ctx context.Context, upTo uint64) error {
	for {
		size, err := l.tiles.reader.IntegratedSize(ctx)
		if err != nil {
			return fmt.Errorf("reading the tiles: %w", err)
		}
		if size >= upTo {
			return nil
		}
		leaves, err := l.leaves(ctx, size, int(min(numberAtOnce, upTo-size))) // #nosec G115 -- at most numberAtOnce
		if err != nil || len(leaves) == 0 {
			return err
		}
		if err := l.add(ctx, size, leaves); err != nil {
			return err
		}
	}
}

// add appends leaves and waits until they are in the tree on disk. Tessera
// counts by itself; another count means that somebody else added something.
func (l *Log) add(ctx context.Context, size uint64, leaves [][]byte) error {
	futures := make([]tessera.IndexFuture, len(leaves))
	for i, leaf := range leaves {
		futures[i] = l.tiles.appender.Add(ctx, tessera.NewEntry(leaf))
	}
	var errs error
	for i, future := range futures {
		index, err := future()
		if err == nil && index.Index != size+uint64(i) {
			err = fmt.Errorf("%w: leaf %d became %d", ErrForked, size+uint64(i), index.Index)
		}
		errs = errors.Join(errs, err)
		if errs != nil && ctx.Err() != nil {
			break // a future whose context ended may never answer
		}
	}
	if errs != nil {
		return fmt.Errorf("adding leaves to the tiles: %w", errs)
	}
	return nil
}

// leaves reads numbered leaves in order and refuses a gap.
func (l *Log) leaves(ctx context.Context, from uint64, limit int) ([][]byte, error) {
	rows, err := l.options.Database.QueryContext(ctx,
		`SELECT idx, leaf FROM ledger_leaf WHERE idx >= $1 ORDER BY idx LIMIT $2`, from, limit)
	if err != nil {
		return nil, fmt.Errorf("reading leaves: %w", err)
	}
	defer rows.Close()
	var leaves [][]byte
	for rows.Next() {
		var index uint64
		var leaf []byte
		if err := rows.Scan(&index, &leaf); err != nil {
			return nil, fmt.Errorf("reading leaves: %w", err)
		}
		if index != from+uint64(len(leaves)) {
			return nil, fmt.Errorf("reading leaves: %w: leaf %d is missing", ErrChanged, from+uint64(len(leaves)))
		}
		leaves = append(leaves, leaf)
	}
	return leaves, rows.Err()
}
