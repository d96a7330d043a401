package pades

import (
	"slices"
	"strings"

	"eidgate/sign/internal/pdf"
	"eidgate/sign/internal/revisions"
)

// permission is what a signature lets later revisions do.
type permission struct {
	rules  []revisions.Rule
	locked []func(field string) bool
}

// locks tells whether an empty field may no longer be signed.
func (p permission) locks(field string) bool {
	return slices.ContainsFunc(p.locked, func(lock func(string) bool) bool { return lock(field) })
}

// permittedBy reads the DocMDP and FieldMDP of a signature (ISO 32000-2 tables
// 257 and 258). An approval signature permits all rules; P 1 permits no
// signature; validation data and document time-stamps are permitted always
// (§12.8.2.2.2). What cannot be read permits nothing.
func permittedBy(view *pdf.View, signature pdf.Dict) permission {
	always := []revisions.Rule{revisions.RuleValidation, revisions.RuleTimestamp, revisions.RuleInfo}
	p := permission{rules: append(slices.Clone(always), revisions.RuleSignature)}
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
			// P is 2 by default; what is no permission permits nothing.
			if level, err := view.Resolve(params.Get("P")); err != nil || level != nil && level != pdf.Integer(2) && level != pdf.Integer(3) {
				p.rules = always
			}
		case pdf.Name("FieldMDP"):
			p.locked = append(p.locked, lockOf(view, params))
		}
	}
	return p
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
