package revisions

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"eidgate/internal/fault"
	"eidgate/sign/internal/pdf"
)

// errElse is no refusal: the change is no filling, and other rules refuse it.
var errElse = fault.New("pades.no-filling", "the change is no filling in of a form field", "")

// field is a form field that people fill in, with what it inherits.
type field struct {
	pdf.Field
	flags   int64
	look    pdf.Object // DA
	options pdf.Array  // Opt
	length  int64      // MaxLen, 0 for none
	widgets []widget
}

// widget is one place on a page where a field is shown.
type widget struct {
	ref  pdf.Ref
	dict pdf.Dict
}

// fieldOf reads what a field inherits along Parent, which must be the way that
// Kids lead to it: programs that go the one way see the same as those that go
// the other.
func (s *step) fieldOf(v *pdf.View, f pdf.Field, unique bool) (*field, error) {
	out := &field{Field: f}
	_, form, err := v.Form()
	if err != nil {
		return nil, err
	}
	if form.Get("XFA") != nil {
		return nil, ErrFillXFA
	}
	if !unique || len(f.Widgets) == 0 {
		return nil, fmt.Errorf("%w: not one field with one name and a place on a page", ErrFillField)
	}
	for _, ref := range f.Widgets {
		d, err := v.Dict(ref)
		if err != nil {
			return nil, err
		}
		if err := out.place(d, ref); err != nil {
			return nil, err
		}
		if err := out.inherit(v, d, form.Get("DA")); err != nil {
			return nil, err
		}
	}
	return out, out.fillable()
}

// place adds a widget that people see.
func (f *field) place(d pdf.Dict, ref pdf.Ref) error {
	const unseen = 1<<0 | 1<<1 | 1<<5 // invisible, hidden, no view: table 165
	flags, ok := d.Int("F")
	switch {
	case d.Name("Subtype") != "Widget" || d.Repeated() != "":
		return fmt.Errorf("%w: object %d is no widget", ErrFillField, ref.Num)
	case d.Get("F") != nil && !ok || flags < 0 || flags > maxFlags || flags&unseen != 0:
		return fmt.Errorf("%w: it is hidden", ErrFillField)
	case d.Get("OC") != nil:
		return fmt.Errorf("%w: it may be hidden", ErrFillField)
	case ref != f.Ref && !pdf.Equal(d.Get("Parent"), f.Ref):
		return fmt.Errorf("%w: its widget names another field", ErrFillField)
	}
	f.widgets = append(f.widgets, widget{ref, d})
	return nil
}

// inherit goes up from a widget.
func (f *field) inherit(v *pdf.View, d pdf.Dict, look pdf.Object) error {
	var names []string
	var kind, flags, length, options, da pdf.Object
	var err error
	first := func(to *pdf.Object, d pdf.Dict, key pdf.Name) {
		if *to == nil && err == nil {
			*to, err = v.Resolve(d.Get(key))
		}
	}
	for depth := 0; d != nil; depth++ {
		if depth > 16 {
			return fmt.Errorf("%w: too many fields above it", ErrFillField)
		}
		var t pdf.Object
		first(&t, d, "T")
		first(&kind, d, "FT")
		first(&flags, d, "Ff")
		first(&length, d, "MaxLen")
		first(&options, d, "Opt")
		first(&da, d, "DA")
		if name, ok := t.(pdf.String); ok {
			names = append(names, pdf.DecodeText(name.Bytes))
		}
		if d.Get("RV") != nil || d.Get("DS") != nil {
			return fmt.Errorf("%w: it has rich text", ErrFillField)
		}
		if err != nil {
			return err
		}
		if d, err = v.Dict(d.Get("Parent")); err != nil {
			return err
		}
	}
	slices.Reverse(names)
	number, ok := flags.(pdf.Integer)
	if strings.Join(names, ".") != f.Name || kind != f.Type || flags != nil && !ok {
		return fmt.Errorf("%w: programs do not agree which field it is", ErrFillField)
	}
	if f.look = da; da == nil {
		f.look, err = v.Resolve(look)
	}
	most, _ := length.(pdf.Integer)
	f.flags, f.length = int64(number), int64(most)
	f.options, _ = options.(pdf.Array)
	return err
}

