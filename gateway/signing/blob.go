package signing

import (
	"context"
	"fmt"
	"io"
	"sync"

	"eidgate/internal/db"
)

// blobWriter stores what is written to it in chunks of [ChunkSize], each in a
// transaction of its own but the last, which is stored with what makes the blob
// count: seal. A small file is one transaction.
type blobWriter struct {
	ctx     context.Context //nolint:containedctx // io.Writer has none
	db      db.Database
	id      string
	request string
	purpose string // number of the file, or a name of the result's own
	begun   bool   // the blob is in the database
	buffer  []byte
	number  int64
	stored  int64
}

// chunks are buffers of [ChunkSize]: uploads come and go.
var chunks = sync.Pool{New: func() any { b := make([]byte, 0, ChunkSize); return &b }}

// newBlob begins a blob for a file's number or the result.
func (s *Service) newBlob(ctx context.Context, request, purpose string) (*blobWriter, error) {
	id, err := s.newID("blob_")
	if err != nil {
		return nil, err
	}
	return &blobWriter{ctx: ctx, db: s.Database, id: id, request: request, purpose: purpose}, nil
}

// size is how many bytes were written.
func (w *blobWriter) size() int64 { return w.stored + int64(len(w.buffer)) }

func (w *blobWriter) Write(b []byte) (int, error) {
	if w.buffer == nil {
		w.buffer = (*chunks.Get().(*[]byte))[:0] //nolint:forcetypeassert // the pool has nothing else
	}
	written := 0
	for len(b) > 0 {
		if len(w.buffer) == ChunkSize {
			if err := w.flush(); err != nil {
				return written, err
			}
		}
		n := min(len(b), ChunkSize-len(w.buffer))
		w.buffer = append(w.buffer, b[:n]...)
		b, written = b[n:], written+n
	}
	return written, nil
}

// flush stores a full buffer before the next byte comes.
func (w *blobWriter) flush() error {
	err := w.db.Tx(w.ctx, func(tx db.Querier) error {
		if !w.begun {
			if err := w.begin(tx); err != nil {
				return err
			}
		}
		return w.put(tx)
	})
	if err != nil {
		return fmt.Errorf("storing a file: %w", err)
	}
	w.begun = true
	w.stored += int64(len(w.buffer))
	w.buffer = w.buffer[:0]
	w.number++
	return nil
}

// begin makes the blob known. An unfinished one for the same purpose is given
// up.
func (w *blobWriter) begin(tx db.Querier) error {
	if err := dropBlobs(w.ctx, tx, `request = $1 AND purpose = $2 AND NOT whole`, w.request, w.purpose); err != nil {
		return err
	}
	_, err := tx.ExecContext(w.ctx, `INSERT INTO signing_blobs (id, request, purpose, whole) VALUES ($1, $2, $3, $4)`, w.id, w.request, w.purpose, false)
	return err
}

// put stores the buffer, unless the blob was given up meanwhile.
func (w *blobWriter) put(tx db.Querier) error {
	result, err := tx.ExecContext(w.ctx, `INSERT INTO signing_chunks (blob, number, data)
		SELECT id, $2, $3 FROM signing_blobs WHERE id = $1`, w.id, w.number, w.buffer)
	if err != nil {
		return err
	}
	return one(result, ErrSuperseded)
}

// seal stores the rest and makes the blob whole, in the transaction that makes
// something of it.
func (w *blobWriter) seal(tx db.Querier) error {
	if !w.begun {
		if err := w.begin(tx); err != nil {
			return fmt.Errorf("storing a file: %w", err)
		}
	}
	if len(w.buffer) > 0 {
		if err := w.put(tx); err != nil {
			return fmt.Errorf("storing a file: %w", err)
		}
	}
	result, err := tx.ExecContext(w.ctx, `UPDATE signing_blobs SET whole = $2 WHERE id = $1`, w.id, true)
	if err != nil {
		return fmt.Errorf("storing a file: %w", err)
	}
	return one(result, ErrSuperseded)
}

// reader reads what was written before it is sealed.
func (w *blobWriter) reader(s *Service) io.ReaderAt {
	stored := s.reader(w.ctx, w.id, w.stored)
	return &joined{first: stored, size: w.stored, rest: w.buffer}
}

// release gives the buffer back.
func (w *blobWriter) release() {
	if w.buffer != nil {
		b := w.buffer[:0]
		chunks.Put(&b)
		w.buffer = nil
	}
}

// drop removes the blob; it is used after failures, so that the context may
// have ended. What it cannot remove is removed when the signature is over.
func (w *blobWriter) drop(ctx context.Context) {
	if !w.begun {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dropTimeout)
	defer cancel()
	_ = w.db.Tx(ctx, func(tx db.Querier) error { return dropBlobs(ctx, tx, `id = $1`, w.id) })
}

// dropBlobs removes the blobs that a condition of this package's own names.
func dropBlobs(ctx context.Context, tx db.Querier, condition string, args ...any) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM signing_chunks WHERE blob IN (SELECT id FROM signing_blobs WHERE `+condition+`)`, args...); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM signing_blobs WHERE `+condition, args...)
	return err
}
