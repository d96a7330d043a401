package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// File is an opened PDF.
type File struct {
	w         *window
	size      int64
	version   string
	revisions []*Revision
	rowBytes  int64 // decoded cross-reference rows held
	streams   []*objectStream
	loaded    objectCache
	depth     int // loads going on inside one another
	work      int64
}

// Work is priced in bytes parsed: what the other things cost in comparison.
const (
	workLookup = 4  // one revision asked for an object
	workObject = 64 // one object besides its bytes
)

// spend counts work and gives [ErrLimit] when a file costs more than an honest
// one of its size: objects that refer to one another, revisions and object
// streams can be made so that a few bytes cost hours.
func (f *File) spend(n int64) error {
	if f.work += n; f.work-maxWork > 16*f.size {
		return fmt.Errorf("reading the file takes too much work: %w", ErrLimit)
	}
	return nil
}

// Open reads the header and the whole cross-reference chain of the size bytes
// of r. Errors are [ErrNotPDF], [ErrEncrypted], [ErrDamaged], [ErrUnsupported]
// or [ErrLimit], wrapped with the place, or the error of r itself.
func Open(r io.ReaderAt, size int64) (*File, error) {
	f := &File{w: &window{r: r, size: size}, size: size}
	if size < 0 || size > maxFileSize {
		return nil, fmt.Errorf("a file of %d bytes: %w", size, ErrLimit)
	}
	if err := f.readHeader(); err != nil {
		return nil, err
	}
	start, end, err := f.findStartXRef()
	if err != nil {
		return nil, err
	}
	if err := f.readChain(start, end); err != nil {
		return nil, err
	}
	return f, f.checkLinearised()
}

// Size is the number of bytes of the file.
func (f *File) Size() int64 { return f.size }

// Version is the header's version, such as "1.7"; the catalog may raise it.
func (f *File) Version() string { return f.version }

func (f *File) scan(pos int64) *scanner {
	s := newScanner(f.w, pos, f.size)
	s.inFile = true
	return s
}

// readHeader wants %PDF-M.N at byte 0: with anything before it, programs do
// not agree where offsets count from.
func (f *File) readHeader() error {
	head := make([]byte, min(1024, f.size))
	if _, err := f.w.r.ReadAt(head, 0); err != nil && err != io.EOF {
		return fmt.Errorf("reading the document: %w", err)
	}
	i := bytes.Index(head, []byte("%PDF-"))
	switch {
	case i < 0:
		return ErrNotPDF
	case i > 0:
		return damagedAt(0, "%d bytes stand before the %%PDF- header", i)
	}
	version, _, _ := bytes.Cut(head[5:], []byte("\n"))
	version, _, _ = bytes.Cut(version, []byte("\r"))
	if version = bytes.TrimSpace(version); len(version) < 3 || !isReal(string(version[:3])) {
		return damagedAt(0, "the header has no version")
	}
	f.version = string(version[:3])
	return nil
}

// tailBytes is how far from the end startxref is looked for. Acrobat looks for
// %%EOF in the last 1024 bytes (ISO 32000-1 annex H, note 18).
const tailBytes = 2048

// findStartXRef reads "startxref N %%EOF" at the end of the file and gives N and
// the byte after the mark.
func (f *File) findStartXRef() (start, end int64, err error) {
	tail := make([]byte, min(tailBytes, f.size))
	base := f.size - int64(len(tail))
	if _, err := f.w.r.ReadAt(tail, base); err != nil && err != io.EOF {
		return 0, 0, fmt.Errorf("reading the document: %w", err)
	}
	i := bytes.LastIndex(tail, []byte("startxref"))
	if i < 0 {
		return 0, 0, damagedAt(f.size, "the file does not end with startxref: it is cut short or was changed")
	}
	s := f.scan(base + int64(i) + int64(len("startxref")))
	for c, ok := s.peek(); ok && (c == ' ' || c == '\t' || c == '\r' || c == '\n'); c, ok = s.peek() {
		s.pos++ // no other white space, no comment: others read a number here or repair the file
	}
	start, ok := int64(0), false
	if c, more := s.peek(); more && c >= '0' && c <= '9' {
		start, ok = s.integer(maxFileSize)
	}
	if !ok {
		return 0, 0, s.fail("startxref names no byte")
	}
	if end = f.afterEOF(s); end == 0 {
		return 0, 0, s.fail("the file does not end with %%%%EOF")
	}
	return start, end, nil
}

// streamAt finds the data of a stream whose dictionary the scanner has just
// passed, checks that endstream follows, and passes it.
func (f *File) streamAt(s *scanner, d Dict, length int64) (*Stream, error) {
	if !s.keyword("stream") {
		return nil, s.fail("the stream keyword is missing")
	}
	// The line end is CR LF or LF, never CR alone: ISO 32000-1 §7.3.8.1.
	if !s.exact("\r\n") && !s.exact("\n") {
		return nil, s.fail("no line end after the stream keyword")
	}
	st := &Stream{Dict: d, Offset: s.pos, Length: length}
	if length < 0 || length > f.size-s.pos {
		return nil, damagedAt(s.pos, "a stream of %d bytes goes beyond the file", length)
	}
	after := f.scan(s.pos + length)
	if !after.keyword("endstream") {
		return nil, after.fail("endstream is missing")
	}
	*s = *after
	return st, nil
}

// Raw gives the data of a stream as the file holds it, filters not undone.
func (f *File) Raw(st *Stream) io.Reader {
	return io.NewSectionReader(recorder{f.w}, st.Offset, st.Length)
}

// recorder remembers read errors, so that a failing disk behind a filter is
// not taken for bad data.
type recorder struct{ w *window }

func (r recorder) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.w.r.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		r.w.err = err
	}
	return n, err
}

// badData is the error for filtered data that cannot be read.
func (f *File) badData(pos int64, err error) error {
	if f.w.err != nil {
		return fmt.Errorf("reading the document: %w", f.w.err)
	}
	return fmt.Errorf("at byte %d: reading the data of a stream: %w: %w", pos, ErrDamaged, err)
}

// Data reads the data of a stream with its filters undone, at most limit
// bytes of it: more is [ErrLimit].
func (f *File) Data(st *Stream, limit int64) ([]byte, error) {
	r, err := decode(f.Raw(st), st.Dict)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, f.badData(st.Offset, err)
	}
	if err := f.spend(int64(len(data)) + st.Length); err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, limitAt(st.Offset, "a stream of more than %d bytes", limit)
	}
	return data, nil
}

// EqualData tells whether two streams hold the same bytes in the file.
func (f *File) EqualData(a, b *Stream) (bool, error) {
	if a.Length != b.Length || a.Offset == b.Offset {
		return a.Length == b.Length, nil
	}
	if err := f.spend(a.Length / 8); err != nil {
		return false, err
	}
	ra, rb := f.Raw(a), f.Raw(b)
	bufA, bufB := make([]byte, 32<<10), make([]byte, 32<<10)
	for left := a.Length; left > 0; {
		n := min(left, int64(len(bufA)))
		if _, err := io.ReadFull(ra, bufA[:n]); err != nil {
			return false, fmt.Errorf("reading the document: %w", err)
		}
		if _, err := io.ReadFull(rb, bufB[:n]); err != nil {
			return false, fmt.Errorf("reading the document: %w", err)
		}
		if !bytes.Equal(bufA[:n], bufB[:n]) {
			return false, nil
		}
		left -= n
	}
	return true, nil
}
