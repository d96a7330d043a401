package pades

import (
	"fmt"
	"slices"

	"eidgate/sign/internal/pdf"
)

// Bits of SigFlags (ISO 32000-1 table 219) and of an annotation's F (table 165).
const (
	signaturesExist = 1
	appendOnly      = 2
	printed         = 4
	locked          = 128
)

// placeField gives the signature dictionary sig a field: an empty one of that
// name, or a new invisible one on the first page. Without a name a free one is
// made from prefix.
func placeField(u *pdf.Update, name, prefix string, sig pdf.Ref) error {
	fields, err := u.View().Fields()
	if err != nil {
		return err
	}
	if name == "" {
		return newField(u, freeName(fields, prefix), sig)
	}
	i := slices.IndexFunc(fields, func(f pdf.Field) bool { return f.Name == name })
	if i < 0 {
		return newField(u, name, sig)
	}
	return useField(u, fields[i], sig)
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

// useField signs an empty signature field of the document. Seed values (SV)
// and field locks are the author's conditions: without honouring them the
// signature would break what the author asked for.
func useField(u *pdf.Update, f pdf.Field, sig pdf.Ref) error {
	_, lock := f.Dict.Entry("Lock")
	_, seed := f.Dict.Entry("SV")
	switch {
	case f.Type != "Sig":
		return fmt.Errorf("%w: it is no signature field", ErrField)
	case f.Value != nil:
		return fmt.Errorf("%w: it is signed already", ErrField)
	case f.Ref.Num == 0:
		return fmt.Errorf("%w: it is no object of its own", ErrField)
	case lock || seed:
		return fmt.Errorf("%w: it sets conditions (Lock or SV)", ErrField)
	}
	u.Put(f.Ref, f.Dict.With("V", sig))
	return updateForm(u, nil)
}

// newField adds a field merged with its widget (ISO 32000-1 §12.7.4.5), listed
// in the form and among the page's annotations.
func newField(u *pdf.Update, name string, sig pdf.Ref) error {
	page, pageDict, err := u.View().Page(0)
	if err != nil {
		return err
	}
	pageRef := pdf.Ref{Num: page.Num, Gen: page.Gen}
	field := u.Alloc()
	var d pdf.Dict
	for _, e := range []struct {
		key   pdf.Name
		value pdf.Object
	}{
		{"Type", pdf.Name("Annot")},
		{"Subtype", pdf.Name("Widget")},
		{"FT", pdf.Name("Sig")},
		{"T", pdf.EncodeText(name)},
		{"F", pdf.Integer(printed | locked)},
		{"Rect", pdf.Array{pdf.Integer(0), pdf.Integer(0), pdf.Integer(0), pdf.Integer(0)}},
		{"P", pageRef},
		{"V", sig},
	} {
		d = d.With(e.key, e.value)
	}
	u.Put(field, d)
	changed, err := appendTo(u, pageDict, "Annots", field)
	if err != nil {
		return err
	}
	if changed != nil {
		u.Put(pageRef, changed)
	}
	return updateForm(u, &field)
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
