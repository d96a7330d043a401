package pades

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
)

const (
	chunkBytes = 128 << 10
	chunkCount = 4 // one being read, one hashed, one written, one waiting
)

// chunk is a piece of the document on its way.
type chunk struct {
	buf []byte
	err error // of reading; io.EOF when the document ends too early
}

// stream reads size bytes of in once, hashes them and, when out is given,
// writes them. Reading, hashing and writing go on at the same time, so the
// slowest of the three decides. What is written to an [appender] is read back and
// compared.
func stream(ctx context.Context, in io.ReaderAt, size int64, h hash.Hash, out io.Writer, progress func(done, total int64)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	free := make(chan []byte, chunkCount)
	for range chunkCount {
		free <- make([]byte, min(chunkBytes, max(size, 1)))
	}
	read := readChunks(ctx, in, size, free)
	written := make(chan []byte, chunkCount)
	writing := make(chan error, 1)
	go func() { writing <- writeChunks(written, free, out, cancel) }()
	err := hashChunks(ctx, read, size, h, written, progress)
	close(written)
	if writeErr := <-writing; writeErr != nil {
		return fmt.Errorf("writing the signed document: %w", writeErr)
	}
	return err
}

// readChunks reads ahead while there are free buffers.
func readChunks(ctx context.Context, in io.ReaderAt, size int64, free <-chan []byte) <-chan chunk {
	read := make(chan chunk, chunkCount)
	go func() {
		defer close(read)
		for off := int64(0); off < size && ctx.Err() == nil; {
			var buf []byte
			select {
			case buf = <-free:
			case <-ctx.Done():
				return
			}
			n := int(min(int64(cap(buf)), size-off))
			got, err := in.ReadAt(buf[:n], off)
			if got == n {
				err = nil
			}
			read <- chunk{buf[:got], err}
			if err != nil {
				return
			}
			off += int64(n)
		}
	}()
	return read
}

func hashChunks(ctx context.Context, read <-chan chunk, size int64, h hash.Hash, written chan<- []byte, progress func(done, total int64)) error {
	var done int64
	for c := range read {
		if c.err != nil {
			if errors.Is(c.err, io.EOF) {
				return fmt.Errorf("reading the document: it became shorter: %w", ErrDocumentChanged)
			}
			return fmt.Errorf("reading the document: %w", c.err)
		}
		h.Write(c.buf)
		done += int64(len(c.buf))
		written <- c.buf
		if progress != nil {
			progress(done, size)
		}
	}
	if done < size {
		return fmt.Errorf("reading the document: %w", context.Cause(ctx))
	}
	return nil
}

// errNotWritten: the output does not hold what was written to it.
var errNotWritten = errors.New("the output holds other bytes than were written")

// writeChunks writes and gives the buffers back. After a failure it stops the
// reading and only gives back.
func writeChunks(written <-chan []byte, free chan<- []byte, out io.Writer, stop context.CancelFunc) error {
	var failed error
	var again []byte
	var pos int64
	back, readable := out.(*appender)
	for buf := range written {
		if out != nil && failed == nil {
			_, failed = out.Write(buf)
			if failed == nil && readable {
				if again == nil {
					again = make([]byte, cap(buf))
				}
				failed = compare(back, buf, again[:len(buf)], pos)
			}
			pos += int64(len(buf))
			if failed != nil {
				stop()
			}
		}
		free <- buf
	}
	return failed
}

// compare reads into again what should be buf.
func compare(out io.ReaderAt, buf, again []byte, pos int64) error {
	if n, err := out.ReadAt(again, pos); n < len(again) {
		return fmt.Errorf("reading it back: %w", err)
	}
	if !bytes.Equal(buf, again) {
		return errNotWritten
	}
	return nil
}
