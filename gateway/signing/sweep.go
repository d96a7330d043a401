package signing

import (
	"context"
	"fmt"

	"eidgate/internal/db"
)

// Delete removes a signature and everything of it now.
func (s *Service) Delete(ctx context.Context, caller *Caller, id string) error {
	r, err := read(ctx, s.Database, id)
	if err != nil {
		return err
	}
	if !r.isOwnedBy(caller) {
		return s.deny(ctx, caller, Deleted, r, ErrNotFound)
	}
	return s.Database.Tx(ctx, func(tx db.Querier) error {
		now, err := read(ctx, tx, id)
		if err != nil {
			return err
		}
		if now.State == deleted || now.State == expired {
			return nil
		}
		if err := empty(ctx, tx, id, deleted); err != nil {
			return err
		}
		return s.record(ctx, tx, now.access(caller, Deleted, nil))
	})
}

// empty removes what a signature holds and leaves that there was one.
func empty(ctx context.Context, tx db.Querier, id string, state State) error {
	if err := dropBlobs(ctx, tx, `request = $1`, id); err != nil {
		return fmt.Errorf("deleting documents: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM signing_files WHERE request = $1`, id); err != nil {
		return fmt.Errorf("deleting documents: %w", err)
	}
	_, err := tx.ExecContext(ctx, `UPDATE signing_requests SET state = $2, certificate = NULL, prepared = NULL, prepared_at = NULL,
		digest = NULL, hash = NULL, value = NULL, result = NULL, result_blob = NULL, result_size = NULL, proven = NULL
		WHERE id = $1`, id, string(state))
	if err != nil {
		return fmt.Errorf("deleting a signature: %w", err)
	}
	return nil
}

// sweepBatch is how many signatures one look at the table takes.
const sweepBatch = 100

// Sweep deletes what is over: the documents of signatures whose time has come,
// and a day later that they existed. Any number of nodes may do it at once. It
// returns how many signatures it emptied.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	now := s.Now()
	emptied := 0
	for {
		ids, err := s.overdue(ctx, now.UnixMicro())
		if err != nil {
			return emptied, err
		}
		for _, id := range ids {
			if err := s.Database.Tx(ctx, func(tx db.Querier) error { return empty(ctx, tx, id, expired) }); err != nil {
				return emptied, fmt.Errorf("deleting what is over: %w", err)
			}
			emptied++
		}
		if len(ids) < sweepBatch {
			break
		}
	}
	err := s.Database.Tx(ctx, func(tx db.Querier) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM signing_requests WHERE state IN ('expired', 'deleted') AND expires <= $1`, now.Add(-remembered).UnixMicro())
		return err
	})
	if err != nil {
		return emptied, fmt.Errorf("forgetting what is over: %w", err)
	}
	return emptied, nil
}

func (s *Service) overdue(ctx context.Context, now int64) ([]string, error) {
	rows, err := s.Database.QueryContext(ctx, `SELECT id FROM signing_requests WHERE expires <= $1 AND state NOT IN ('expired', 'deleted') ORDER BY expires LIMIT $2`, now, sweepBatch)
	if err != nil {
		return nil, fmt.Errorf("finding what is over: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("finding what is over: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
