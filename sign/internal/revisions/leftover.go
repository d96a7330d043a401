package revisions

import (
	"fmt"

	"eidgate/sign/internal/pdf"
)

// closure settles new objects that only allowed new objects bring along: an
// appearance, its fonts, the build properties of a signature.
func (s *step) closure() error {
	var queue []int
	for num := range s.settled {
		if s.isNew(num) {
			queue = append(queue, num)
		}
	}
	for len(queue) > 0 {
		object, err := s.new.Object(queue[0])
		if err != nil {
			return err
		}
		queue = queue[1:]
		if object == nil {
			continue
		}
		eachRef(object.Value, func(ref pdf.Ref) {
			if !s.settled[ref.Num] && s.isNew(ref.Num) {
				s.settle(ref.Num)
				queue = append(queue, ref.Num)
			}
		})
	}
	return nil
}

// dangling refuses new objects that something signed referred to before there
// was one.
func (s *step) dangling() error {
	for _, num := range s.numbers() {
		if s.isNew(num) && s.refs.before(num, s.k) {
			s.refuse(ErrDangling, "object %d", num)
		}
	}
	return nil
}

// leftover judges what no rule allowed: new objects that nothing refers to are
// harmless, the rest is refused by what it is.
func (s *step) leftover() error {
	for _, num := range s.open() {
		before, after, err := s.values(num)
		if err != nil {
			return err
		}
		switch {
		case before == nil && after == nil:
		case s.isNew(num):
			// Reached only by what is refused, or by nothing: the closure took
			// all that allowed objects reach.
		case after == nil:
			if s.refs.before(num, s.k) {
				s.refuse(ErrRemoved, "object %d", num)
			}
		default:
			s.refuse(s.kind(num, before, after), "object %d%s", num, s.detail(before, after))
		}
	}
	return nil
}

// detail names the keys that differ, for people who look for the change.
func (s *step) detail(before, after pdf.Object) string {
	a, okA := pdf.DictOf(before)
	b, okB := pdf.DictOf(after)
	if !okA || !okB {
		return ""
	}
	if names := differing(a, b); len(names) > 0 && len(names) <= 8 {
		return fmt.Sprintf(" (%s)", names)
	}
	return ""
}
