package signing

import (
	"bytes"
	"context"
	"fmt"

	"eidgate/internal/db"
)

// Completion is what the signer's card says after it signed.
type Completion struct {
	// Value as Web eID gives it (ECDSA: r||s); nil repeats a completion whose
	// value is kept.
	Value []byte
	// Certificate of the card that signed; nil when it is not said. It must be
	// the prepared one.
	Certificate []byte
	// Algorithm that was used; nil when it is not said.
	Algorithm *Algorithm
}

// Complete checks and keeps the value, lifts the signature to level LT and makes
// the document. When a service is away the error is its own and the state stays
// [Signed]: call again, without a value or with the same one. The refusals of
// its own are [ErrNotPrepared], [ErrNoValue], [ErrWrongValue], [ErrAnotherCard],
// [ErrAlgorithm], [ErrCompletedAlready] and [ErrSelfCheck].
func (s *Service) Complete(ctx context.Context, caller *Caller, id string, c Completion) (*Signature, error) {
	r, err := s.owned(ctx, caller, Completes, id)
	if err != nil {
		return nil, err
	}
	if r.certificate == nil {
		return nil, ErrNotPrepared
	}
	if c.Certificate != nil && !bytes.Equal(c.Certificate, r.certificate) {
		return nil, s.deny(ctx, caller, Signs, r, ErrAnotherCard)
	}
	j, err := s.restoreOpen(r)
	if err != nil {
		return nil, err
	}
	if r.value == nil {
		r, err = s.take(ctx, caller, r, j, &c)
	} else if c.Value != nil {
		err = s.same(ctx, caller, r, c.Value)
	}
	if err != nil {
		return nil, err
	}
	if r.State == Completed {
		return &r.Signature, nil
	}
	j.row = r
	done, err := j.finish(ctx, r.value)
	if err != nil {
		return s.finishedElsewhere(ctx, r.ID, err)
	}
	if done.container != nil {
		defer done.container.release()
	}
	return s.store(ctx, caller, r, done)
}

// finishedElsewhere gives the result when another node finished while this one
// failed: it takes the uploads away. Otherwise why stands.
func (s *Service) finishedElsewhere(ctx context.Context, id string, why error) (*Signature, error) {
	if now, err := read(ctx, s.Database, id); err == nil && now.State == Completed {
		return &now.Signature, nil
	}
	return nil, why
}

// restoreOpen restores what is not completed.
func (s *Service) restoreOpen(r *row) (*job, error) {
	if r.State == Completed {
		return nil, nil //nolint:nilnil // nothing is left to do
	}
	return s.restore(r)
}

// same compares a value with the one kept.
func (s *Service) same(ctx context.Context, caller *Caller, r *row, value []byte) error {
	cert, err := r.signer()
	if err != nil {
		return err
	}
	der, err := derValue(cert, value)
	if err != nil {
		return s.deny(ctx, caller, Signs, r, err)
	}
	if !bytes.Equal(der, r.value) {
		return s.deny(ctx, caller, Signs, r, ErrCompletedAlready)
	}
	return nil
}

// take checks the value and keeps it, durably, before anything that can fail. It
// stays for a day: services that are away come back.
func (s *Service) take(ctx context.Context, caller *Caller, r *row, j *job, c *Completion) (*row, error) {
	if c.Value == nil {
		return nil, ErrNoValue
	}
	if c.Algorithm != nil && c.Algorithm.Hash != r.hash {
		return nil, s.deny(ctx, caller, Signs, r, fmt.Errorf("%w: the card used another hash than prepared", ErrAlgorithm))
	}
	der, err := derValue(j.cert, c.Value)
	if err == nil {
		if _, wrong := j.prepared.Message(der); wrong != nil {
			err = fmt.Errorf("%w: %w", ErrWrongValue, wrong)
		}
	}
	if err != nil {
		return nil, s.deny(ctx, caller, Signs, r, err)
	}
	var kept *row
	err = s.Database.Tx(ctx, func(tx db.Querier) error {
		result, err := tx.ExecContext(ctx, `UPDATE signing_requests SET state = 'signed', value = $2, expires = $4 WHERE id = $1 AND state = 'prepared' AND expires > $3`,
			r.ID, der, s.Now().UnixMicro(), s.Now().Add(longest).UnixMicro())
		if err != nil {
			return fmt.Errorf("keeping the signature value: %w", err)
		}
		if kept, err = read(ctx, tx, r.ID); err != nil {
			return err
		}
		if one(result, ErrCompletedAlready) != nil {
			return s.lostRace(kept, der)
		}
		return s.record(ctx, tx, kept.access(caller, Signs, nil))
	})
	if err != nil {
		return nil, err
	}
	return kept, nil
}

// lostRace tells what becomes of a value that came second.
func (s *Service) lostRace(kept *row, der []byte) error {
	if err := s.alive(kept); err != nil {
		return err
	}
	if !bytes.Equal(kept.value, der) {
		return ErrCompletedAlready
	}
	return nil
}

// store makes the finished document the result, unless another node did, and
// drops what is not needed any more: of a container the uploads.
func (s *Service) store(ctx context.Context, caller *Caller, r *row, done *finished) (*Signature, error) {
	var now *row
	err := s.Database.Tx(ctx, func(tx db.Querier) error {
		result, err := tx.ExecContext(ctx, `UPDATE signing_requests SET state = 'completed', result = $2, result_blob = $3, result_size = $4, proven = $5, expires = $6
			WHERE id = $1 AND state = 'signed'`,
			r.ID, done.result, null(done.blob()), done.size, done.proven.UnixMicro(), s.Now().Add(s.Limits.Keep).UnixMicro())
		if err != nil {
			return fmt.Errorf("storing the signed document: %w", err)
		}
		first := one(result, ErrCompletedAlready) == nil
		if now, err = read(ctx, tx, r.ID); err != nil {
			return err
		}
		if !first {
			return s.leaveTo(ctx, tx, now, done.blob())
		}
		if done.container != nil {
			if err := s.keepContainer(ctx, tx, r.ID, done.container); err != nil {
				return err
			}
		}
		return s.record(ctx, tx, now.access(caller, Completes, nil))
	})
	if err != nil {
		if done.container != nil {
			done.container.drop(ctx)
		}
		return nil, err
	}
	return &now.Signature, nil
}

// leaveTo gives our result up for the one that is there.
func (s *Service) leaveTo(ctx context.Context, tx db.Querier, now *row, blob string) error {
	if blob == "" || now.resultBlob == blob {
		return s.alive(now)
	}
	if err := dropBlobs(ctx, tx, `id = $1`, blob); err != nil {
		return fmt.Errorf("dropping a second container: %w", err)
	}
	return s.alive(now)
}

// keepContainer makes the container the only document that is left.
func (s *Service) keepContainer(ctx context.Context, tx db.Querier, id string, container *blobWriter) error {
	if err := dropBlobs(ctx, tx, `request = $1 AND id <> $2`, id, container.id); err != nil {
		return fmt.Errorf("dropping the uploads: %w", err)
	}
	return container.seal(tx)
}

func null(text string) any {
	if text == "" {
		return nil
	}
	return text
}
