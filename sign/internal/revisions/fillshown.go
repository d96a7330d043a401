package revisions

import (
	"fmt"
	"math"
	"slices"

	"eidgate/sign/internal/pdf"
)

// shown judges what a widget of a filled field looks like, and settles the
// appearance that the revision writes.
func (s *step) shown(f *field, w widget, was pdf.Dict) error {
	before, err := s.old.Dict(was.Get("AP"))
	if err != nil {
		return err
	}
	after, err := s.new.Dict(w.dict.Get("AP"))
	if err != nil {
		return err
	}
	if f.Type == "Btn" {
		if !pdf.Equal(was.Get("AP"), w.dict.Get("AP")) {
			return fmt.Errorf("%w: a button is drawn anew", ErrFillAppearance)
		}
		return s.agrees(f, w)
	}
	switch {
	case !pdf.Equal(was.Get("AS"), w.dict.Get("AS")):
		return fmt.Errorf("%w: a text has no states", ErrFillAppearance)
	case after == nil && before != nil:
		return fmt.Errorf("%w: the appearance is gone", ErrFillAppearance)
	case !onlyDiffer(before, after, "N"):
		return fmt.Errorf("%w: other appearances than the normal one", ErrFillAppearance)
	}
	if err := s.agrees(f, w); err != nil || after == nil {
		return err
	}
	return s.settleAppearance(w, was, after)
}

// settleAppearance settles the objects of an appearance that shows a value.
// They may be used in this place alone, and none may be one of the document's
// own objects that was something else.
func (s *step) settleAppearance(w widget, was, after pdf.Dict) error {
	holder := use{"AP", w.ref.Num}
	tracked := true // whether it is known who uses what holds the appearance
	if ref, ok := w.dict.Get("AP").(pdf.Ref); ok {
		_, tracked = s.written[ref.Num]
		s.settleAlone(ref.Num, holder)
		holder = use{"N", ref.Num}
	}
	ref, ok := after.Get("N").(pdf.Ref)
	if !ok {
		return fmt.Errorf("%w: it is no object of its own", ErrFillAppearance)
	}
	_, written := s.written[ref.Num]
	before, err := s.old.Dict(was.Get("AP"))
	if err != nil {
		return err
	}
	if !written && !pdf.Equal(before.Get("N"), ref) {
		return fmt.Errorf("%w: it is an object that the document had for something else", ErrFillAppearance)
	}
	only := s.refs.only(ref.Num, s.k, func(r reference) bool {
		return use{r.key, r.owner} == holder || r.key == "AP" && r.owner == w.ref.Num
	})
	if written && (!only || !tracked) {
		return fmt.Errorf("%w: it is used elsewhere, too", ErrFillAppearance)
	}
	s.settle(ref.Num)
	return nil
}

// agrees tells whether what a widget shows is the field's value.
func (s *step) agrees(f *field, w widget) error {
	appearances, err := s.new.Dict(w.dict.Get("AP"))
	if err != nil {
		return err
	}
	if f.Type == "Btn" {
		return s.stateAgrees(f, w, appearances)
	}
	if appearances == nil {
		return nil // programs draw the value themselves
	}
	normal, err := s.new.Resolve(appearances.Get("N"))
	if err != nil {
		return err
	}
	stream, ok := normal.(*pdf.Stream)
	if !ok {
		return fmt.Errorf("%w: it is no form", ErrFillAppearance)
	}
	want, err := f.visibleTexts()
	if err != nil {
		return err
	}
	drawn, err := s.draw(f, w, stream)
	if err != nil {
		return err
	}
	password := f.Type == "Tx" && f.flags&flagPassword != 0
	if !slices.ContainsFunc(want, func(text string) bool { return sameText(drawn, text, password) }) {
		return ErrFillMismatch
	}
	return nil
}

// stateAgrees wants a button in a state it has, and in the one its value says.
func (s *step) stateAgrees(f *field, w widget, appearances pdf.Dict) error {
	states, err := s.new.Dict(appearances.Get("N"))
	if err != nil {
		return err
	}
	value, _ := f.Value.(pdf.Name)
	state := w.dict.Name("AS")
	if state == "" {
		state = "Off"
	}
	on := pdf.Name("Off")
	if states.Get(value) != nil {
		on = value
	}
	switch _, known := states.Entry(state); {
	case !known && state != "Off":
		return fmt.Errorf("%w: the state %q did not exist", ErrFillAppearance, string(state))
	case state != on:
		return ErrFillMismatch
	case value != "" && value != "Off" && !s.hasState(f, value):
		return fmt.Errorf("%w: the value %q is none of its states", ErrFillValue, string(value))
	}
	return nil
}

