package revisions

import (
	"errors"
	"maps"
	"reflect"
	"slices"

	"eidgate/internal/fault"
	"eidgate/sign/internal/pdf"
)

// step compares one revision with the one before it.
type step struct {
	base     int // the oldest revision that a signature covers
	k        int
	old, new *pdf.View
	written  map[int]pdf.Entry // objects that the revision writes
	refs     *references
	settled  map[int]bool // of those, the ones a rule allows
	widgets  map[int]bool // annotations that pages may gain
	redraws  bool         // NeedAppearances changes
	long     bool         // a text runs out of its field
	out      []Change
	refused  int
	filled   int
}

func (s *step) run() error {
	if s.new.Revision().Hybrid {
		s.refuse(ErrHybrid, "revision %d", s.k+1)
		return nil
	}
	for _, num := range s.numbers() {
		object, err := s.new.Object(num)
		if err != nil {
			return err
		}
		if object == nil {
			continue
		}
		s.refs.add(num, s.k, object.Value)
		if entry := s.written[num]; entry.Kind == pdf.InStream {
			s.refs.add1(reference{owner: num, version: s.k, key: "ObjStm"}, pdf.Ref{Num: entry.Stream})
		}
	}
	s.refs.addDict(0, s.k, s.new.Revision().Trailer)
	for _, rule := range []func() error{
		s.sections, s.unlisted, s.places, s.generations, s.unreadable, s.kinds, s.unchanged, s.trailer, s.form, s.signedFields, s.pages, s.validationData, s.catalog,
		s.structure, s.information, s.metadata, s.fills, s.closure, s.dangling, s.leftover, s.odd,
	} {
		if err := rule(); err != nil {
			return err
		}
	}
	return nil
}

// numbers are the written objects in order.
func (s *step) numbers() []int { return slices.Sorted(maps.Keys(s.written)) }

// open are those that no rule has settled.
func (s *step) open() []int {
	return slices.DeleteFunc(s.numbers(), func(num int) bool { return s.settled[num] })
}

func (s *step) refuse(sentinel *fault.Error, format string, args ...any) {
	if s.refused++; s.refused <= maxRefusals {
		s.out = append(s.out, refusal(s.k, sentinel, format, args...))
	}
}

func (s *step) allow(c Change) {
	c.Revision = s.k
	s.out = append(s.out, c)
}

// settle marks an object as allowed when the revision writes it.
func (s *step) settle(num int) {
	if _, ok := s.written[num]; ok {
		s.settled[num] = true
	}
}

// isNew tells whether the revision brings an object number to life.
func (s *step) isNew(num int) bool {
	e, ok := s.written[num]
	if !ok || e.Kind == pdf.Free {
		return false
	}
	before, _, had, err := s.old.Lookup(num)
	return err == nil && (!had || before.Kind == pdf.Free)
}

// values reads an object before and after; nil where there is none.
func (s *step) values(num int) (before, after pdf.Object, err error) {
	a, err := s.old.Object(num)
	if err != nil {
		return nil, nil, err
	}
	b, err := s.new.Object(num)
	if err != nil {
		return nil, nil, err
	}
	if a != nil {
		before = a.Value
	}
	if b != nil {
		after = b.Value
	}
	if a != nil && b != nil && a.Gen != b.Gen {
		s.refuse(ErrObject, "object %d has another generation", num)
	}
	return before, after, nil
}

// unreadable refuses objects that were no objects when the document was signed
// and become some by what the revision writes. An object in use that only other
// programs can read refers to nobody knows what: then nothing may be new.
func (s *step) unreadable() error {
	for _, num := range s.refs.unreadable {
		_, err := s.new.Object(num)
		switch {
		case err == nil:
			s.refuse(ErrObject, "object %d was damaged when it was signed and no longer is", num)
		case errors.Is(err, pdf.ErrLimit):
			return err
		case s.refs.used.has(num) && len(s.written) > 0:
			s.refuse(ErrUnreadable, "object %d", num)
		}
	}
	return nil
}

