package pades

import (
	"fmt"
	"slices"

	"eidgate/sign/internal/pdf"
)

// target is the field to sign: an existing one, or a new one of that name.
type target struct {
	name     string
	existing *pdf.Field
	lock     pdf.Dict // of an existing field; nil when it has none
	widget   pdf.Dict // of an existing field, when it is to be drawn in
	spot     *spot
}

// timestampTarget is a new invisible field for a document time-stamp, which no
// signature forbids: ISO 32000-2 §12.8.2.2.
func timestampTarget(v *pdf.View) (*target, error) {
	fields, err := v.Fields()
	if err != nil {
		return nil, err
	}
	t := &target{name: freeName(fields, "Timestamp")}
	t.spot, err = newSpot(v, nil)
	return t, err
}

// findTarget reads the field that is to be signed. Without a name it is a new
// one with a free name.
func (o *Options) findTarget(v *pdf.View) (*target, error) {
	fields, err := v.Fields()
	if err != nil {
		return nil, err
	}
	t := &target{name: o.Field}
	if t.name == "" {
		t.name = freeName(fields, "Signature")
	}
	if i := slices.IndexFunc(fields, func(f pdf.Field) bool { return f.Name == t.name }); i >= 0 {
		t.existing = &fields[i]
	}
	if err := t.checkEarlier(v, o.Visible != nil); err != nil && !o.defiant {
		return nil, err
	}
	if t.existing == nil {
		t.spot, err = newSpot(v, o.Visible)
		return t, err
	}
	if err := t.checkExisting(v); err != nil {
		return nil, err
	}
	if o.Visible != nil {
		t.widget, t.spot, err = widgetSpot(v, t.existing, o.Visible)
	}
	return t, err
}

// readOnly is bit 1 of a field's Ff: ISO 32000-1 table 221.
const readOnly = 1

// checkExisting refuses a field that cannot be signed.
func (t *target) checkExisting(v *pdf.View) error {
	f := t.existing
	switch {
	case f.Type != "Sig":
		return fmt.Errorf("%w: it is no signature field", ErrField)
	case f.Value != nil:
		return fmt.Errorf("%w: it is signed already", ErrField)
	case f.Ref.Num == 0:
		return fmt.Errorf("%w: it is no object of its own", ErrField)
	}
	flags, err := v.Resolve(f.Dict.Get("Ff"))
	if err != nil {
		return err
	}
	if n, ok := flags.(pdf.Integer); ok && n&readOnly != 0 {
		return ErrReadOnly
	}
	t.lock, err = lockDict(v, f.Dict)
	return err
}

// checkEarlier refuses what would break a signature of the document: a further
// one where a signature permits none, signing an existing field that is locked,
// and drawing on a page in a new field of a document that is certified or whose
// new fields are locked. Programs do not agree on the last; pyHanko and Acrobat
// allow only the fields that were there.
func (t *target) checkEarlier(v *pdf.View, visible bool) error {
	signatures, err := v.Signatures()
	if err != nil {
		return err
	}
	for i := range signatures {
		r, err := restrictionsOf(v, &signatures[i])
		if err != nil {
			return err
		}
		locked := slices.ContainsFunc(r.locks, func(lock func(string) bool) bool { return lock(t.name) })
		switch {
		case r.closed:
			return ErrCertified
		case t.existing != nil && locked:
			return ErrLocked
		case t.existing == nil && visible && (locked || r.certified):
			return ErrVisibleForbidden
		}
	}
	return nil
}

// restrictions are what a signature forbids later ones.
type restrictions struct {
	certified bool // says what is permitted
	closed    bool // P is 1
	locks     []func(field string) bool
}

// permits takes a P into account.
func (r *restrictions) permits(d pdf.Dict) {
	p, given := d.Int("P")
	r.certified = r.certified || given
	r.closed = r.closed || given && p == int64(PermitNothing)
}

// restrictionsOf reads the DocMDP and FieldMDP of a signature (ISO 32000-2
// §12.8.2) and the lock of its field (§12.7.5.5).
func restrictionsOf(v *pdf.View, s *pdf.Signature) (restrictions, error) {
	var r restrictions
	references, err := v.Array(s.Dict.Get("Reference"))
	if err != nil {
		return r, err
	}
	for _, o := range references {
		reference, err := v.Dict(o)
		if err != nil {
			return r, err
		}
		params, err := v.Dict(reference.Get("TransformParams"))
		if err != nil {
			return r, err
		}
		r.permits(params)
		switch reference.Name("TransformMethod") {
		case "FieldMDP":
			r.locks = append(r.locks, lockOf(v, params))
		case "DocMDP":
			r.certified = true
		}
	}
	lock, err := v.Dict(s.Field.Dict.Get("Lock"))
	if err != nil || lock == nil {
		return r, err
	}
	r.permits(lock)
	r.locks = append(r.locks, lockOf(v, lock))
	return r, nil
}
