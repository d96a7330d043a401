package pdf

import (
	"errors"
	"io"
)

// readXRefStream reads a cross-reference stream: ISO 32000-1 §7.5.8. All its
// values are direct (§7.5.8.2), so nothing else has to be read first.
func (f *File) readXRefStream(s *scanner, sec *section) error {
	s.skip()
	start := s.pos
	num, ok1 := s.integer(maxObjects)
	_, ok2 := s.integer(65535)
	if !ok1 || !ok2 || !s.keyword("obj") {
		return s.fail("neither a cross-reference table nor a stream is here")
	}
	o, err := s.object(0)
	if err != nil {
		return err
	}
	d, ok := o.(Dict)
	if !ok || d.Name("Type") != "XRef" {
		return damagedAt(start, "the object is no cross-reference stream")
	}
	length, ok := d.Int("Length")
	if !ok {
		return damagedAt(start, "the cross-reference stream has no direct Length")
	}
	st, err := f.streamAt(s, d, length)
	if err != nil {
		return err
	}
	sec.isStream, sec.num, sec.trailer = true, int(num), d
	if s.keyword("endobj") {
		sec.end = f.endOfSection(s)
	}
	return f.readRows(st, sec)
}

// readRows decodes the rows that W and Index tell of.
func (f *File) readRows(st *Stream, sec *section) error {
	if e, ok := st.Dict.Entry("Filter"); ok && e.Value == nil {
		return damagedAt(sec.offset, "the cross-reference stream has a Filter that is null")
	}
	if _, ok := st.Dict.Entry("XRefStm"); ok { // MuPDF follows it from here, too
		return damagedAt(sec.offset, "the cross-reference stream names another")
	}
	row, err := sec.readWidths(st.Dict)
	if err != nil {
		return err
	}
	ranges, total, err := sec.readIndex(st.Dict, row)
	if err != nil {
		return err
	}
	f.rowBytes += total
	if f.rowBytes > maxXRefBytes {
		return limitAt(sec.offset, "more than %d bytes of cross-reference rows", maxXRefBytes)
	}
	r, err := decode(f.Raw(st), st.Dict)
	if err != nil {
		return err
	}
	if sec.data, err = readExactly(r, total); err != nil {
		return f.badData(st.Offset, err)
	}
	if n, err := io.ReadFull(r, make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		sec.loose = true
	}
	return sec.setRanges(ranges)
}

// readExactly grows with what really comes, not with what the file claims.
func readExactly(r io.Reader, n int64) ([]byte, error) {
	const step = 1 << 20
	out := make([]byte, 0, min(n, step))
	for int64(len(out)) < n {
		have := len(out)
		want := int(min(n-int64(have), step))
		out = append(out, make([]byte, want)...)
		if _, err := io.ReadFull(r, out[have:]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (sec *section) readWidths(d Dict) (row int, err error) {
	w, ok := d.Get("W").(Array)
	if !ok || len(w) != 3 {
		return 0, damagedAt(sec.offset, "the cross-reference stream has no W")
	}
	for i, o := range w {
		n, ok := o.(Integer)
		// A type of more than four bytes is nothing to other programs: they
		// repair the file.
		if !ok || n < 0 || n > 8 || (i == 0 && n > 4) {
			return 0, damagedAt(sec.offset, "the cross-reference stream has a bad W")
		}
		sec.widths[i] = int(n)
		row += int(n)
	}
	if sec.widths[1] == 0 {
		return 0, damagedAt(sec.offset, "the cross-reference stream has no offsets")
	}
	return row, nil
}

// readIndex gives the subsections, by default one of Size objects: table 17.
func (sec *section) readIndex(d Dict, row int) (ranges []entryRange, total int64, err error) {
	index, ok := d.Get("Index").(Array)
	if _, present := d.Entry("Index"); present && !ok {
		return nil, 0, damagedAt(sec.offset, "the Index of the cross-reference stream is no list")
	}
	if !ok {
		size, ok := d.Int("Size")
		if !ok {
			return nil, 0, damagedAt(sec.offset, "the cross-reference stream has no Size")
		}
		index = Array{Integer(0), Integer(size)}
	}
	if len(index)%2 != 0 {
		return nil, 0, damagedAt(sec.offset, "the cross-reference stream has an odd Index")
	}
	for i := 0; i < len(index); i += 2 {
		first, ok1 := index[i].(Integer)
		count, ok2 := index[i+1].(Integer)
		if !ok1 || !ok2 {
			return nil, 0, damagedAt(sec.offset, "the cross-reference stream has a bad Index")
		}
		if err := checkRange(sec.offset, int64(first), int64(count), len(ranges)); err != nil {
			return nil, 0, err
		}
		if count > 0 {
			ranges = append(ranges, entryRange{first: int(first), count: int(count), pos: total, width: row})
		}
		total += int64(count) * int64(row)
	}
	return ranges, total, nil
}
