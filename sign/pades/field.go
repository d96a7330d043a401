package pades

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"eidgate/sign/internal/appearance"
	"eidgate/sign/internal/pdf"
)

// Bits of SigFlags (ISO 32000-1 table 219) and of an annotation's F (table 165).
const (
	signaturesExist = 1
	appendOnly      = 2
	printed         = 4
	locked          = 128
)

// placeField gives the signature dictionary sig its field, with what is to be
// drawn there; nothing when draw is nil.
func (t *target) placeField(u *pdf.Update, sig pdf.Ref, draw *appearance.Appearance) error {
	var ap pdf.Object
	if draw != nil {
		ap = pdf.Dict{}.With("N", draw.Write(u))
	}
	if t.existing != nil {
		return t.useField(u, sig, ap)
	}
	return t.newField(u, sig, ap)
}

// freeName is prefix with the first number that no field has, "Signature1" for
// one.
func freeName(fields []pdf.Field, prefix string) string {
	taken := make(map[string]bool, len(fields))
	for _, f := range fields {
		taken[f.Name] = true
	}
	for i := 1; ; i++ {
		if name := fmt.Sprintf("%s%d", prefix, i); !taken[name] {
			return name
		}
	}
}

// useField signs an empty signature field of the document.
func (t *target) useField(u *pdf.Update, sig pdf.Ref, ap pdf.Object) error {
	f := t.existing
	field := f.Dict.With("V", sig)
	if ap != nil {
		if widget := f.Widgets[0]; widget == f.Ref {
			field = field.With("AP", ap)
		} else {
			u.Put(widget, t.widget.With("AP", ap))
		}
	}
	u.Put(f.Ref, field)
	return updateForm(u, nil)
}

// newField adds a field merged with its widget (ISO 32000-1 §12.7.4.5), listed
// in the form and among the page's annotations.
func (t *target) newField(u *pdf.Update, sig pdf.Ref, ap pdf.Object) error {
	field := u.Alloc()
	d := t.newWidget(sig)
	if ap != nil {
		d = d.With("AP", ap)
		if t.spot.box.rotate != 0 {
			d = d.With("MK", pdf.Dict{}.With("R", pdf.Integer(t.spot.box.rotate)))
		}
	}
	u.Put(field, d)
	changed, err := appendTo(u, t.spot.pageDict, "Annots", field)
	if err != nil {
		return err
	}
	if changed != nil {
		u.Put(t.spot.page, changed)
	}
	return updateForm(u, &field)
}

func (t *target) newWidget(sig pdf.Ref) pdf.Dict {
	var d pdf.Dict
	for _, e := range []struct {
		key   pdf.Name
		value pdf.Object
	}{
		{"Type", pdf.Name("Annot")},
		{"Subtype", pdf.Name("Widget")},
		{"FT", pdf.Name("Sig")},
		{"T", pdf.EncodeText(t.name)},
		{"F", pdf.Integer(printed | locked)},
		{"Rect", rectangle(t.spot.rect)},
		{"P", t.spot.page},
		{"V", sig},
	} {
		d = d.With(e.key, e.value)
	}
	return d
}

// rectangle writes a rectangle with three digits after the point.
func rectangle(r [4]float64) pdf.Array {
	var a pdf.Array
	for _, v := range r {
		if v == math.Trunc(v) {
			a = append(a, pdf.Integer(v))
			continue
		}
		a = append(a, pdf.Real(strconv.FormatFloat(v, 'f', 3, 64)))
	}
	return a
}

// updateForm lists a new field in the form and raises SigFlags. Everything
// else of the form stays: other fields, DA, DR, XFA.
func updateForm(u *pdf.Update, field *pdf.Ref) error {
	place, form, err := u.View().Form()
	if err != nil {
		return err
	}
	changed := false
	if field != nil {
		listed, err := appendTo(u, form, "Fields", *field)
		if err != nil {
			return err
		}
		if listed != nil {
			form, changed = listed, true
		}
	}
	flags, _ := form.Int("SigFlags")
	if flags&(signaturesExist|appendOnly) != signaturesExist|appendOnly {
		form = form.With("SigFlags", pdf.Integer(flags|signaturesExist|appendOnly))
		changed = true
	}
	switch {
	case !changed:
		return nil
	case place != nil:
		u.Put(pdf.Ref{Num: place.Num, Gen: place.Gen}, form)
		return nil
	}
	return changeCatalog(u, func(catalog pdf.Dict) pdf.Dict { return catalog.With("AcroForm", form) })
}

// changeCatalog writes the catalog with a change.
func changeCatalog(u *pdf.Update, change func(pdf.Dict) pdf.Dict) error {
	place, catalog, err := u.View().Catalog()
	if err != nil {
		return err
	}
	u.Change(pdf.Ref{Num: place.Num, Gen: place.Gen}, catalog, change)
	return nil
}

// appendTo adds a reference to the array owner[key]. An array that is an
// object of its own is written again and owner stays as it is: nil is
// returned. Otherwise the changed owner is returned.
func appendTo(u *pdf.Update, owner pdf.Dict, key pdf.Name, entry pdf.Ref) (pdf.Dict, error) {
	value := owner.Get(key)
	array, err := u.Array(value)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", key, err)
	}
	ref, isRef := value.(pdf.Ref)
	if !isRef || array == nil {
		return owner.With(key, append(slices.Clone(array), entry)), nil
	}
	// Fields and Annots may be one and the same array.
	if !slices.Contains(array, pdf.Object(entry)) {
		u.Put(ref, append(slices.Clone(array), entry))
	}
	return nil, nil
}
