package signing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"eidgate/internal/db"
)

// blobWriter stores what is written to it in chunks of [ChunkSize], each in a
// transaction of its own: what is not whole in the end counts for nothing.
type blobWriter struct {
	ctx    context.Context //nolint:containedctx // io.Writer has none
	db     db.Database
	id     string
	buffer []byte
	number int64
	size   int64
}

// chunks are buffers of [ChunkSize]: uploads come and go.
var chunks = sync.Pool{New: func() any { b := make([]byte, 0, ChunkSize); return &b }}

// newBlob begins a blob for a file's number or the result. An unfinished one
// for the same purpose is given up.
func (s *Service) newBlob(ctx context.Context, request, purpose string) (*blobWriter, error) {
	id, err := s.newID("blob_")
	if err != nil {
		return nil, err
	}
	err = s.Database.Tx(ctx, func(tx db.Querier) error {
		if err := dropBlobs(ctx, tx, `request = $1 AND purpose = $2 AND NOT whole`, request, purpose); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO signing_blobs (id, request, purpose, whole) VALUES ($1, $2, $3, $4)`, id, request, purpose, false)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("beginning to store a file: %w", err)
	}
	return &blobWriter{ctx: ctx, db: s.Database, id: id}, nil
}

func (w *blobWriter) Write(b []byte) (int, error) {
	if w.buffer == nil {
		w.buffer = (*chunks.Get().(*[]byte))[:0] //nolint:forcetypeassert // the pool has nothing else
	}
	written := 0
	for len(b) > 0 {
		n := min(len(b), ChunkSize-len(w.buffer))
		w.buffer = append(w.buffer, b[:n]...)
		b, written = b[n:], written+n
		if len(w.buffer) == ChunkSize {
			if err := w.flush(); err != nil {
				return written, err
			}
		}
	}
	return written, nil
}

// flush stores the buffer, unless the blob was given up meanwhile.
func (w *blobWriter) flush() error {
	if len(w.buffer) == 0 {
		return nil
	}
	err := w.db.Tx(w.ctx, func(tx db.Querier) error {
		result, err := tx.ExecContext(w.ctx, `INSERT INTO signing_chunks (blob, number, data)
			SELECT id, $2, $3 FROM signing_blobs WHERE id = $1`, w.id, w.number, w.buffer)
		if err != nil {
			return err
		}
		return one(result, ErrSuperseded)
	})
	if err != nil {
		return fmt.Errorf("storing a file: %w", err)
	}
	w.size += int64(len(w.buffer))
	w.buffer = w.buffer[:0]
	w.number++
	return nil
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

// blobReader reads a blob. It keeps the last few chunks, since readers of PDF
// and ZIP go to and fro near the end, and is safe for concurrent use.
type blobReader struct {
	ctx  context.Context //nolint:containedctx // io.ReaderAt has none
	db   db.Querier
	id   string
	size int64

	mu    sync.Mutex
	cache [4]chunk // guarded by mu, the last used first
}

type chunk struct {
	number int64
	data   []byte
}

// ReadAt implements [io.ReaderAt].
func (r *blobReader) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("reading before the beginning of a file")
	}
	n := 0
	for n < len(b) {
		if off >= r.size {
			return n, io.EOF
		}
		copied, err := r.copy(b[n:], off)
		if err != nil {
			return n, err
		}
		n, off = n+copied, off+int64(copied)
	}
	return n, nil
}

func (r *blobReader) copy(b []byte, off int64) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	data, err := r.chunk(off / ChunkSize)
	if err != nil {
		return 0, err
	}
	return copy(b, data[off%ChunkSize:]), nil
}

// chunk gives a chunk from the cache or the database.
func (r *blobReader) chunk(number int64) ([]byte, error) {
	for i, c := range r.cache {
		if c.data != nil && c.number == number {
			copy(r.cache[1:i+1], r.cache[:i])
			r.cache[0] = c
			return c.data, nil
		}
	}
	var data []byte
	err := r.db.QueryRowContext(r.ctx, `SELECT data FROM signing_chunks WHERE blob = $1 AND number = $2`, r.id, number).Scan(&data)
	if isNoRows(err) {
		return nil, fmt.Errorf("%w: a part of a file is gone", ErrLost)
	}
	if err != nil {
		return nil, fmt.Errorf("reading a stored file: %w", err)
	}
	if int64(len(data)) != min(ChunkSize, r.size-number*ChunkSize) {
		return nil, fmt.Errorf("%w: a part of a file has another length", ErrLost)
	}
	copy(r.cache[1:], r.cache[:])
	r.cache[0] = chunk{number, data}
	return data, nil
}

func (s *Service) reader(ctx context.Context, id string, size int64) *blobReader {
	return &blobReader{ctx: ctx, db: s.Database, id: id, size: size}
}

// joined is a stored file with a few bytes after it.
type joined struct {
	first io.ReaderAt
	size  int64
	rest  []byte
}

// ReadAt implements [io.ReaderAt].
func (j *joined) ReadAt(b []byte, off int64) (int, error) {
	n := 0
	if off < j.size {
		var err error
		n, err = j.first.ReadAt(b[:min(int64(len(b)), j.size-off)], off)
		if err != nil && !errors.Is(err, io.EOF) || n == len(b) {
			return n, err
		}
		off += int64(n)
	}
	if at := off - j.size; at < int64(len(j.rest)) {
		n += copy(b[n:], j.rest[at:])
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}
