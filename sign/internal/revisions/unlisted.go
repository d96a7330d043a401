package revisions

import (
	"bytes"
	"cmp"
	"io"
	"slices"

	"eidgate/sign/internal/pdf"
)

// span is a range of bytes of the file.
type span struct{ from, to int64 }

// unlisted refuses objects that stand in the bytes of the revision without the
// cross-reference section naming them. We do not see them, but a program that
// repairs what it takes for a damaged file does.
func (s *step) unlisted() error {
	r := s.new.Revision()
	if r.End == 0 {
		s.refuse(ErrUnlisted, "revision %d has no end", s.k+1)
		return nil
	}
	listed, err := s.listed(r)
	if err != nil {
		return err
	}
	pos, found := r.Start, 0
	for _, l := range append(listed, span{r.End, r.End}) {
		if l.from > pos {
			n, err := s.countObjects(pos, l.from)
			if err != nil {
				return err
			}
			found += n
		}
		pos = max(pos, l.to)
	}
	allowed := 0
	if r.IsStream && !slices.ContainsFunc(listed, func(l span) bool { return l.from == r.XRef }) {
		allowed = 2 // a cross-reference stream need not list itself: its obj and endobj
	}
	if found > allowed {
		s.refuse(ErrUnlisted, "in revision %d", s.k+1)
		return nil
	}
	return s.disguised(r, len(listed)+allowed/2)
}

// disguised refuses what looks like an object, a trailer or the end of a file
// inside of streams, strings and comments. A program that looks for objects by
// itself takes them for real: poppler does when startxref is not to its liking.
func (s *step) disguised(r *pdf.Revision, objects int) error {
	seen, err := s.hunt(r.Start, r.End)
	if err != nil {
		return err
	}
	trailers := 1
	if r.IsStream {
		trailers = 0
	}
	if seen.headers > objects || seen.trailers > trailers || seen.starts > 1 {
		s.refuse(ErrUnlisted, "in revision %d, in disguise", s.k+1)
	}
	return nil
}

// generations refuses references to an object of another generation: they are
// null here (ISO 32000-1 §7.3.10), and programs that look at the number alone
// find the object.
func (s *step) generations() error {
	var failed error
	for _, num := range s.numbers() {
		object, err := s.new.Object(num)
		if err != nil {
			return err
		}
		if object == nil {
			continue
		}
		eachRef(object.Value, func(ref pdf.Ref) {
			e, _, found, err := s.new.Lookup(ref.Num)
			failed = cmp.Or(failed, err)
			if found && e.Kind != pdf.Free && e.Gen != ref.Gen {
				s.refuse(ErrObject, "object %d refers to generation %d of object %d, which is %d", num, ref.Gen, ref.Num, e.Gen)
			}
		})
	}
	return failed
}

// listed are the places of the objects that the revision names, in order.
func (s *step) listed(r *pdf.Revision) ([]span, error) {
	var out []span
	for num := range s.written {
		object, err := s.new.Object(num)
		if err != nil {
			return nil, err
		}
		if object != nil && object.Revision == s.k && object.Start >= r.Start && object.End <= r.End {
			out = append(out, span{object.Start, object.End})
		}
	}
	slices.SortFunc(out, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	return out, nil
}

// countObjects counts "obj" between two bytes of the file.
func (s *step) countObjects(from, to int64) (int, error) {
	word := []byte("obj")
	in := s.new.File().Raw(&pdf.Stream{Offset: from, Length: to - from})
	buffer := make([]byte, min(to-from+int64(len(word)), 64<<10))
	kept, found := 0, 0
	for {
		n, err := in.Read(buffer[kept:])
		n += kept
		found += bytes.Count(buffer[:n], word)
		// A word may stand across the edge.
		kept = copy(buffer, buffer[max(n-len(word)+1, 0):n])
		switch {
		case err == io.EOF:
			return found, nil
		case err != nil:
			return 0, err
		}
	}
}
