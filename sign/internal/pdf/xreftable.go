package pdf

import "strings"

// entryBytes is the width of a table entry: ISO 32000-1 §7.5.4. Some writers
// end entries with a single byte and make them one shorter.
const entryBytes = 20

// readTable reads "first count" subsections and the trailer after them.
func (f *File) readTable(s *scanner, sec *section) error {
	var ranges []entryRange
	var last int64 // the end of the subsection before
	for {
		s.blank()
		if c, ok := s.peek(); ok && c == '%' {
			return s.fail("a comment stands in a cross-reference table")
		}
		if s.keyword("trailer") {
			break
		}
		head := s.pos
		before, _ := f.w.at(head - 1)
		sec.loose = sec.loose || last > 0 && head != last || before != '\n' && before != '\r' && last == 0
		first, ok1 := s.plainInteger(maxFileSize)
		count, ok2 := s.plainInteger(maxFileSize)
		if !ok1 || !ok2 {
			return s.fail("a cross-reference subsection does not begin with two numbers")
		}
		if err := checkRange(s.pos, first, count, len(ranges)); err != nil {
			return err
		}
		s.blank()
		sec.loose = sec.loose || !f.plainLine(head, s.pos)
		r := entryRange{first: int(first), count: int(count), pos: s.pos, width: f.tableWidth(s.pos)}
		if count > 0 {
			ranges = append(ranges, r)
			kind, _ := f.w.at(r.pos + 17)
			sec.moved = sec.moved || first == 1 && count > 1 && kind == 'f'
		}
		s.pos += count * int64(r.width)
		last = s.pos
		s.end = min(f.size, s.pos+maxObjectBytes)
	}
	if err := f.readTrailer(s, sec); err != nil {
		return err
	}
	return sec.setRanges(ranges)
}

// plainLine tells whether a line is "first count": two numbers with one space
// between, perhaps one after, and a line end.
func (f *File) plainLine(from, to int64) bool {
	const most = 32
	if to-from > most {
		return false
	}
	var line []byte
	for ; from < to; from++ {
		c, _ := f.w.at(from)
		line = append(line, c)
	}
	text := strings.TrimSuffix(strings.TrimRight(string(line), "\r\n"), " ")
	end := string(line)[len(strings.TrimRight(string(line), "\r\n")):]
	first, count, ok := strings.Cut(text, " ")
	return ok && first != "" && count != "" && digits(first) && digits(count) && (end == "\n" || end == "\r" || end == "\r\n")
}

// plainInteger is an integer with white space before it and no comment, which
// other programs do not pass here.
func (s *scanner) plainInteger(limit int64) (int64, bool) {
	s.blank()
	if c, ok := s.peek(); ok && c == '%' {
		return 0, false
	}
	return s.integer(limit)
}

// tableWidth looks at the end of the first entry of a subsection.
func (f *File) tableWidth(pos int64) int {
	c1, ok1 := f.w.at(pos + 18) // tableEntry wants white space there
	c2, ok2 := f.w.at(pos + 19)
	if ok1 && ok2 && isSpace(c1) && !isSpace(c2) {
		return entryBytes - 1
	}
	return entryBytes
}

func (f *File) readTrailer(s *scanner, sec *section) error {
	s.skip()
	o, err := s.object(0)
	if err != nil {
		return err
	}
	trailer, ok := o.(Dict)
	if !ok {
		return s.fail("the trailer is no dictionary")
	}
	sec.trailer = trailer
	sec.end = f.endOfSection(s)
	if _, ok := trailer.Entry("XRefStm"); !ok {
		return nil
	}
	offset, ok := trailer.Int("XRefStm")
	if !ok {
		return damagedAt(sec.offset, "XRefStm is no whole number")
	}
	if sec.hybrid, err = f.readHybrid(offset); err != nil {
		return err
	}
	return nil
}

func (f *File) readHybrid(offset int64) (*section, error) {
	if offset < 0 || offset >= f.size {
		return nil, damagedAt(offset, "XRefStm lies outside the file")
	}
	sec := &section{offset: offset}
	if err := f.readXRefStream(f.scan(offset), sec); err != nil {
		return nil, err
	}
	return sec, nil
}

// endOfSection passes "startxref N %%EOF" and its line end; 0 when they do not
// follow.
func (f *File) endOfSection(s *scanner) int64 {
	if !s.keyword("startxref") {
		return 0
	}
	if _, ok := s.integer(maxFileSize); !ok {
		return 0
	}
	return f.afterEOF(s)
}

// afterEOF passes white space, %%EOF and one line end.
func (f *File) afterEOF(s *scanner) int64 {
	s.blank()
	if !s.exact("%%EOF") {
		return 0
	}
	if !s.exact("\r\n") && !s.exact("\n") {
		s.exact("\r")
	}
	return s.pos
}

// tableEntry reads "nnnnnnnnnn ggggg n" at pos.
func tableEntry(w *window, pos int64, width int) (Entry, bool, error) {
	s := &scanner{src: w, pos: pos, end: pos + int64(width)}
	offset, ok1 := s.fixed(10)
	gap1 := s.exact(" ")
	gen, ok2 := s.fixed(5)
	gap2 := s.exact(" ")
	kind, ok3 := s.next()
	end, ok4 := s.next()
	if !ok1 || !ok2 || !ok3 || !ok4 || !gap1 || !gap2 || !isSpace(end) || !s.blankTo(width-entryBytes+1) || (kind != 'n' && kind != 'f') {
		return Entry{}, false, s.fail("a cross-reference entry is malformed")
	}
	if kind == 'f' {
		return Entry{Kind: Free, Gen: int(gen)}, true, nil // MuPDF writes 65536
	}
	if gen > 65535 {
		return Entry{}, false, s.fail("a cross-reference entry has generation %d", gen)
	}
	return Entry{Kind: InFile, Offset: offset, Gen: int(gen)}, true, nil
}

// blankTo passes exactly n bytes of white space. Programs that read words would
// take anything else for a part of the next entry.
func (s *scanner) blankTo(n int) bool {
	for range n {
		if c, ok := s.next(); !ok || !isSpace(c) {
			return false
		}
	}
	return true
}

// fixed reads exactly n digits.
func (s *scanner) fixed(n int) (int64, bool) {
	var v int64
	for range n {
		c, ok := s.next()
		if !ok || c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int64(c-'0')
	}
	return v, true
}
