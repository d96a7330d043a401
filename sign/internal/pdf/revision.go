package pdf

// Revision is one saved state of the file: what an incremental update added
// (ISO 32000-1 §7.5.6), or the original. A linearised original, whose
// cross-reference data stands in two places, is one revision.
type Revision struct {
	// Index counts from 0, the original.
	Index int
	// Start and End are the bytes that this revision added, End being after
	// its %%EOF and line end. End is 0 when no %%EOF follows its
	// cross-reference section.
	Start, End int64
	// XRef is the position of its cross-reference section, the value that its
	// startxref names.
	XRef int64
	// IsStream tells that the section is a cross-reference stream.
	IsStream bool
	// Hybrid tells that the section has both.
	Hybrid bool
	// Linearised tells that the section stands in two places.
	Linearised bool
	// Own is the object number of a cross-reference stream. MuPDF takes the
	// stream for that object, whether the section lists it or not.
	Own int
	// Moved tells that the table begins with object 1 and that one is free: some
	// programs then take all its objects to be one number lower.
	Moved bool
	// Loose tells that the section is not written to the letter: MuPDF takes such
	// a table for damaged, or a stream that does not end as it should, and looks
	// for objects by itself.
	Loose bool
	// Trailer is the trailer dictionary, or the stream's.
	Trailer Dict

	sections []*section
}

// Revisions lists the saved states, oldest first; there is at least one.
func (f *File) Revisions() []*Revision { return f.revisions }

// Last is the newest revision.
func (f *File) Last() *Revision { return f.revisions[len(f.revisions)-1] }

// Entries visits each cross-reference entry that a revision writes, object
// numbers rising inside each section.
func (f *File) Entries(r *Revision, visit func(num int, e Entry) error) error {
	for i, s := range r.sections {
		err := s.each(f.w, func(num int, e Entry) error {
			for _, newer := range r.sections[:i] {
				if _, ok, err := newer.lookup(f.w, num); ok || err != nil {
					return err
				}
			}
			return visit(num, e)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// entry finds what one revision says of an object.
func (f *File) entry(r *Revision, num int) (Entry, bool, error) {
	for _, s := range r.sections {
		if e, ok, err := s.lookup(f.w, num); ok || err != nil {
			return e, ok, err
		}
	}
	return Entry{}, false, nil
}

// readChain follows Prev from the newest section to the oldest and groups the
// sections into revisions.
func (f *File) readChain(start, end int64) error {
	seen := map[int64]bool{}
	var newestFirst []*Revision
	for offset, more := start, true; more; {
		sec, err := f.readSection(offset)
		if err != nil {
			return err
		}
		if seen[sec.offset] {
			return damagedAt(sec.offset, "the cross-reference chain comes back to itself")
		}
		if seen[sec.offset] = true; len(seen) > maxSections {
			return limitAt(sec.offset, "more than %d cross-reference sections", maxSections)
		}
		if n := len(newestFirst); n > 0 && newestFirst[n-1].sections[0].offset < sec.offset {
			err = newestFirst[n-1].join(sec)
		} else {
			newestFirst = append(newestFirst, revisionOf(sec, offset))
		}
		if err != nil {
			return err
		}
		if offset, more, err = previous(sec); err != nil {
			return err
		}
	}
	f.setRevisions(newestFirst, end)
	return nil
}

func revisionOf(sec *section, offset int64) *Revision {
	return &Revision{
		XRef: offset, IsStream: sec.isStream, Hybrid: sec.hybrid != nil, Own: sec.num, Moved: sec.moved, Loose: sec.loose,
		Trailer: sec.trailer, End: sec.end, sections: []*section{sec},
	}
}

// join adds the second half of a linearised file's cross-reference data: the
// only section that may lie after the one that names it, and the last of the
// chain (ISO 32000-1 annex F.3.4).
func (r *Revision) join(sec *section) error {
	if _, more := sec.trailer.Entry("Prev"); more || len(r.sections) > 1 {
		return damagedAt(sec.offset, "a cross-reference section names a later one")
	}
	r.sections = append(r.sections, sec)
	r.Linearised, r.End = true, sec.end
	return nil
}

func previous(sec *section) (offset int64, more bool, err error) {
	e, ok := sec.trailer.Entry("Prev")
	if !ok {
		return 0, false, nil
	}
	n, ok := e.Value.(Integer)
	if !ok {
		// Some writers put "/Prev 123.0" or a reference; readers differ.
		return 0, false, damagedAt(sec.offset, "Prev is no whole number")
	}
	return int64(n), true, nil
}

func (f *File) setRevisions(newestFirst []*Revision, end int64) {
	n := len(newestFirst)
	newestFirst[0].End = end
	f.revisions = make([]*Revision, n)
	for i, r := range newestFirst {
		r.Index = n - 1 - i
		f.revisions[r.Index] = r
	}
	for i, r := range f.revisions[1:] {
		r.Start = f.revisions[i].End
	}
}
