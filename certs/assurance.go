package certs

import "fmt"

// Assurance is a level of assurance of electronic identification (Regulation
// (EU) 910/2014 article 8). The zero value is unknown: no source in the policy
// table speaks of the document.
type Assurance int

// The levels.
const (
	UnknownAssurance Assurance = iota
	LowAssurance
	SubstantialAssurance
	HighAssurance
)

var assuranceNames = [...]string{"unknown", "low", "substantial", "high"}

// String is the stable name.
func (a Assurance) String() string {
	if a < 0 || int(a) >= len(assuranceNames) {
		return fmt.Sprintf("Assurance(%d)", int(a))
	}
	return assuranceNames[a]
}

// MarshalText gives the stable name.
func (a Assurance) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads the stable name; another text is an error.
func (a *Assurance) UnmarshalText(text []byte) error {
	for i, name := range assuranceNames {
		if name == string(text) {
			*a = Assurance(i)
			return nil
		}
	}
	return fmt.Errorf("unknown level of assurance %q", text)
}
