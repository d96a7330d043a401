package revisions

import (
	"slices"

	"eidgate/sign/internal/pdf"
)

// allowSignature notes a signature that this revision brings.
func (s *step) allowSignature(c Change, field pdf.Dict, value pdf.Ref, widgets []pdf.Dict) error {
	dict, err := s.new.Dict(value)
	if err != nil {
		return err
	}
	s.settle(value.Num)
	c.Rule, c.Signature, c.Visible = RuleSignature, value.Num, slices.ContainsFunc(widgets, visible)
	if t, ok := field.Get("T").(pdf.String); ok {
		c.Field = pdf.DecodeText(t.Bytes)
	}
	c.Sentence = "a signature was added in field " + c.Field
	if dict.Name("Type") == "DocTimeStamp" && dict.Name("SubFilter") == "ETSI.RFC3161" {
		c.Rule, c.Sentence = RuleTimestamp, "the document was time-stamped in field "+c.Field
	}
	if c.Visible && c.Rule == RuleTimestamp {
		s.refuse(ErrVisibleStamp, "%s", c.Field)
	}
	if c.Visible {
		c.Sentence += ", visible on a page"
	}
	s.allow(c)
	return nil
}

// flagHidden keeps an annotation off the screen and the paper (ISO 32000-1
// table 165).
const (
	flagHidden = 2
	maxFlags   = 1<<16 - 1 // beyond it programs read other numbers
)

// isFlags tells whether F is what it is in an annotation. In an action, which
// the same dictionary may be used as, it names a file.
func isFlags(d pdf.Dict) bool {
	switch d.Get("F").(type) {
	case nil, pdf.Integer, pdf.Real, pdf.Ref:
		return true
	}
	return false
}

// visible tells whether a widget may draw something, from its appearance or by
// the viewer's own idea. With an empty rectangle there is nothing to draw.
func visible(widget pdf.Dict) bool {
	flags, _ := widget.Int("F")
	if flags >= 0 && flags <= maxFlags && flags&flagHidden != 0 {
		return false
	}
	rect, ok := widget.Get("Rect").(pdf.Array)
	if !ok || len(rect) != 4 {
		return true
	}
	return !pdf.Equal(rect[0], rect[2]) && !pdf.Equal(rect[1], rect[3])
}

// signedFields allows an empty signature field of the document to be signed:
// the field gains V, it and its widgets an appearance.
func (s *step) signedFields() error {
	if len(s.open()) == 0 {
		return nil
	}
	fields, err := s.old.Fields()
	if err != nil {
		return err
	}
	for _, f := range fields {
		if _, written := s.written[f.Ref.Num]; f.Type != "Sig" || f.Value != nil || !written || s.settled[f.Ref.Num] {
			continue
		}
		if err := s.signedField(f); err != nil {
			return err
		}
	}
	return nil
}

func (s *step) signedField(f pdf.Field) error {
	_, value, err := s.values(f.Ref.Num)
	if err != nil {
		return err
	}
	after, _ := value.(pdf.Dict)
	v, signed := after.Get("V").(pdf.Ref)
	if !signed || !s.isNew(v.Num) || !onlyDiffer(f.Dict, after, "V", "AP", "M", "F") || !isFlags(after) {
		return nil // leftover refuses it
	}
	s.settleField(f.Ref.Num)
	s.settleNew(after.Get("AP"))
	widgets := []pdf.Dict{after}
	for _, ref := range f.Widgets {
		if ref == f.Ref {
			continue
		}
		before, is, err := s.values(ref.Num)
		if err != nil {
			return err
		}
		was, _ := before.(pdf.Dict)
		now, _ := is.(pdf.Dict)
		if onlyDiffer(was, now, "AP", "M", "F") && isFlags(now) {
			if _, written := s.written[ref.Num]; written {
				s.settleField(ref.Num)
			}
			s.settleNew(now.Get("AP"))
			widgets = append(widgets, now)
		}
	}
	return s.allowSignature(Change{Present: true}, after.With("T", pdf.EncodeText(f.Name)), v, widgets)
}
