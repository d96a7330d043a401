package zipfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Archive is an archive that was found sound. Its contents are checked as they
// are read.
type Archive struct {
	// Entries in the order of their bytes, folders too.
	Entries []*Entry
	// Comment of the archive: anyone can write one, nothing signs it.
	Comment string

	in        io.ReaderAt
	size      int64
	directory int64 // where it begins
}

// Entry is a file or folder.
type Entry struct {
	Name    string
	Size    int64  // of the content, as the archive says
	CRC     uint32 // of the content, as the archive says
	Comment string
	// Deflated tells whether the content is compressed.
	Deflated bool
	// LocalExtra is the length of the extra field in the entry's own header.
	LocalExtra int

	compressed           int64
	start, content, end  int64 // header, content, and first byte after the entry
	madeBy, needs, flags uint16
	method, time, date   uint16
	internal             uint16
	external             uint32
	extra                []byte // of the directory, without ZIP64
	in                   io.ReaderAt
}

// Folder tells whether the entry is one; it has no content.
func (e *Entry) Folder() bool { return strings.HasSuffix(e.Name, "/") }

// Limits of an archive.
const (
	maxEntries   = 10_000
	maxDirectory = 8 << 20   // bytes
	maxExpanded  = 256 << 30 // bytes of all contents
	// A compressed archive may expand this many times, and to smallArchive
	// whatever it is: the limit digidoc4j and EU DSS have.
	maxRatio     = 100
	smallArchive = 16 << 20
)

// Lengths and signatures of the parts (APPNOTE §4.3).
const (
	localLength      = 30
	centralLength    = 46
	endLength        = 22
	end64Length      = 56
	locatorLength    = 20
	localSignature   = 0x04034b50
	centralSignature = 0x02014b50
	endSignature     = 0x06054b50
	end64Signature   = 0x06064b50
	locatorSignature = 0x07064b50
	dataSignature    = 0x08074b50
	maxComment       = 1<<16 - 1
	full16, full32   = 1<<16 - 1, 1<<32 - 1
)

// Open reads the directory and every entry's own header.
func Open(in io.ReaderAt, size int64) (*Archive, error) {
	a := &Archive{in: in, size: size}
	count, length, err := a.findDirectory()
	if err != nil {
		return nil, err
	}
	if err := a.readDirectory(count, length); err != nil {
		return nil, err
	}
	if err := a.checkNames(); err != nil {
		return nil, err
	}
	slices.SortFunc(a.Entries, func(x, y *Entry) int {
		if x.start < y.start {
			return -1
		}
		return 1
	})
	if err := a.checkEntries(); err != nil {
		return nil, err
	}
	if err := a.checkPolyglot(); err != nil {
		return nil, err
	}
	return a, a.checkExpansion()
}

// read reads exactly n bytes.
func (a *Archive) read(at, n int64) ([]byte, error) {
	if at < 0 || n < 0 || at > a.size-n {
		return nil, ErrDamaged
	}
	b := make([]byte, n)
	if got, err := a.in.ReadAt(b, at); int64(got) < n {
		if err == nil || errors.Is(err, io.EOF) {
			err = ErrDamaged
		}
		return nil, fmt.Errorf("reading the container: %w", err)
	}
	return b, nil
}

// findDirectory finds the end record. It must end where the file does; two
// that could are two archives in one file.
func (a *Archive) findDirectory() (count, length int64, err error) {
	tail := min(a.size, endLength+maxComment)
	b, err := a.read(a.size-tail, tail)
	if err != nil {
		return 0, 0, err
	}
	mark := binary.LittleEndian.AppendUint32(nil, endSignature)
	found := -1
	for i := 0; i+endLength <= len(b); i++ {
		j := bytes.Index(b[i:], mark)
		if j < 0 || i+j+endLength > len(b) {
			break
		}
		i += j
		if int(binary.LittleEndian.Uint16(b[i+20:])) != len(b)-i-endLength {
			continue
		}
		if found >= 0 {
			return 0, 0, ErrDirectories
		}
		found = i
	}
	switch {
	case found < 0 && a.size >= 4 && bytes.HasPrefix(magic(a), []byte("PK")):
		return 0, 0, fmt.Errorf("%w: no directory at its end", ErrDamaged)
	case found < 0:
		return 0, 0, ErrNotZip
	case bytes.Contains(b[found+4:], mark):
		return 0, 0, fmt.Errorf("%w: the comment holds another", ErrDirectories)
	}
	a.Comment = string(b[found+endLength:])
	return a.readEnd(b[found:], a.size-tail+int64(found))
}

// magic is the first two bytes.
func magic(a *Archive) []byte {
	b, err := a.read(0, 2)
	if err != nil {
		return nil
	}
	return b
}

