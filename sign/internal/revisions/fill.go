package revisions

import (
	"errors"
	"fmt"

	"eidgate/internal/fault"
	"eidgate/sign/internal/pdf"
)

// maxFilled is how many form fields a document may have filled in after a
// signature; each is told of by name.
const maxFilled = 1024

// Flags of fields (ISO 32000-1 tables 221, 226, 228, 230).
const (
	flagReadOnly   = 1 << 0
	flagPassword   = 1 << 13
	flagPushButton = 1 << 16
	flagCombo      = 1 << 17
	flagEdit       = 1 << 18
	flagFileSelect = 1 << 20
	flagComb       = 1 << 24
	flagRichText   = 1 << 25
)

// fills allows form fields of the document to be filled in (ISO 32000-1
// §12.7.3.3): their value, and an appearance that shows it. Whether the
// signatures permit it is not judged here.
func (s *step) fills() error {
	if !s.redraws && !s.changesLeft() {
		return nil
	}
	before, err := s.old.Fields()
	if err != nil {
		return err
	}
	after, err := s.new.Fields()
	if err != nil {
		return err
	}
	names := map[string]int{}
	now := map[int]pdf.Field{}
	for _, f := range after {
		names[f.Name]++
		now[f.Ref.Num] = f
	}
	for _, f := range before {
		touched, err := s.touched(f)
		if err != nil {
			return err
		}
		is, kept := now[f.Ref.Num]
		if !touched || !kept || f.Type == "Sig" || f.Ref.Num == 0 {
			continue // leftover refuses what is left
		}
		if err := s.fill(f, is, names[f.Name] == 1); err != nil {
			return err
		}
	}
	if s.redraws {
		return s.redraw(after)
	}
	return nil
}

// changesLeft tells whether an object of the document was changed and no rule
// has allowed it yet.
func (s *step) changesLeft() bool {
	for num := range s.written {
		if !s.settled[num] && !s.isNew(num) {
			return true
		}
	}
	return false
}

// touched tells whether the revision writes a field, one of its widgets, or
// what they look like.
func (s *step) touched(f pdf.Field) (bool, error) {
	writes := func(o pdf.Object) bool {
		ref, ok := o.(pdf.Ref)
		if !ok {
			return false
		}
		_, written := s.written[ref.Num]
		return written && !s.settled[ref.Num]
	}
	if writes(f.Ref) {
		return true, nil
	}
	for _, ref := range f.Widgets {
		if writes(ref) {
			return true, nil
		}
		widget, err := s.new.Dict(ref)
		if err != nil {
			return false, err
		}
		if writes(widget.Get("AP")) {
			return true, nil
		}
		appearances, err := s.new.Dict(widget.Get("AP"))
		if err != nil {
			return false, err
		}
		if writes(appearances.Get("N")) {
			return true, nil
		}
	}
	return false, nil
}

// fill judges one field. What differs beyond a filling is left to the rules
// that refuse.
func (s *step) fill(before, after pdf.Field, unique bool) error {
	if s.filled++; s.filled > maxFilled {
		return fmt.Errorf("more than %d form fields are filled in: %w", maxFilled, pdf.ErrLimit)
	}
	c := Change{Rule: RuleFill, Field: before.Name, Present: true, Revision: s.k}
	s.long = false
	f, err := s.fieldOf(s.new, after, unique)
	switch {
	case err != nil && fault.CodeOf(err) == "":
		return err
	case err == nil:
		err = s.filling(before, f)
	}
	switch code := fault.CodeOf(err); {
	case err != nil && (code == "" || code == fault.CodeOf(pdf.ErrLimit)):
		return err
	case errors.Is(err, errElse):
		return nil
	case err != nil:
		c.Err = fmt.Errorf("%w: form field %q", err, before.Name)
		c.Sentence = c.Err.Error()
		s.out = append(s.out, c)
		return nil
	}
	c.Sentence = fmt.Sprintf("form field %q was filled in", before.Name)
	if pdf.Equal(before.Value, after.Value) {
		c.Sentence = fmt.Sprintf("form field %q was drawn anew, its value is unchanged", before.Name)
	}
	if s.long {
		c.Sentence += ", with more than its place shows"
	}
	s.allow(c)
	return nil
}

// filling compares a field and its widgets with what they were, and settles
// them.
func (s *step) filling(before pdf.Field, f *field) error {
	merged := len(f.Widgets) == 1 && f.Widgets[0] == f.Ref
	keys := []pdf.Name{"V", "I"}
	if merged {
		keys = append(keys, "AP", "AS", "M")
	}
	if before.Type != f.Type || len(before.Widgets) != len(f.Widgets) || f.Dict.Repeated() != "" || len(unlike(before.Dict, f.Dict, keys...)) > 0 || !isText(f.Dict.Get("M")) {
		return errElse
	}
	if err := f.checkValue(); err != nil {
		return err
	}
	for i, w := range f.widgets {
		was, err := s.old.Dict(before.Widgets[i])
		if err != nil {
			return err
		}
		if before.Widgets[i] != f.Widgets[i] || !merged && len(unlike(was, w.dict, "AP", "AS", "M")) > 0 || !isText(w.dict.Get("M")) {
			return errElse
		}
		if err := s.shown(f, w, was); err != nil {
			return err
		}
	}
	if _, written := s.written[f.Ref.Num]; written {
		s.settleField(f.Ref.Num)
	}
	for _, w := range f.widgets {
		if _, written := s.written[w.ref.Num]; written {
			s.settleField(w.ref.Num)
		}
	}
	return nil
}

// redraw allows NeedAppearances to change when that shows nothing new: every
// appearance says what its field's value is already.
func (s *step) redraw(fields []pdf.Field) error {
	for _, f := range fields {
		if f.Type == "Sig" {
			continue
		}
		known, err := s.fieldOf(s.new, f, true)
		if err == nil {
			err = known.checkValue()
		}
		for i := 0; err == nil && i < len(known.widgets); i++ {
			w := known.widgets[i]
			if w.dict.Get("AP") == nil && f.Value != nil {
				err = ErrFillMismatch
			} else {
				err = s.agrees(known, w)
			}
		}
		switch code := fault.CodeOf(err); {
		case err == nil:
		case code == "" || code == fault.CodeOf(pdf.ErrLimit):
			return err
		default:
			s.refuse(ErrFormChanged, "viewers are told to draw %q again, which may show something else", f.Name)
			return nil
		}
	}
	s.allow(Change{Rule: RuleFill, Sentence: "viewers are told whether to draw the form's values themselves"})
	return nil
}
