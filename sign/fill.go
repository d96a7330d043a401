package sign

import "slices"

// RuleFormFill is the rule of a [Change] that filled in a form field as every
// earlier signature permits.
const RuleFormFill = "form-fill"

// Filled names the form fields that were filled in after the signature, in the
// order of filling, each once. What stands in them is not signed by it.
func (c Coverage) Filled() []string {
	var out []string
	for _, later := range c.Later {
		if later.Rule == RuleFormFill && later.Field != "" && !slices.Contains(out, later.Field) {
			out = append(out, later.Field)
		}
	}
	return out
}