// readEnd reads the end record at position at, and the ZIP64 one before it.
func (a *Archive) readEnd(b []byte, at int64) (count, length int64, err error) {
	le := binary.LittleEndian
	if le.Uint16(b[4:]) != 0 || le.Uint16(b[6:]) != 0 || le.Uint16(b[8:]) != le.Uint16(b[10:]) {
		return 0, 0, fmt.Errorf("%w: several disks", ErrUnsupported)
	}
	count, length, a.directory = int64(le.Uint16(b[10:])), int64(le.Uint32(b[12:])), int64(le.Uint32(b[16:]))
	wants := count == full16 || length == full32 || a.directory == full32
	if at >= locatorLength {
		locator, err := a.read(at-locatorLength, locatorLength)
		if err != nil {
			return 0, 0, err
		}
		if le.Uint32(locator) == locatorSignature {
			at -= locatorLength + end64Length
			if count, length, err = a.readEnd64(locator, at, count, length); err != nil {
				return 0, 0, err
			}
			wants = false
		}
	}
	switch {
	case wants:
		return 0, 0, fmt.Errorf("%w: the ZIP64 directory is missing", ErrDamaged)
	case count > maxEntries || length > maxDirectory:
		return 0, 0, fmt.Errorf("%w: %d entries", ErrLimit, count)
	case a.directory < 0 || a.directory > at || length != at-a.directory:
		return 0, 0, fmt.Errorf("%w: around its directory", ErrOutside)
	}
	return count, length, nil
}

// readEnd64 reads the ZIP64 end record, which stands right before its locator.
// A value of the ordinary record is either "see there" or the same.
func (a *Archive) readEnd64(locator []byte, at, count, length int64) (int64, int64, error) {
	le := binary.LittleEndian
	b, err := a.read(at, end64Length)
	if err != nil {
		return 0, 0, err
	}
	if le.Uint32(locator[4:]) != 0 || le.Uint32(locator[16:]) > 1 || le.Uint64(locator[8:]) != uint64(at) ||
		le.Uint32(b) != end64Signature || le.Uint64(b[4:]) != end64Length-12 || le.Uint32(b[16:]) != 0 || le.Uint32(b[20:]) != 0 ||
		le.Uint64(b[24:]) != le.Uint64(b[32:]) {
		return 0, 0, fmt.Errorf("%w: the ZIP64 directory", ErrDamaged)
	}
	count64, length64, directory64 := int64(le.Uint64(b[32:])), int64(le.Uint64(b[40:])), int64(le.Uint64(b[48:]))
	if (count != full16 && count != count64) || (length != full32 && length != length64) ||
		(a.directory != full32 && a.directory != directory64) || count64 < 0 || length64 < 0 {
		return 0, 0, ErrDirectories
	}
	a.directory = directory64
	return count64, length64, nil
}

// checkNames refuses bad names and names that are the same to some system.
func (a *Archive) checkNames() error {
	known, keys := map[string]string{}, make([]string, 0, len(a.Entries))
	for _, e := range a.Entries {
		if err := CheckName(e.Name); err != nil {
			return err
		}
		key := Key(strings.TrimSuffix(e.Name, "/"))
		if other, ok := known[key]; ok {
			return fmt.Errorf("%w: %q and %q", ErrDuplicate, other, e.Name)
		}
		known[key] = e.Name
		keys = append(keys, key)
	}
	// A file cannot be a folder at the same time.
	for _, key := range keys {
		for i := range len(key) {
			if key[i] != '/' {
				continue
			}
			if other, ok := known[key[:i]]; ok && !strings.HasSuffix(other, "/") {
				return fmt.Errorf("%w: %q is a file and a folder", ErrDuplicate, other)
			}
		}
	}
	return nil
}

// checkExpansion bounds what reading the contents costs.
func (a *Archive) checkExpansion() error {
	var expanded int64
	for _, e := range a.Entries {
		if expanded += e.Size; expanded > maxExpanded || e.Size > maxExpanded {
			return fmt.Errorf("%w: more than %d bytes of content", ErrLimit, int64(maxExpanded))
		}
		if e.Size > smallArchive && e.Size/maxRatio > e.compressed {
			return fmt.Errorf("%w: %q", ErrRatio, e.Name)
		}
	}
	if expanded > smallArchive && expanded/maxRatio > a.size {
		return ErrRatio
	}
	return nil
}

// Lookup finds a file by its exact name, nil when there is none.
func (a *Archive) Lookup(name string) *Entry {
	for _, e := range a.Entries {
		if e.Name == name && !e.Folder() {
			return e
		}
	}
	return nil
}
