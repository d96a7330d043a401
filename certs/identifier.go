package certs

import (
	"fmt"
	"log/slog"
	"unique"
)

const redacted = "[redacted]"

// Identifier is a person's semantics identifier, such as
// "PNOEE-38001085718" (ETSI EN 319 412-1 §5.1.3). It names one human being, so
// it prints, logs and marshals as "[redacted]"; only [Identifier.Reveal] gives
// the text. Two identifiers may be compared with ==.
type Identifier struct {
	// A handle and not a string: fmt shows an address even where it walks
	// unexported fields by reflection and cannot call Format.
	handle unique.Handle[string]
}

// NewIdentifier wraps a semantics identifier. The empty string gives the zero
// Identifier.
func NewIdentifier(s string) Identifier {
	if s == "" {
		return Identifier{}
	}
	return Identifier{unique.Make(s)}
}

// Reveal gives the text, for showing to the person or writing where a personal
// code belongs. Never pass it to a log or an error.
func (i Identifier) Reveal() string {
	if i.IsZero() {
		return ""
	}
	return i.handle.Value()
}

// IsZero says that there is no identifier.
func (i Identifier) IsZero() bool { return i == Identifier{} }

// Format prints "[redacted]" whatever the verb.
func (i Identifier) Format(f fmt.State, _ rune) { fmt.Fprint(f, i.String()) }

// String is "[redacted]", or empty for the zero Identifier.
func (i Identifier) String() string {
	if i.IsZero() {
		return ""
	}
	return redacted
}

// LogValue keeps the identifier out of logs.
func (i Identifier) LogValue() slog.Value { return slog.StringValue(i.String()) }

// MarshalText keeps the identifier out of JSON and other encodings; what must
// carry it calls Reveal.
func (i Identifier) MarshalText() ([]byte, error) { return []byte(i.String()), nil }
