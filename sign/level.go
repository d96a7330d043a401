package sign

import "fmt"

// Level is how long the validity of a signature can be proven: the baseline
// levels of ETSI EN 319 142-1 §6 (PAdES), 319 122-1 (CAdES), 319 132-1 (XAdES).
type Level int

// The levels. Each holds everything the one before it does.
const (
	NoLevel  Level = iota // not a baseline signature
	LevelB                // signed, bound to the signer's certificate
	LevelT                // and a time-stamp proves when it existed
	LevelLT               // and it carries the certificates and revocation answers
	LevelLTA              // and an archive time-stamp protects those
)

// levelNames are the names in text and JSON.
func levelNames() []string { return []string{"none", "B", "T", "LT", "LTA"} }

// String is "B", "T", "LT", "LTA" or "none".
func (l Level) String() string {
	if names := levelNames(); l >= 0 && int(l) < len(names) {
		return names[l]
	}
	return fmt.Sprintf("Level(%d)", int(l))
}

// MarshalText gives the name.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads a name; another text is an error.
func (l *Level) UnmarshalText(text []byte) error {
	for i, name := range levelNames() {
		if string(text) == name {
			*l = Level(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not a signature level (B, T, LT, LTA)", text)
}
