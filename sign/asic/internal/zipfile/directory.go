package zipfile

import (
	"encoding/binary"
	"fmt"
)

// Flags that do not change what an entry is: compression options, sizes after
// the content, UTF-8 names (APPNOTE §4.4.4).
const (
	flagEncrypted  = 1 << 0
	flagDescriptor = 1 << 3
	flagUTF8       = 1 << 11
	knownFlags     = 1<<1 | 1<<2 | flagDescriptor | flagUTF8
)

// Methods of compression (APPNOTE §4.4.5).
const (
	methodStored   = 0
	methodDeflated = 8
)

// readDirectory reads every record of the central directory.
func (a *Archive) readDirectory(count, length int64) error {
	b, err := a.read(a.directory, length)
	if err != nil {
		return err
	}
	for len(b) > 0 {
		e, n, err := readCentral(b)
		if err != nil {
			return err
		}
		e.in = a.in
		if a.Entries = append(a.Entries, e); int64(len(a.Entries)) > count {
			break
		}
		b = b[n:]
	}
	if int64(len(a.Entries)) != count {
		return fmt.Errorf("%w: the directory says %d entries", ErrDamaged, count)
	}
	return nil
}

// readCentral reads one record (APPNOTE §4.3.12).
func readCentral(b []byte) (*Entry, int, error) {
	le := binary.LittleEndian
	if len(b) < centralLength || le.Uint32(b) != centralSignature {
		return nil, 0, fmt.Errorf("%w: its directory", ErrDamaged)
	}
	name, extra, comment := int(le.Uint16(b[28:])), int(le.Uint16(b[30:])), int(le.Uint16(b[32:]))
	n := centralLength + name + extra + comment
	if len(b) < n {
		return nil, 0, fmt.Errorf("%w: its directory", ErrDamaged)
	}
	e := &Entry{
		madeBy: le.Uint16(b[4:]), needs: le.Uint16(b[6:]), flags: le.Uint16(b[8:]), method: le.Uint16(b[10:]),
		time: le.Uint16(b[12:]), date: le.Uint16(b[14:]), CRC: le.Uint32(b[16:]),
		internal: le.Uint16(b[36:]), external: le.Uint32(b[38:]),
		Name: string(b[centralLength : centralLength+name]), Comment: string(b[n-comment : n]),
	}
	e.Deflated = e.method == methodDeflated
	numbers := []number{{uint64(le.Uint32(b[24:])), &e.Size}, {uint64(le.Uint32(b[20:])), &e.compressed}, {uint64(le.Uint32(b[42:])), &e.start}}
	var err error
	if e.extra, err = readExtra(b[centralLength+name:n-comment], numbers); err != nil {
		return nil, 0, err
	}
	if le.Uint16(b[34:]) != 0 {
		return nil, 0, fmt.Errorf("%w: several disks", ErrUnsupported)
	}
	return e, n, e.check()
}

// check refuses entries that are not plain files or folders.
func (e *Entry) check() error {
	const (
		typeMask  = 0o170000
		regular   = 0o100000
		folder    = 0o040000
		dosFolder = 0x10
	)
	// Programs do not agree on which systems ("made by", APPNOTE §4.4.2) have a
	// mode in the upper half.
	kind := e.external >> 16 & typeMask
	switch {
	case e.flags&flagEncrypted != 0:
		return ErrEncrypted
	case e.flags&^uint16(knownFlags) != 0:
		return fmt.Errorf("%w: flags %#x", ErrUnsupported, e.flags)
	case e.method != methodStored && e.method != methodDeflated:
		return fmt.Errorf("%w: compression method %d", ErrUnsupported, e.method)
	case e.method == methodStored && e.Size != e.compressed, e.Size < 0, e.compressed < 0, e.start < 0:
		return fmt.Errorf("%w: %q", ErrLength, e.Name)
	case e.Folder() && e.Size != 0:
		return fmt.Errorf("%w: %q is a folder with content", ErrLink, e.Name)
	case kind != 0 && kind != regular && kind != folder:
		return fmt.Errorf("%w: %q", ErrLink, e.Name)
	case !e.Folder() && (kind == folder || e.external&dosFolder != 0):
		return fmt.Errorf("%w: %q is marked as a folder", ErrLink, e.Name) // 7-Zip shows an empty folder then
	}
	return nil
}

// number is a field of 32 bits that may say "see the ZIP64 extra field".
type number struct {
	short uint64
	to    *int64
}

// Extra fields with a meaning here (APPNOTE §4.5.2, §4.6.9).
const (
	extraZIP64       = 0x0001
	extraUnicodePath = 0x7075
)

// readExtra takes ZIP64 values out of an extra field and returns the rest. A
// field with another name for the entry is refused.
func readExtra(b []byte, numbers []number) (rest []byte, err error) {
	le := binary.LittleEndian
	var zip64 []byte
	seen := false
	for len(b) > 0 {
		if len(b) < 4 || len(b) < 4+int(le.Uint16(b[2:])) {
			return nil, fmt.Errorf("%w: an extra field", ErrDamaged)
		}
		id, n := le.Uint16(b), 4+int(le.Uint16(b[2:]))
		switch {
		case id == extraUnicodePath:
			return nil, fmt.Errorf("%w: a second name in an extra field", ErrName)
		case id == extraZIP64 && seen:
			return nil, fmt.Errorf("%w: two ZIP64 fields", ErrHeader)
		case id == extraZIP64:
			zip64, seen = b[4:n], true
		default:
			rest = append(rest, b[:n]...)
		}
		b = b[n:]
	}
	left := zip64
	for _, f := range numbers {
		if *f.to = int64(f.short); f.short != full32 || !seen {
			continue
		}
		if len(left) < 8 || le.Uint64(left) > 1<<62 {
			return nil, fmt.Errorf("%w: a ZIP64 field", ErrDamaged)
		}
		*f.to, left = int64(le.Uint64(left)), left[8:]
	}
	if len(left) > 0 {
		return rest, checkUnneeded(zip64, numbers)
	}
	return rest, nil
}

// checkUnneeded refuses a ZIP64 field that says more than it was asked for and
// something else: some readers believe it although the short values are there.
// The field must then repeat the values from the first on, and perhaps say disk
// 0.
func checkUnneeded(zip64 []byte, numbers []number) error {
	for _, f := range numbers {
		if len(zip64) == 0 {
			return nil
		}
		if len(zip64) < 8 || binary.LittleEndian.Uint64(zip64) != uint64(*f.to) {
			return fmt.Errorf("%w: a ZIP64 field", ErrHeader)
		}
		zip64 = zip64[8:]
	}
	for _, b := range zip64 {
		if b != 0 {
			return fmt.Errorf("%w: a ZIP64 field", ErrHeader)
		}
	}
	return nil
}
