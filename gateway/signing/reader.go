package signing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"eidgate/internal/db"
)

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
