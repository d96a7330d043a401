package pdf

// checkLinearised refuses a file that says it is linearised (ISO 32000-1 annex
// F) and as long as it is, unless its cross-reference data begins where that
// puts it: after the first object. poppler, pdf.js and PDFium then read the
// section there and not the one that startxref at the end names. A file that
// was updated is longer than it says, and an author with bad intent may say the
// length it is going to have.
func (f *File) checkLinearised() error {
	s := f.scan(0)
	if _, ok := s.integer(maxObjects); !ok {
		return s.src.failure()
	}
	if _, ok := s.integer(65535); !ok || !s.keyword("obj") {
		return s.src.failure()
	}
	o, err := s.object(0)
	if err != nil {
		return s.src.failure() // nobody reads it
	}
	d, ok := o.(Dict)
	if _, linearised := d.Entry("Linearized"); !ok || !linearised || !f.isLength(d) {
		return nil
	}
	if s.keyword("endobj") {
		s.blank()
		if f.Last().sections[0].offset == s.pos {
			return nil
		}
	}
	return damagedAt(0, "the file says that it is linearised and its cross-reference data is elsewhere")
}

// isLength tells whether a linearisation dictionary has the length of the file,
// once if its key stands twice.
func (f *File) isLength(d Dict) bool {
	for _, e := range d {
		switch n := e.Value.(type) {
		case Integer:
			if e.Key == "L" && int64(n) == f.size {
				return true
			}
		case Real:
			if e.Key == "L" && n.Float() == float64(f.size) {
				return true
			}
		}
	}
	return false
}
