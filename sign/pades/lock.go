package pades

import (
	"fmt"

	"eidgate/sign/internal/pdf"
)

// lockDict reads the lock of a signature field (ISO 32000-2 table 236): which
// fields signing it locks, and what others may do afterwards.
func lockDict(v *pdf.View, field pdf.Dict) (pdf.Dict, error) {
	lock, err := v.Dict(field.Get("Lock"))
	if err != nil || lock == nil {
		return nil, err
	}
	fields, err := v.Array(lock.Get("Fields"))
	if err != nil {
		return nil, err
	}
	params := transformParams().With("Action", lock.Name("Action"))
	switch action := lock.Name("Action"); {
	case action == "All":
	case (action == "Include" || action == "Exclude") && fields != nil:
		names, err := fieldNames(v, fields)
		if err != nil {
			return nil, err
		}
		params = params.With("Fields", names)
	default:
		return nil, fmt.Errorf("%w: its lock says neither all fields nor which", ErrField)
	}
	switch p := lock.Get("P").(type) {
	case nil:
	case pdf.Integer:
		if p < 1 || p > 3 {
			return nil, fmt.Errorf("%w: its lock has permission %d", ErrField, p)
		}
		params = params.With("P", p)
	default:
		return nil, fmt.Errorf("%w: its lock has a permission that is no number", ErrField)
	}
	return params, nil
}

// fieldNames reads names of fields; each must be text.
func fieldNames(v *pdf.View, names pdf.Array) (pdf.Array, error) {
	var out pdf.Array
	for _, o := range names {
		name, err := v.Resolve(o)
		if err != nil {
			return nil, err
		}
		if _, ok := name.(pdf.String); !ok {
			return nil, fmt.Errorf("%w: its lock names a field by something that is no text", ErrField)
		}
		out = append(out, name)
	}
	return out, nil
}

// transformParams begins the parameters of a transform method; version 1.2 is
// the only one for DocMDP and FieldMDP (ISO 32000-1 tables 254 and 256).
func transformParams() pdf.Dict {
	return pdf.Dict{}.With("Type", pdf.Name("TransformParams")).With("V", pdf.Name("1.2"))
}

// references are the signature's Reference entries: what a certification
// permits, and what a field's lock locks. The permission of the lock stands
// with the fields, as Acrobat writes it: a DocMDP reference would say that this
// is the author's signature.
func references(p Permission, lock pdf.Dict, catalog pdf.Ref) pdf.Array {
	var out pdf.Array
	reference := func(method pdf.Name, params pdf.Dict) pdf.Dict {
		return pdf.Dict{}.With("Type", pdf.Name("SigRef")).With("TransformMethod", method).With("TransformParams", params)
	}
	if p != 0 {
		out = append(out, reference("DocMDP", transformParams().With("P", pdf.Integer(p))))
	}
	if lock != nil { // Data is required with FieldMDP: ISO 32000-1 table 253
		out = append(out, reference("FieldMDP", lock).With("Data", catalog))
	}
	return out
}
