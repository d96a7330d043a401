package kyc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"eidgate/internal/db"
)

// How long things are kept.
const (
	// DefaultKeep is how long a result is kept after the decision.
	DefaultKeep = 30 * 24 * time.Hour
	// keepRetries is how long an idempotency key is remembered.
	keepRetries = 24 * time.Hour
)

// batch bounds the rows of one transaction of the sweep.
const batch = 100

// Prepare brings what is kept up to date before the service answers: it makes
// sure that every key that persons are encrypted with is there, and encrypts
// those from before they were. encrypted tells how many; the database may still
// hold their old bytes in pages that are free. It answers ErrPersonKey.
func (s *Service) Prepare(ctx context.Context) (encrypted int, err error) {
	if err := s.checkPersonKeys(ctx); err != nil {
		return 0, fmt.Errorf("preparing what was verified: %w", err)
	}
	encrypted, err = s.each(ctx, `person_key = '' AND erased = 0 AND length(person) > $1`, int64(0), s.encrypt)
	if err != nil {
		return encrypted, fmt.Errorf("encrypting what was verified: %w", err)
	}
	return encrypted, nil
}

// checkPersonKeys refuses a database with persons that no key here opens.
func (s *Service) checkPersonKeys(ctx context.Context) error {
	rows, err := s.options.Database.QueryContext(ctx, `SELECT DISTINCT person_key FROM kyc_session WHERE person_key <> ''`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		if s.vault.keys[name] == nil {
			return fmt.Errorf("%w: %s", ErrPersonKey, name)
		}
	}
	return rows.Err()
}

// Sweep erases what is kept no longer and encrypts data keys with the current
// key. It is called now and then; nodes may call it at the same time.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.options.Now()
	_, wipe := s.each(ctx, `person_key <> '' AND verified < $1`, now.Add(-s.options.Keep).UnixMicro(), s.erase)
	_, rewrap := s.each(ctx, `person_key <> '' AND person_key <> $1`, s.vault.current, s.rewrap)
	_, encrypt := s.Prepare(ctx) // a node of an older version may run beside
	return errors.Join(wipe, rewrap, encrypt, s.purgeRetries(ctx, now))
}

// each does something with every row that a condition on one value holds for.
// It takes the rows in the order of their identifiers, so that one that stays as
// it is does not keep it for ever.
func (s *Service) each(ctx context.Context, where string, value any, do func(ctx context.Context, tx db.Querier, r *row) (bool, error)) (done int, err error) {
	for last := ""; ; {
		ids, err := s.some(ctx, where, value, last)
		if err != nil || len(ids) == 0 {
			return done, err
		}
		last = ids[len(ids)-1]
		changed := 0
		err = s.options.Database.Tx(ctx, func(tx db.Querier) error {
			changed = 0
			for _, id := range ids {
				r, err := s.row(ctx, tx, `id = $2 AND `+where, value, id)
				if errors.Is(err, ErrUnknown) {
					continue // another node was first
				}
				if err != nil {
					return err
				}
				is, err := do(ctx, tx, r)
				if err != nil {
					return err
				}
				if is {
					changed++
				}
			}
			return nil
		})
		if err != nil {
			return done, err
		}
		done += changed
	}
}

func (s *Service) some(ctx context.Context, where string, value any, after string) ([]string, error) {
	rows, err := s.options.Database.QueryContext(ctx,
		`SELECT id FROM kyc_session WHERE `+where+` AND id > $2 ORDER BY id LIMIT $3`, value, after, batch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// encrypt takes a person who is kept in the clear.
func (s *Service) encrypt(ctx context.Context, tx db.Querier, r *row) (bool, error) {
	p := &person{}
	if err := json.Unmarshal(r.sealed.person, p); err != nil {
		return false, ErrPersonDamaged
	}
	return true, s.store(ctx, tx, r, p)
}

// store encrypts a person and writes her.
func (s *Service) store(ctx context.Context, tx db.Querier, r *row, p *person) error {
	var err error
	if r.sealed, err = s.vault.seal(r, p); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE kyc_session SET person_key = $1, data_key = $2, person = $3, erased = $4 WHERE id = $5`,
		r.sealed.key, r.sealed.dataKey, r.sealed.person, r.erased, r.id)
	return err
}

func (s *Service) rewrap(ctx context.Context, tx db.Querier, r *row) (bool, error) {
	key, err := s.vault.unwrap(r)
	if err != nil {
		return false, err
	}
	name, wrapped, err := s.vault.wrap(r, key)
	if err != nil {
		return false, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE kyc_session SET person_key = $1, data_key = $2 WHERE id = $3`, name, wrapped, r.id)
	return true, err
}

// erase forgets who was verified. While an attestation lives, the personal code
// alone is kept, so that the person can be told when it is revoked.
func (s *Service) erase(ctx context.Context, tx db.Querier, r *row) (bool, error) {
	var living int
	now := s.options.Now().UnixMicro()
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM kyc_attestation WHERE session = $1 AND revoked = 0 AND expires > $2`, r.id, now).Scan(&living)
	if err != nil {
		return false, err
	}
	first := r.erased == 0
	if living > 0 && !first {
		return false, nil
	}
	var kept *person
	if living > 0 {
		if kept, err = s.vault.open(r); err != nil {
			kept = nil // what cannot be read is erased all the more
		}
	}
	if first {
		r.erased = now
	}
	if kept != nil {
		return true, s.store(ctx, tx, r, &person{Identifier: kept.Identifier})
	}
	_, err = tx.ExecContext(ctx, `UPDATE kyc_session SET person_key = '', data_key = $1, person = $1, erased = $2 WHERE id = $3`, []byte{}, r.erased, r.id)
	return true, err
}

// purgeRetries forgets idempotency keys. Those from before their time was kept
// count from now.
func (s *Service) purgeRetries(ctx context.Context, now time.Time) error {
	err := s.options.Database.Tx(ctx, func(tx db.Querier) error {
		if _, err := tx.ExecContext(ctx, `UPDATE kyc_retry SET created = $1 WHERE created = 0`, now.UnixMicro()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM kyc_retry WHERE created < $1`, now.Add(-keepRetries).UnixMicro())
		return err
	})
	if err != nil {
		return fmt.Errorf("forgetting idempotency keys: %w", err)
	}
	return nil
}
