package pdf

import (
	"fmt"
	"sort"
)

// Kind tells what a cross-reference entry says of an object.
type Kind int

// The kinds of entries: ISO 32000-1 §7.5.4 and table 18.
const (
	Free Kind = iota
	InFile
	InStream
)

// Entry is one cross-reference entry.
type Entry struct {
	Kind Kind
	// Offset of an InFile object.
	Offset int64
	// Gen is the generation of an InFile or Free object.
	Gen int
	// Stream and Index place an InStream object: object number of its object
	// stream, and position in it.
	Stream, Index int
}

// section is one cross-reference table or stream of the Prev chain. Entries
// are not loaded: tables are read in place, streams keep their decoded rows.
type section struct {
	offset   int64
	isStream bool
	num      int  // object number of a cross-reference stream
	moved    bool // see [Revision]
	loose    bool // see [Revision]
	trailer  Dict
	ranges   []entryRange // sorted by first
	data     []byte       // rows of a stream
	widths   [3]int
	hybrid   *section // XRefStm of a table
	end      int64    // after the %%EOF that follows; 0 when there is none
}

// entryRange is a subsection: count entries from object first on, at pos in the
// file (tables, rows of width bytes) or in data (streams).
type entryRange struct {
	first, count int
	pos          int64
	width        int
}

// lookup finds what this section says of an object. In hybrid files
// (ISO 32000-1 §7.5.8.4) objects that the table hides as free, or leaves out,
// are looked up in its stream.
func (s *section) lookup(w *window, num int) (Entry, bool, error) {
	e, ok, err := s.own(w, num)
	if err != nil || s.hybrid == nil || (ok && e.Kind != Free) {
		return e, ok, err
	}
	if hidden, found, err := s.hybrid.own(w, num); found || err != nil {
		return hidden, found, err
	}
	return e, ok, nil
}

func (s *section) own(w *window, num int) (Entry, bool, error) {
	i := sort.Search(len(s.ranges), func(i int) bool { return s.ranges[i].first > num }) - 1
	if i < 0 || num >= s.ranges[i].first+s.ranges[i].count {
		return Entry{}, false, nil
	}
	r := s.ranges[i]
	pos := r.pos + int64(num-r.first)*int64(r.width)
	if s.isStream {
		return s.row(pos)
	}
	return tableEntry(w, pos, r.width)
}

// row decodes one row of a cross-reference stream.
func (s *section) row(pos int64) (Entry, bool, error) {
	var f [3]uint64
	f[0] = 1 // the default type: table 17, W
	for i, width := range s.widths {
		if width == 0 {
			continue
		}
		f[i] = 0
		for _, c := range s.data[pos : pos+int64(width)] {
			f[i] = f[i]<<8 | uint64(c)
		}
		pos += int64(width)
	}
	switch f[0] {
	case 0:
		if f[2] > 65536 {
			return Entry{}, false, damagedAt(s.offset, "a cross-reference row has generation %d", f[2])
		}
		return Entry{Kind: Free, Gen: int(f[2] & 0xffff)}, true, nil
	case 1:
		if f[1] > maxFileSize || f[2] > 65535 {
			return Entry{}, false, damagedAt(s.offset, "a cross-reference row points to byte %d", f[1])
		}
		return Entry{Kind: InFile, Offset: int64(f[1]), Gen: int(f[2])}, true, nil
	case 2:
		if f[1] >= maxObjects || f[2] >= maxObjects {
			return Entry{}, false, damagedAt(s.offset, "a cross-reference row names object stream %d", f[1])
		}
		return Entry{Kind: InStream, Stream: int(f[1]), Index: int(f[2])}, true, nil
	}
	// References to null by §7.5.8.3, but other programs repair such a file.
	return Entry{}, false, damagedAt(s.offset, "a cross-reference row is of type %d", f[0])
}

// each visits every entry of the section, the hybrid stream's included.
func (s *section) each(w *window, visit func(num int, e Entry) error) error {
	for _, r := range s.ranges {
		for num := r.first; num < r.first+r.count; num++ {
			e, ok, err := s.lookup(w, num)
			if err != nil {
				return err
			}
			if ok {
				if err := visit(num, e); err != nil {
					return err
				}
			}
		}
	}
	if s.hybrid == nil {
		return nil
	}
	return s.hybrid.each(w, func(num int, e Entry) error {
		if _, inTable, err := s.own(w, num); inTable || err != nil {
			return err
		}
		return visit(num, e)
	})
}

// setRanges sorts the subsections and refuses overlapping ones, in which
// readers do not agree which entry counts.
func (s *section) setRanges(ranges []entryRange) error {
	sort.Slice(ranges, func(i, j int) bool { return ranges[i].first < ranges[j].first })
	for i := 1; i < len(ranges); i++ {
		if ranges[i-1].first+ranges[i-1].count > ranges[i].first {
			return damagedAt(s.offset, "cross-reference subsections overlap at object %d", ranges[i].first)
		}
	}
	s.ranges = ranges
	return nil
}

// checkRange refuses subsections outside what a file may hold.
func checkRange(pos, first, count int64, have int) error {
	switch {
	case first < 0 || count < 0 || first > maxObjects || count > maxObjects-first:
		return limitAt(pos, "objects %d to %d, more than %d", first, first+count, maxObjects)
	case have >= maxSubsections:
		return limitAt(pos, "more than %d cross-reference subsections", maxSubsections)
	}
	return nil
}

// readSection reads the section at offset, whichever kind it is.
func (f *File) readSection(offset int64) (*section, error) {
	if offset < 0 || offset >= f.size {
		return nil, damagedAt(offset, "the cross-reference offset lies outside the file")
	}
	s := f.scan(offset)
	s.blank()
	if c, ok := s.peek(); ok && c == '%' {
		return nil, s.fail("a comment stands before a cross-reference section") // other programs do not pass it
	}
	sec := &section{offset: s.pos}
	var err error
	if s.keyword("xref") {
		err = f.readTable(s, sec)
	} else {
		err = f.readXRefStream(s, sec)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the cross-reference section: %w", err)
	}
	if _, ok := sec.trailer.Entry("Encrypt"); ok {
		return nil, ErrEncrypted
	}
	if key := sec.trailer.Repeated(); key != "" {
		return nil, damagedAt(sec.offset, "the trailer has %s twice", key)
	}
	return sec, nil
}
