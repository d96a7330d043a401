package card

import (
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// PersonalData is the personal data file of a card. It is never logged.
type PersonalData struct {
	Surname, GivenNames string
	Sex                 string // "M", "F" or as on the card
	Citizenship         string // ISO 3166-1 alpha-3
	Birth               string // date and place, as on the card
	PersonalCode        string
	DocumentNumber      string
	Expiry              string // date as on the card
	Issued              string // date and authority
	ResidencePermit     string
	Remarks             []string
}

// ExpiresAt is the end of the document's last day in UTC. It fails when the
// card has no date in the form the file demands.
func (p *PersonalData) ExpiresAt() (time.Time, error) {
	for _, layout := range []string{"02 01 2006", "02.01.2006"} {
		if t, err := time.Parse(layout, p.Expiry); err == nil {
			return t.AddDate(0, 0, 1), nil
		}
	}
	return time.Time{}, fmt.Errorf("reading the document's expiry date: %w", ErrBadAnswer)
}

// Format prints a placeholder whatever the verb.
func (p PersonalData) Format(s fmt.State, _ rune) { _, _ = s.Write([]byte("[personal data]")) }

// LogValue keeps personal data out of logs.
func (p PersonalData) LogValue() slog.Value { return slog.StringValue("[personal data]") }

// record cleans one field of the file: text in UTF-8, a lone zero byte or
// spaces for an empty one, no control or direction characters.
func record(b []byte) (string, error) {
	s := strings.TrimRight(string(b), "\x00 ")
	if !utf8.ValidString(s) {
		return "", fmt.Errorf("reading a field that is not text: %w", ErrBadAnswer)
	}
	for _, r := range s {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return "", fmt.Errorf("reading a field with control characters: %w", ErrBadAnswer)
		}
	}
	return strings.TrimSpace(s), nil
}
