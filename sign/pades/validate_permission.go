package pades

import (
	"slices"
	"strings"

	"eidgate/sign"
	"eidgate/sign/internal/pdf"
	"eidgate/sign/internal/revisions"
)

// permission is what a signature lets later revisions do.
type permission struct {
	rules  []revisions.Rule
	locked []func(field string) bool
	// fills says that the signature itself permits form fields to be filled in,
	// those that it does not lock.
	fills bool
	// quiet says that the signature permits no annotations, which a visible
	// signature in a field of its own is.
	quiet bool
	// inherits says that the signature says nothing about filling: then the
	// document's certification counts.
	inherits bool
}

// locks tells whether a field may no longer be signed or filled in.
func (p permission) locks(field string) bool {
	return slices.ContainsFunc(p.locked, func(lock func(string) bool) bool { return lock(field) })
}

// always are the rules that every signature permits: validation data and
// document time-stamps (ISO 32000-2 §12.8.2.2.2).
func always() []revisions.Rule {
	return []revisions.Rule{revisions.RuleValidation, revisions.RuleTimestamp, revisions.RuleInfo}
}

// permittedBy reads the DocMDP and FieldMDP of a signature and the lock of its
// field (ISO 32000-2 tables 236, 257 and 258). An approval signature permits
// further signatures and P 1 permits none; filling in is permitted by what says
// so. What cannot be read permits nothing.
func permittedBy(view *pdf.View, signature, field pdf.Dict) permission {
	p := permission{rules: append(always(), revisions.RuleSignature), inherits: true}
	references, err := view.Array(signature.Get("Reference"))
	if err != nil {
		return permission{}
	}
	for _, o := range references {
		reference, err := view.Dict(o)
		if err != nil {
			return permission{}
		}
		method, err := view.Resolve(reference.Get("TransformMethod"))
		if err != nil {
			return permission{}
		}
		params, err := view.Dict(reference.Get("TransformParams"))
		if err != nil {
			return permission{}
		}
		switch method {
		case pdf.Name("DocMDP"):
			// P is 2 by default.
			p.limit(view, params.Get("P"), true)
		case pdf.Name("FieldMDP"):
			p.locked = append(p.locked, lockOf(view, params))
			p.fills = p.fills || p.inherits
			if level := params.Get("P"); level != nil { // Acrobat copies it from the lock
				p.limit(view, level, false)
			}
		}
	}
	return p.lockedBy(view, field)
}

// lockedBy adds the lock that the field's author wants in force once the field
// is signed. It permits nothing that the signature does not.
func (p permission) lockedBy(view *pdf.View, field pdf.Dict) permission {
	lock, err := view.Dict(field.Get("Lock"))
	if err != nil {
		return permission{}
	}
	if lock == nil {
		return p
	}
	p.locked = append(p.locked, lockOf(view, lock))
	if level := lock.Get("P"); level != nil {
		p.limit(view, level, false)
	}
	return p
}

// limit takes a P into account; grants says that it also permits. What is no
// permission permits nothing.
func (p *permission) limit(view *pdf.View, value pdf.Object, grants bool) {
	level, err := view.Resolve(value)
	open := err == nil && (level == nil || level == pdf.Integer(2) || level == pdf.Integer(3))
	p.quiet = p.quiet || level != pdf.Integer(3)
	switch {
	case !open:
		p.rules, p.fills, p.inherits = always(), false, false
	case grants && p.inherits:
		p.fills = true
	}
}

// permits tells whether a signature permits a form field to be filled in.
func (p permission) permits(field string) error {
	switch {
	case slices.Contains(p.rules, revisions.RuleSignature) && p.locks(field):
		return errFieldLocked
	case p.fills:
		return nil
	case !p.inherits:
		return errDocMDP
	case field == "":
		return revisions.ErrFormChanged
	}
	return revisions.ErrFieldChanged
}

// inherited tells whether a signature that says nothing about filling takes over
// the permission of a valid certification inside the bytes it covers. A document
// time-stamp takes over from any signature it covers; each of those is asked,
// too.
func (v *validation) inherited(c *candidate) bool {
	return slices.ContainsFunc(v.all, func(o *candidate) bool {
		return o.revision < c.revision && !o.stamp && o.out.Indication == sign.TotalPassed && (c.stamp || v.certifies(o, c)) &&
			permittedBy(v.file.At(o.revision), o.sig.Dict, o.sig.Field.Dict).fills
	})
}

// certifies tells whether a signature is the certification of the document that
// another one signed: named by Perms, the first of all.
func (v *validation) certifies(certification, c *candidate) bool {
	_, catalog, err := v.file.At(c.revision).Catalog()
	if err != nil {
		return false
	}
	perms, err := v.file.At(c.revision).Dict(catalog.Get("Perms"))
	ref, ok := perms.Get("DocMDP").(pdf.Ref)
	first := !slices.ContainsFunc(v.all, func(o *candidate) bool { return o.revision < certification.revision })
	return err == nil && ok && first && certification.sig.Object != nil && certification.sig.Object.Num == ref.Num
}

// lockOf reads Action and Fields; a field stands for all below it.
func lockOf(view *pdf.View, params pdf.Dict) func(string) bool {
	all := func(string) bool { return true }
	action, err := view.Resolve(params.Get("Action"))
	if err != nil {
		return all
	}
	fields, err := view.Array(params.Get("Fields"))
	if err != nil {
		return all
	}
	if len(fields) == 0 {
		return all // of which fields is not said
	}
	for _, o := range fields {
		if value, err := view.Resolve(o); err != nil || !isString(value) {
			return all // a name nobody can read
		}
	}
	named := func(field string) bool {
		return slices.ContainsFunc(fields, func(o pdf.Object) bool {
			value, err := view.Resolve(o)
			s, ok := value.(pdf.String)
			if err != nil || !ok {
				return false
			}
			name := pdf.DecodeText(s.Bytes)
			return field == name || strings.HasPrefix(field, name+".")
		})
	}
	switch action {
	case pdf.Name("Include"):
		return named
	case pdf.Name("Exclude"):
		return func(field string) bool { return !named(field) }
	}
	return all
}

func isString(value pdf.Object) bool {
	_, ok := value.(pdf.String)
	return ok
}