// hasState tells whether any widget of a button has a state.
func (s *step) hasState(f *field, state pdf.Name) bool {
	for _, w := range f.widgets {
		appearances, err := s.new.Dict(w.dict.Get("AP"))
		if err != nil {
			return false
		}
		states, err := s.new.Dict(appearances.Get("N"))
		if err != nil {
			return false
		}
		if states.Get(state) != nil {
			return true
		}
	}
	return false
}

// box is a rectangle with its lower left corner first.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) width() float64  { return b.x1 - b.x0 }
func (b box) height() float64 { return b.y1 - b.y0 }

// boxOf reads a rectangle (ISO 32000-1 §7.9.5).
func boxOf(o pdf.Object) (box, bool) {
	a, ok := o.(pdf.Array)
	n, fine := numbers(a)
	if !ok || !fine || len(n) != 4 {
		return box{}, false
	}
	return box{min(n[0], n[2]), min(n[1], n[3]), max(n[0], n[2]), max(n[1], n[3])}, true
}

// numbers reads finite numbers of a size that drawing uses.
func numbers(list []pdf.Object) ([]float64, bool) {
	out := make([]float64, 0, len(list))
	for _, o := range list {
		var v float64
		switch n := o.(type) {
		case pdf.Integer:
			v = float64(n)
		case pdf.Real:
			v = n.Float()
		default:
			return nil, false
		}
		if math.IsNaN(v) || math.Abs(v) > 1e6 {
			return nil, false
		}
		out = append(out, v)
	}
	return out, true
}

// near tells whether two lengths are the same but for rounding.
func near(a, b float64) bool { return math.Abs(a-b) <= 1 }

// formKeysAllowed are the keys of an appearance that draw nothing by themselves
// (ISO 32000-1 table 95).
func formKeysAllowed() []pdf.Name {
	return []pdf.Name{"Type", "Subtype", "FormType", "BBox", "Matrix", "Resources", "Length", "Filter"}
}

// frameOf checks that an appearance is a plain form of the size of its widget,
// turned as the widget says and not stretched (ISO 32000-1 §12.5.5).
func frameOf(w widget, form pdf.Dict) (box, error) {
	rect, okRect := boxOf(w.dict.Get("Rect"))
	area, okArea := boxOf(form.Get("BBox"))
	switch {
	case !onlyDiffer(nil, form, formKeysAllowed()...):
		return area, fmt.Errorf("%w: it has %s", ErrFillAppearance, differing(nil, form, formKeysAllowed()...))
	case form.Name("Subtype") != "Form" || !okRect || !okArea || rect.width() < 1 || rect.height() < 1:
		return area, fmt.Errorf("%w: it has no area", ErrFillAppearance)
	}
	matrix, ok := form.Get("Matrix").(pdf.Array)
	if form.Get("Matrix") == nil {
		matrix, ok = pdf.Array{pdf.Integer(1), pdf.Integer(0), pdf.Integer(0), pdf.Integer(1), pdf.Integer(0), pdf.Integer(0)}, true
	}
	m, fine := numbers(matrix)
	if !ok || !fine || len(m) != 6 {
		return area, fmt.Errorf("%w: its matrix is none", ErrFillAppearance)
	}
	return area, turned(w, rect, area, m)
}

func turned(w widget, rect, area box, m []float64) error {
	characteristics, _ := w.dict.Get("MK").(pdf.Dict)
	angle, _ := characteristics.Int("R")
	quarter := ((angle/90)%4 + 4) % 4
	cos, sin := [4]float64{1, 0, -1, 0}[quarter], [4]float64{0, 1, 0, -1}[quarter]
	for i, want := range []float64{cos, sin, -sin, cos} {
		if math.Abs(m[i]-want) > 1e-3 {
			return fmt.Errorf("%w: it is turned or stretched", ErrFillAppearance)
		}
	}
	width, height := area.width(), area.height()
	if quarter%2 == 1 {
		width, height = height, width
	}
	if !near(width, rect.width()) || !near(height, rect.height()) {
		return fmt.Errorf("%w: it is drawn for %.0f by %.0f and its place is %.0f by %.0f", ErrFillAppearance, width, height, rect.width(), rect.height())
	}
	return nil
}
