package revisions

import (
	"slices"

	"eidgate/sign/internal/pdf"
)

// maxSize is the largest Size that programs take from any file; beyond theirs
// they look for objects by themselves.
const maxSize = 1 << 20

// maxNumber is the highest object number that PDFium takes.
const maxNumber = 1 << 22

// sections refuses cross-reference sections that programs read in different
// ways, or from which they see other objects than before.
func (s *step) sections() error {
	r := s.new.Revision()
	if r.Moved {
		s.refuse(ErrObject, "the table of revision %d begins with a free object 1, so that programs take another for each", s.k+1)
	}
	was, _ := s.old.Revision().Trailer.Int("Size")
	if is, _ := r.Trailer.Int("Size"); is > max(maxSize, was+int64(len(s.written))+1) {
		s.refuse(ErrObject, "revision %d claims %d objects", s.k+1, is)
	}
	if r.IsStream && !plainFilter(r.Trailer) {
		s.refuse(ErrObject, "the cross-reference stream of revision %d is packed in an unusual way", s.k+1)
	}
	if err := s.ownNumber(r); err != nil {
		return err
	}
	if err := s.beyondSize(); err != nil {
		return err
	}
	if r.Loose {
		s.refuse(ErrAmbiguous, "the cross-reference section of revision %d", s.k+1)
	}
	return nil
}

// plainFilter tells whether structure is compressed as programs do it, or not.
func plainFilter(d pdf.Dict) bool {
	filter := d.Get("Filter")
	if list, ok := filter.(pdf.Array); ok && len(list) == 1 {
		filter = list[0]
	}
	return filter == nil || filter == pdf.Name("FlateDecode")
}

// ownNumber wants the number of a cross-reference stream to be that of nothing
// else. The section need not list the stream, but MuPDF takes it for the object
// of its number in any case: then it shows instead of what had the number.
func (s *step) ownNumber(r *pdf.Revision) error {
	if !r.IsStream {
		return nil
	}
	e, revision, known, err := s.new.Lookup(r.Own)
	switch {
	case r.Own < 1 || r.Own > maxNumber: // MuPDF takes the file for damaged
	case err != nil:
		return err
	case known && e.Kind == pdf.InFile && revision == s.k:
		object, err := s.new.Object(r.Own)
		if err == nil && object != nil && isXRef(object.Value) {
			return nil
		}
		if err != nil {
			return err
		}
	case (!known || e.Kind == pdf.Free) && !s.refs.used.has(r.Own):
		return nil
	case known && e.Kind == pdf.InFile && !s.refs.used.has(r.Own): // the last one's number
		object, err := s.new.Object(r.Own)
		if err != nil {
			return err
		}
		if object != nil && isXRef(object.Value) {
			return nil
		}
	}
	s.refuse(ErrUnlisted, "the cross-reference stream of revision %d has the number of object %d", s.k+1, r.Own)
	return nil
}

func isXRef(value pdf.Object) bool {
	st, ok := value.(*pdf.Stream)
	return ok && st.Dict.Name("Type") == "XRef"
}

// beyondSize refuses a trailer that brings objects to life: those from Size on
// are missing (ISO 32000-1 table 15), for some programs and not for others.
func (s *step) beyondSize() error {
	was, _ := s.old.Revision().Trailer.Int("Size")
	is, _ := s.new.Revision().Trailer.Int("Size")
	for num := was; num < min(is, s.old.Size()); num++ {
		e, _, known, err := s.old.Lookup(int(num))
		if err != nil {
			return err
		}
		if known && e.Kind != pdf.Free && s.refs.used.has(int(num)) {
			s.refuse(ErrDangling, "object %d, which was beyond the Size of the file", num)
			return nil
		}
	}
	return nil
}

// places wants what a revision writes to stand in its own bytes, or where it
// stood. Programs do not agree on what other places hold: to most, byte 0 is
// no place at all.
func (s *step) places() error {
	r := s.new.Revision()
	for _, num := range s.numbers() {
		e := s.written[num]
		if e.Kind != pdf.Free && (num < 1 || num > maxNumber) {
			s.refuse(ErrObject, "object %d", num)
		}
		if e.Kind != pdf.InFile || e.Offset >= r.Start && e.Offset < r.End {
			continue
		}
		if before, _, known, err := s.old.Lookup(num); err != nil || !known || before != e {
			if err != nil {
				return err
			}
			s.refuse(ErrObject, "object %d is named at byte %d, outside the revision", num, e.Offset)
		}
	}
	return nil
}

// odd refuses written objects that programs read in different ways, and object
// streams that are packed as none do. A name that some read otherwise may stay
// as it was written, and is not written in another way.
func (s *step) odd() error {
	for _, num := range s.numbers() {
		before, after, err := s.states(num)
		if err != nil {
			return err
		}
		if after == nil || before != nil && before.Entry == after.Entry {
			continue
		}
		st, isStream := after.Value.(*pdf.Stream)
		structure := isStream && slices.Contains([]pdf.Name{"ObjStm", "XRef"}, st.Dict.Name("Type"))
		was := &pdf.Indirect{}
		if before != nil {
			was = before
		}
		if was.Twice || after.Twice || !sameNames(was.Odd, after.Odd) || structure && !plainFilter(st.Dict) {
			s.refuse(ErrAmbiguous, "object %d", num)
		}
	}
	return nil
}

func (s *step) states(num int) (before, after *pdf.Indirect, err error) {
	if before, err = s.old.Object(num); err != nil {
		return nil, nil, err
	}
	after, err = s.new.Object(num)
	return before, after, err
}

// sameNames tells whether two lists have the same names, however often.
func sameNames(a, b []pdf.Name) bool {
	in := map[pdf.Name]int{}
	for _, n := range a {
		in[n] |= 1
	}
	for _, n := range b {
		in[n] |= 2
	}
	for _, where := range in {
		if where != 3 {
			return false
		}
	}
	return true
}
