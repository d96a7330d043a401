package db

import (
	"context"
	"fmt"

	"eidgate/internal/fault"
)

// Statement changes rows, and nobody reads its result.
type Statement struct {
	Query string
	// Args are the transaction's from here on: nobody changes what they refer to,
	// also after a context ended Tx early.
	Args []any
	// Taken is what the transaction fails with when a row with this key is there
	// already; nil leaves it the database's own error.
	Taken error
}

// codeDuplicate is the code of gateway/store.ErrDuplicate.
const codeDuplicate = "store.duplicate"

// Failed is the error of a transaction in which s failed with err.
func (s Statement) Failed(err error) error {
	if s.Taken != nil && fault.CodeOf(err) == codeDuplicate {
		return fmt.Errorf("%w: %w", s.Taken, err)
	}
	return err
}

// Later runs a statement in the transaction of tx, at the latest when that
// commits and before any statement that comes after it by another method. When
// it fails the transaction fails, which Tx says: a nil error here means nothing
// yet.
//
// A transaction that does nothing but Later costs PostgreSQL a part of a round
// trip and of a commit, which it shares with others.
func Later(ctx context.Context, tx Querier, s Statement) error {
	if own, ok := tx.(interface {
		Later(ctx context.Context, s Statement) error
	}); ok {
		return own.Later(ctx, s)
	}
	_, err := tx.ExecContext(ctx, s.Query, s.Args...)
	return s.Failed(err)
}
