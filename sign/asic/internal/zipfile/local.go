package zipfile

import (
	"encoding/binary"
	"fmt"
)

// checkEntries reads each entry's own header and sees that the entries follow
// one another from the first byte of the file to the directory.
func (a *Archive) checkEntries() error {
	at := int64(0)
	for i, e := range a.Entries {
		switch {
		case e.start < at:
			return fmt.Errorf("%w: %q", ErrOverlap, e.Name)
		case e.start > at:
			return fmt.Errorf("%w: before %q", ErrOutside, e.Name)
		}
		next := a.directory
		if i+1 < len(a.Entries) {
			next = a.Entries[i+1].start
		}
		if err := a.checkLocal(e, next); err != nil {
			return err
		}
		at = e.end
	}
	if at != a.directory {
		return fmt.Errorf("%w: before its directory", ErrOutside)
	}
	return nil
}

// checkLocal compares an entry's own header with the directory (APPNOTE
// §4.3.7). next is where the next entry begins.
func (a *Archive) checkLocal(e *Entry, next int64) error {
	le := binary.LittleEndian
	b, err := a.read(e.start, localLength)
	if err != nil {
		return err
	}
	if le.Uint32(b) != localSignature {
		return fmt.Errorf("%w: no entry where %q should be", ErrHeader, e.Name)
	}
	nameLength, extraLength := int64(le.Uint16(b[26:])), int64(le.Uint16(b[28:]))
	more, err := a.read(e.start+localLength, nameLength+extraLength)
	if err != nil {
		return err
	}
	e.LocalExtra = int(extraLength)
	var size, compressed int64
	if _, err := readExtra(more[nameLength:], []number{{uint64(le.Uint32(b[22:])), &size}, {uint64(le.Uint32(b[18:])), &compressed}}); err != nil {
		return err
	}
	crc := le.Uint32(b[14:])
	later := e.flags&flagDescriptor != 0
	if string(more[:nameLength]) != e.Name || le.Uint16(b[6:]) != e.flags || le.Uint16(b[8:]) != e.method ||
		!same(int64(crc), int64(e.CRC), later) || !same(size, e.Size, later) || !same(compressed, e.compressed, later) {
		return fmt.Errorf("%w: %q", ErrHeader, e.Name)
	}
	e.content = e.start + localLength + nameLength + extraLength
	e.end = e.content + e.compressed
	if e.end > next {
		return fmt.Errorf("%w: %q", ErrOverlap, e.Name)
	}
	if later {
		return a.checkDescriptor(e, next)
	}
	return nil
}

// same compares a value of an entry's own header; it may be left out when it
// follows the content.
func same(local, central int64, later bool) bool {
	return local == central || later && local == 0
}

// checkDescriptor reads the sizes after the content (APPNOTE §4.3.9): with or
// without a signature, with 32 or 64 bits.
func (a *Archive) checkDescriptor(e *Entry, next int64) error {
	n := next - e.end
	if n > 24 {
		return fmt.Errorf("%w: after %q", ErrOutside, e.Name)
	}
	b, err := a.read(e.end, n)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	if n == 16 || n == 24 {
		if le.Uint32(b) != dataSignature {
			return fmt.Errorf("%w: after %q", ErrHeader, e.Name)
		}
		b = b[4:]
	}
	var size, compressed uint64
	switch len(b) {
	case 12:
		compressed, size = uint64(le.Uint32(b[4:])), uint64(le.Uint32(b[8:]))
	case 20:
		compressed, size = le.Uint64(b[4:]), le.Uint64(b[12:])
	default:
		return fmt.Errorf("%w: after %q", ErrOutside, e.Name)
	}
	if le.Uint32(b) != e.CRC || compressed != uint64(e.compressed) || size != uint64(e.Size) {
		return fmt.Errorf("%w: after %q", ErrHeader, e.Name)
	}
	e.end = next
	return nil
}
