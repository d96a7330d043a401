package pades

import (
	"eidgate/sign/internal/pdf"
	"eidgate/sign/internal/revisions"
)

// permittedBy are the rules of later changes that a signature's own DocMDP
// permits (ISO 32000-2 table 257). An approval signature permits them all;
// P 1 permits no signature; validation data and document time-stamps are
// permitted always (§12.8.2.2.2).
func permittedBy(view *pdf.View, signature pdf.Dict) []revisions.Rule {
	always := []revisions.Rule{revisions.RuleValidation, revisions.RuleTimestamp, revisions.RuleInfo}
	references, err := view.Array(signature.Get("Reference"))
	if err != nil {
		return nil
	}
	for _, o := range references {
		reference, err := view.Dict(o)
		if err != nil {
			return nil
		}
		if reference.Name("TransformMethod") != "DocMDP" {
			continue
		}
		params, err := view.Dict(reference.Get("TransformParams"))
		if err != nil {
			return nil
		}
		if p, ok := params.Int("P"); ok && p == 1 {
			return always
		}
	}
	return append(always, revisions.RuleSignature)
}
