package revisions

import "eidgate/sign/internal/pdf"

// information allows new dates and another producer.
func (s *step) information() error {
	ref, ok := s.new.Revision().Trailer.Get("Info").(pdf.Ref)
	if !ok || s.settled[ref.Num] {
		return nil
	}
	if _, written := s.written[ref.Num]; !written {
		return nil
	}
	before, after, err := s.values(ref.Num)
	if err != nil {
		return err
	}
	a, okA := before.(pdf.Dict)
	b, okB := after.(pdf.Dict)
	alone := s.refs.only(ref.Num, s.k, func(r reference) bool { return r.key == "Info" && s.isTrailer(r.owner) })
	if okA && okB && alone && onlyDiffer(a, b, "ModDate", "Producer") && isText(b.Get("ModDate")) && isText(b.Get("Producer")) {
		s.settle(ref.Num)
		s.allow(Change{Rule: RuleInfo, Sentence: "the date of the last change was written"})
		return nil
	}
	s.refuse(ErrInfo, "object %d", ref.Num)
	s.settle(ref.Num)
	return nil
}

// addedInformation allows a document without an information dictionary to get
// one that says when and by which program it was changed: pyHanko writes it with
// every update. It is a new object that nothing else uses.
func (s *step) addedInformation(value pdf.Object) error {
	ref, ok := value.(pdf.Ref)
	if !ok || !s.isNew(ref.Num) {
		s.refuse(ErrInfo, "the trailer names one")
		return nil
	}
	object, err := s.new.Object(ref.Num)
	if err != nil {
		return err
	}
	d, isDict := object.Value.(pdf.Dict)
	alone := s.refs.only(ref.Num, s.k, func(r reference) bool { return r.key == "Info" && s.isTrailer(r.owner) })
	if !isDict || !alone || object.Gen != ref.Gen || !onlyDiffer(nil, d, "ModDate", "Producer") || !isText(d.Get("ModDate")) || !isText(d.Get("Producer")) {
		s.refuse(ErrInfo, "object %d", ref.Num)
		return nil
	}
	s.settle(ref.Num)
	s.allow(Change{Rule: RuleInfo, Sentence: "the date of the last change was written"})
	return nil
}
