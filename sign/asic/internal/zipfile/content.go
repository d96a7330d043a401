package zipfile

import (
	"bufio"
	"compress/flate"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Open reads the content. Its end is an error when the content is not as long
// as the archive says or does not match its checksum: only a reader that saw
// io.EOF saw the file.
func (e *Entry) Open() io.Reader {
	section := io.NewSectionReader(e.in, e.content, e.compressed)
	if !e.Deflated {
		return &checked{entry: e, in: section}
	}
	buffered := bufio.NewReaderSize(section, 64<<10)
	return &checked{entry: e, in: flate.NewReader(buffered), packed: buffered}
}

// ReadAll reads a small file.
func (e *Entry) ReadAll(limit int64) ([]byte, error) {
	if e.Size > limit {
		return nil, fmt.Errorf("%w: %q has more than %d bytes", ErrLimit, e.Name, limit)
	}
	return io.ReadAll(e.Open())
}

// checked counts and sums what is read.
type checked struct {
	entry  *Entry
	in     io.Reader
	packed *bufio.Reader // of a deflated entry
	n      int64
	crc    uint32
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	c.crc = crc32.Update(c.crc, crc32.IEEETable, p[:n])
	switch {
	case c.n > c.entry.Size:
		return 0, fmt.Errorf("%w: %q", ErrLength, c.entry.Name)
	case err == nil:
		return n, nil
	case !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		if c.packed != nil {
			return n, fmt.Errorf("%w: %q: %w", ErrDamaged, c.entry.Name, err)
		}
		return n, fmt.Errorf("reading %q in the container: %w", c.entry.Name, err)
	}
	return n, c.finish()
}

func (c *checked) finish() error {
	if c.n != c.entry.Size {
		return fmt.Errorf("%w: %q", ErrLength, c.entry.Name)
	}
	if c.packed != nil {
		if _, err := c.packed.ReadByte(); !errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: after the content of %q", ErrOutside, c.entry.Name)
		}
	}
	if c.crc != c.entry.CRC {
		return fmt.Errorf("%w: %q", ErrChecksum, c.entry.Name)
	}
	return io.EOF
}