// kinds refuses objects that become something of another kind, above all a
// dictionary that becomes a stream: its keys are the same, and it draws.
func (s *step) kinds() error {
	for _, num := range s.numbers() {
		before, after, err := s.values(num)
		if err != nil {
			return err
		}
		if before != nil && after != nil && reflect.TypeOf(before) != reflect.TypeOf(after) {
			s.refuse(s.kind(num, before, after), "object %d is something else than it was", num)
			s.settle(num)
		}
	}
	return nil
}

// unchanged settles what is written again as it was.
func (s *step) unchanged() error {
	for _, num := range s.numbers() {
		before, after, err := s.values(num)
		if err != nil {
			return err
		}
		if s.isNew(num) {
			continue
		}
		same, err := s.same(before, after)
		if err != nil {
			return err
		}
		if same {
			s.settle(num)
		}
	}
	return nil
}

func (s *step) same(before, after pdf.Object) (bool, error) {
	if !pdf.Equal(before, after) {
		return false, nil
	}
	a, ok := before.(*pdf.Stream)
	if !ok {
		return true, nil
	}
	return s.new.File().EqualData(a, after.(*pdf.Stream))
}

// trailer keeps Root and Info, and hides no object by a smaller Size (ISO
// 32000-1 table 15: objects beyond it are missing).
func (s *step) trailer() error {
	before, after := s.old.Revision().Trailer, s.new.Revision().Trailer
	if !pdf.Equal(before.Get("Root"), after.Get("Root")) {
		s.refuse(ErrCatalogReplaced, "the trailer names another Root")
	}
	if before.Get("Info") == nil && after.Get("Info") != nil {
		if err := s.addedInformation(after.Get("Info")); err != nil {
			return err
		}
	} else if !pdf.Equal(before.Get("Info"), after.Get("Info")) {
		s.refuse(ErrInfo, "the trailer names another Info")
	}
	was, _ := before.Int("Size")
	if is, ok := after.Int("Size"); !ok || is < was {
		s.refuse(ErrRemoved, "the trailer's Size goes from %d to %d", was, is)
	}
	return nil
}

// structure settles cross-reference streams and object streams. They are new,
// or take the place of a cross-reference stream that nothing refers to.
func (s *step) structure() error {
	for _, num := range s.open() {
		before, after, err := s.values(num)
		if err != nil {
			return err
		}
		stream, ok := after.(*pdf.Stream)
		if !ok {
			continue
		}
		if kind := stream.Dict.Name("Type"); kind != "XRef" && kind != "ObjStm" {
			continue
		}
		old, isStream := before.(*pdf.Stream)
		replaces := isStream && old.Dict.Name("Type") == "XRef" && s.refs.only(num, s.k, func(reference) bool { return false })
		if s.isNew(num) || replaces {
			s.settle(num)
		}
	}
	return nil
}

// isTrailer tells whether an object number stands for a trailer: 0, or a
// cross-reference stream.
func (s *step) isTrailer(num int) bool {
	if num == 0 {
		return true
	}
	object, err := s.new.Object(num)
	if err != nil || object == nil {
		return false
	}
	st, ok := object.Value.(*pdf.Stream)
	return ok && st.Dict.Name("Type") == "XRef"
}

func isText(value pdf.Object) bool {
	_, ok := value.(pdf.String)
	return ok || value == nil
}

// onlyDiffer tells whether two dictionaries are the same but for some keys, and
// the new one has no key twice.
func onlyDiffer(before, after pdf.Dict, keys ...pdf.Name) bool {
	if after.Repeated() != "" {
		return false
	}
	return len(differing(before, after, keys...)) == 0
}

// differing are the keys whose values differ, in order, but for some.
func differing(before, after pdf.Dict, except ...pdf.Name) []pdf.Name {
	names := map[pdf.Name]bool{}
	for _, d := range []pdf.Dict{before, after} {
		for _, e := range d {
			if !slices.Contains(except, e.Key) && !sameEntry(before, after, e.Key) {
				names[e.Key] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// sameEntry tells whether a key has the same value in two dictionaries. One that
// is there with null is not absent: pdf.js then inherits nothing from above.
func sameEntry(a, b pdf.Dict, key pdf.Name) bool {
	x, inA := a.Entry(key)
	y, inB := b.Entry(key)
	return inA == inB && pdf.Equal(x.Value, y.Value)
}
