package pdf

import (
	"errors"
	"io"
)

// source gives single bytes by position; positions outside give false.
type source interface {
	at(pos int64) (byte, bool)
	// run gives some bytes from pos on, none where at gives false.
	run(pos int64) []byte
	// failure is the read error that made a position inside give false.
	failure() error
}

const (
	pageBits = 12
	pageSize = 1 << pageBits
	pages    = 16
)

// window reads a file through a few cached pages.
type window struct {
	r     io.ReaderAt
	size  int64
	cache [pages]page
	err   error
}

type page struct {
	off int64
	n   int
	buf []byte
}

func (w *window) at(pos int64) (byte, bool) {
	p := w.page(pos)
	i := int(pos & (pageSize - 1))
	if p == nil || i >= p.n {
		return 0, false
	}
	return p.buf[i], true
}

func (w *window) run(pos int64) []byte {
	p := w.page(pos)
	i := int(pos & (pageSize - 1))
	if p == nil || i >= p.n {
		return nil
	}
	return p.buf[i:p.n]
}

// page is the one that holds a position; nil when it cannot be read.
func (w *window) page(pos int64) *page {
	if pos < 0 || pos >= w.size {
		return nil
	}
	p := &w.cache[pos>>pageBits&(pages-1)]
	if p.buf == nil || p.off != pos&^(pageSize-1) {
		if !w.load(p, pos&^(pageSize-1)) {
			return nil
		}
	}
	return p
}

func (w *window) load(p *page, off int64) bool {
	if p.buf == nil {
		p.buf = make([]byte, pageSize)
	}
	want := min(int64(pageSize), w.size-off)
	n, err := w.r.ReadAt(p.buf[:want], off)
	p.off, p.n = off, n
	if int64(n) == want {
		return true
	}
	p.off = -1
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	w.err = err
	return false
}

func (w *window) failure() error { return w.err }

// memory is decoded data, such as an object stream.
type memory []byte

func (m memory) at(pos int64) (byte, bool) {
	if pos < 0 || pos >= int64(len(m)) {
		return 0, false
	}
	return m[pos], true
}

func (m memory) run(pos int64) []byte {
	if pos < 0 || pos >= int64(len(m)) {
		return nil
	}
	return m[pos:]
}

func (memory) failure() error { return nil }
