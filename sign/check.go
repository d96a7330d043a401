package sign

import (
	"eidgate/internal/fault"
)

// Result is the outcome of one check.
type Result string

// The results. Missing is evidence that is not there; Noted is worth knowing
// and decides nothing.
const (
	Passed  Result = "passed"
	Fails   Result = "failed"
	Missing Result = "missing"
	Noted   Result = "noted"
)

// Check is one thing that was looked at.
type Check struct {
	// Name says what was checked ("byte-range", "cms.digest"); it is the same
	// whatever the result.
	Name string `json:"name"`
	// Result of the check.
	Result Result `json:"result"`
	// Code of the refusal ("pades.byte-range"); empty when the check passed.
	Code string `json:"code,omitempty"`
	// Sentence for people. It holds no personal code.
	Sentence string `json:"sentence"`
	// Advice is what the user can do about it, or empty.
	Advice string `json:"advice,omitempty"`
}

// Pass is a check that held.
func Pass(name, sentence string) Check {
	return Check{Name: name, Result: Passed, Sentence: sentence}
}

// Note is an observation.
func Note(name, sentence string) Check {
	return Check{Name: name, Result: Noted, Sentence: sentence}
}

// FailedCheck is a check that err refused; its code and hint are taken over.
func FailedCheck(name string, err error) Check {
	result := Fails
	if VerdictOf(err).Indication == Indeterminate {
		result = Missing
	}
	return Check{
		Name: name, Result: result, Code: fault.CodeOf(err),
		Sentence: err.Error(), Advice: fault.HintOf(err),
	}
}