// fillable refuses the kinds of field that are not filled in by people, or not
// in a way that can be compared.
func (f *field) fillable() error {
	has := func(flag int64) bool { return f.flags&flag != 0 }
	switch {
	case has(flagReadOnly):
		return fmt.Errorf("%w: it is read-only", ErrFillField)
	case f.Type == "Tx" && has(flagFileSelect|flagRichText):
		return fmt.Errorf("%w: it holds a file or rich text", ErrFillField)
	case f.Type == "Btn" && has(flagPushButton):
		return fmt.Errorf("%w: it is a push button", ErrFillField)
	case f.Type == "Ch" && !has(flagCombo):
		return fmt.Errorf("%w: it is a list of several lines", ErrFillField)
	case f.Type != "Tx" && f.Type != "Btn" && f.Type != "Ch":
		return fmt.Errorf("%w: its type is %q", ErrFillField, string(f.Type))
	}
	return nil
}

// maxValue is the most bytes a value may have.
const maxValue = 32 << 10

// checkValue wants a value of the field's kind.
func (f *field) checkValue() error {
	switch value := f.Value.(type) {
	case nil:
		return nil
	case pdf.Name:
		if f.Type == "Btn" {
			return nil
		}
	case pdf.String:
		text := pdf.DecodeText(value.Bytes)
		switch {
		case f.Type == "Btn" || len(value.Bytes) > maxValue:
		case strings.ContainsFunc(text, misleads):
			return fmt.Errorf("%w: it has characters that are not shown", ErrFillValue)
		case f.length > 0 && int64(len([]rune(text))) > f.length:
			return fmt.Errorf("%w: the value is longer than the field allows", ErrFillValue)
		case f.Type == "Tx":
			return nil
		default:
			_, err := f.choice(text)
			return err
		}
	}
	return fmt.Errorf("%w: it is no value of a field of type %q", ErrFillValue, string(f.Type))
}

// misleads tells whether a character is no text: a control character, one that
// is not seen, or one that turns the direction of writing, so that a value reads
// otherwise.
func misleads(r rune) bool {
	const blank = "\u00ad\u115f\u1160\u180e\u200b\u3164\ufeff\uffa0\ufffd" // soft hyphen, fillers, no width, no character
	return unicode.Is(unicode.Cc, r) && r != '\n' && r != '\r' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) ||
		strings.ContainsRune(blank, r) || r >= 0x2060 && r <= 0x206f || r >= 0xe0000 && r <= 0xe007f
}

// choice gives the texts that may stand for a value of a choice field: what its
// option shows, and the value itself, which some programs show, unless another
// option shows that.
func (f *field) choice(value string) ([]string, error) {
	var out []string
	ambiguous := false
	for i, option := range f.options {
		export, shown := optionOf(option)
		switch {
		case export == value && out == nil:
			if index := f.Dict.Get("I"); index != nil && !pdf.Equal(index, pdf.Array{pdf.Integer(i)}) {
				return nil, fmt.Errorf("%w: the option marked is another one", ErrFillValue)
			}
			out = []string{shown}
		case export == value || shown == value:
			ambiguous = true
		}
	}
	switch {
	case out != nil && !ambiguous:
		return append(out, value), nil
	case out != nil:
		return out, nil
	case value != "" && f.flags&flagEdit == 0 || f.Dict.Get("I") != nil:
		return nil, fmt.Errorf("%w: it is none of the options", ErrFillValue)
	}
	return []string{value}, nil
}

// optionOf reads an option: a text, or what is exported and what is shown.
func optionOf(option pdf.Object) (export, shown string) {
	text := func(o pdf.Object) string {
		s, _ := o.(pdf.String)
		return pdf.DecodeText(s.Bytes)
	}
	if pair, ok := option.(pdf.Array); ok && len(pair) == 2 {
		return text(pair[0]), text(pair[1])
	}
	return text(option), text(option)
}

// visibleTexts are what an appearance of a text or choice field may show.
func (f *field) visibleTexts() ([]string, error) {
	value, _ := f.Value.(pdf.String)
	text := pdf.DecodeText(value.Bytes)
	if f.Type == "Ch" {
		return f.choice(text)
	}
	return []string{text}, nil
}
