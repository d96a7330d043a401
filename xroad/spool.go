package xroad

import (
	"bytes"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"os"
)

// errBodySize: a body is larger than the gateway takes.
var errBodySize = errors.New("the body is larger than is taken")

// inMemory is how much of a body is kept in memory; the rest goes to a
// temporary file.
const inMemory = 64 << 10

// spool is a whole body, read and digested: nothing is signed, logged or acted
// on before it is all here.
type spool struct {
	memory []byte
	file   *os.File // the whole body, when it did not fit in memory
	size   int64
	digest []byte // SHA-512
}

// newSpool reads a body to its end, at most limit bytes of it; expected is its
// size as far as it is known. Close it after.
func newSpool(in io.Reader, expected, limit int64, dir string) (*spool, error) {
	sum := sha512.New()
	in = io.TeeReader(io.LimitReader(in, limit+1), sum)
	var head bytes.Buffer
	head.Grow(int(min(max(expected, 0), inMemory)) + bytes.MinRead)
	n, err := io.CopyN(&head, in, inMemory+1)
	s := &spool{memory: head.Bytes(), size: n}
	switch {
	case err == nil:
		err = s.spill(in, dir)
	case errors.Is(err, io.EOF):
		err = nil
	}
	if err == nil && s.size > limit {
		err = errBodySize
	}
	if err != nil {
		s.close()
		return nil, err
	}
	s.digest = sum.Sum(nil)
	return s, nil
}

// spill moves what was read and what follows into a file that has no name.
func (s *spool) spill(in io.Reader, dir string) error {
	f, err := os.CreateTemp(dir, "eidgate-body-*")
	if err != nil {
		return fmt.Errorf("keeping a large body: %w", err)
	}
	s.file = f
	_ = os.Remove(f.Name()) // systems that cannot remove an open file do it in close
	if _, err := f.Write(s.memory); err != nil {
		return fmt.Errorf("keeping a large body: %w", err)
	}
	s.memory = nil
	n, err := io.Copy(f, in)
	s.size += n
	return err
}

// reader reads the body from its beginning; several may read at once.
func (s *spool) reader() io.Reader {
	if s == nil {
		return bytes.NewReader(nil)
	}
	if s.file == nil {
		return bytes.NewReader(s.memory)
	}
	return io.NewSectionReader(s.file, 0, s.size)
}

// small tells whether the body is in memory; no body is.
func (s *spool) small() bool { return s == nil || s.file == nil }

// length is the body's size, 0 when there is none.
func (s *spool) length() int64 {
	if s == nil {
		return 0
	}
	return s.size
}

func (s *spool) close() {
	if s == nil || s.file == nil {
		return
	}
	_ = s.file.Close()
	_ = os.Remove(s.file.Name())
}
