package sign

import (
	"crypto"
	"crypto/sha256"
	"strings"
)

// constraints are the policy and each check with its result and the policy row
// it rests on (§4.2.5).
func (w *xmlReport) constraints(s *Signature) *xmlConstraints {
	out := &xmlConstraints{Policy: w.policy()}
	for _, c := range w.r.Checks {
		out.List = append(out.List, w.constraint(c))
	}
	for _, c := range s.Checks {
		out.List = append(out.List, w.constraint(c))
	}
	for _, c := range s.Coverage.Later {
		check := Check{Name: "later-change", Result: Passed, Code: c.Code, Sentence: c.Sentence}
		if c.Code != "" {
			check.Result = Fails
		}
		out.List = append(out.List, w.constraint(check))
	}
	return out
}

func (w *xmlReport) policy() *xmlPolicy {
	var table strings.Builder
	for _, rule := range Policy() {
		table.WriteString(rule.ID + "\n" + rule.Choice + "\n" + rule.Why + "\n")
	}
	sum := sha256.Sum256([]byte(table.String()))
	out := &xmlPolicy{Name: "eidgate validation policy " + PolicyVersion}
	out.ID.Policy.ID.Identifier = "urn:eidgate:policy:" + PolicyVersion
	out.ID.Policy.Hash = *digestOf(crypto.SHA256, sum[:])
	return out
}

func (w *xmlReport) constraint(c Check) xmlConstraint {
	out := xmlConstraint{ID: "urn:eidgate:check:" + c.Name}
	out.Status.Status = "urn:etsi:019102:constraintStatus:applied"
	for _, row := range rowsOf(c.Name) {
		out.Parameters = append(out.Parameters, xmlTyped{"urn:eidgate:policy-rule:" + PolicyVersion, row})
	}
	switch c.Result {
	case Passed:
		out.Verdict = w.status(Verdict{Indication: TotalPassed}, true)
	case Fails, Missing:
		verdict := verdictOfCode(c.Code)
		if c.Result == Missing {
			verdict.Indication = Indeterminate
		}
		out.Verdict = w.status(verdict, true)
	case Noted: // it decides nothing
	}
	out.Indications = xmlText(c.Sentence)
	if c.Code != "" {
		out.Indications = c.Code + ": " + out.Indications
	}
	return out
}

// rowsOf are the rows of [Policy] that a check applies.
func rowsOf(check string) []string {
	return map[string][]string{
		"byte-range":           {"contents-gap"},
		"contents":             {"contents-gap"},
		"revision":             {"one-reading"},
		"later-changes":        {"later-revisions", "one-reading", "field-locks"},
		"later-change":         {"later-revisions"},
		"certificate":          {"no-revocation-answer", "revocation-after-time-stamp", "revoked-before-time-stamp", "expired-before-time-stamp"},
		"signature-time-stamp": {"broken-time-stamp", "time-stamp-authority"},
		"document-time-stamp":  {"time-stamp-authority"},
		"archive-time-stamp":   {"archive-time-stamp", "cades-archive", "time-stamp-authority"},
		"cms.structure":        {"one-signer"},
		"cms.algorithms":       {"sha1"},
		"baseline":             {"level-is-evidence"},
		"container":            {"asic-archive", "asic-manifest", "asic-metadata"},
		"mimetype":             {"asic-mimetype"},
		"zip-comment":          {"asic-comment"},
		"metadata":             {"asic-metadata"},
		"coverage":             {"asic-coverage"},
		"media-type":           {"asic-media-type"},
		"list":                 {"cades-in-asic"},
		"references":           {"xades-references"},
		"ocsp-distance":        {"ocsp-distance"},
	}[check]
}
