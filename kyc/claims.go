package kyc

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"eidgate/certs"
)

// Claims that a card can prove, by the names of OpenID Connect and the PID
// rulebook. Ages are asked for as "age_equal_or_over.18".
const (
	GivenName      = "given_name"
	FamilyName     = "family_name"
	Birthdate      = "birthdate"
	PersonalNumber = "personal_administrative_number"
	IssuingCountry = "issuing_country"
	ageOver        = "age_equal_or_over"
)

const (
	maxClaims = 16
	minAge    = 1
	maxAge    = 120
)

// checkClaims refuses what cannot be verified, and what is asked for twice.
func checkClaims(claims []string) error {
	if len(claims) == 0 || len(claims) > maxClaims {
		return ErrClaims
	}
	for i, name := range claims {
		if slices.Contains(claims[:i], name) {
			return fmt.Errorf("%w: one stands twice", ErrClaims)
		}
		if _, ok := ageOf(name); !ok && !slices.Contains([]string{GivenName, FamilyName, Birthdate, PersonalNumber, IssuingCountry}, name) {
			return ErrClaims
		}
	}
	return nil
}

// ageOf reads the age of "age_equal_or_over.18".
func ageOf(claim string) (int, bool) {
	text, ok := strings.CutPrefix(claim, ageOver+".")
	if !ok {
		return 0, false
	}
	age, err := strconv.Atoi(text)
	return age, err == nil && age >= minAge && age <= maxAge && strconv.Itoa(age) == text
}

// person is what a session verified, as it is kept.
type person struct {
	GivenName   string          `json:"given_name"`
	FamilyName  string          `json:"family_name"`
	Identifier  string          `json:"identifier"` // PNOEE-...
	Country     string          `json:"country"`
	Document    string          `json:"document"`
	Assurance   certs.Assurance `json:"assurance"`
	Table       string          `json:"table"` // version of the policy table
	Method      string          `json:"method"`
	VerifiedAt  time.Time       `json:"verified_at"`
	NotAfter    time.Time       `json:"not_after,omitzero"` // of the certificate
	Certificate string          `json:"certificate,omitempty"`
}

func (p *person) name() string { return strings.TrimSpace(p.GivenName + " " + p.FamilyName) }

// value gives a claim's value at a time; ErrUnavailable when the card proves
// none. Ages are judged when the session was verified, so a result never
// changes.
func (p *person) value(claim string) (any, error) {
	if age, ok := ageOf(claim); ok {
		born, known := birthdate(p.Identifier)
		if !known {
			return nil, ErrUnavailable
		}
		return ageAt(born, p.VerifiedAt) >= age, nil
	}
	switch claim {
	case GivenName:
		return present(p.GivenName)
	case FamilyName:
		return present(p.FamilyName)
	case Birthdate:
		born, known := birthdate(p.Identifier)
		if !known {
			return nil, ErrUnavailable
		}
		return born.Format(time.DateOnly), nil
	case PersonalNumber:
		_, number, _ := strings.Cut(p.Identifier, "-")
		return present(number)
	case IssuingCountry:
		return present(p.Country)
	}
	return nil, ErrUnavailable
}

func present(text string) (any, error) {
	if text == "" {
		return nil, ErrUnavailable
	}
	return text, nil
}

// Available says which of the claims the card of a login proves, so that the
// consent page can tell before the person decides.
func Available(of certs.Person, claims []string, now time.Time) []string {
	values := Preview(of, claims, now)
	var available []string
	for _, claim := range claims {
		if _, ok := values[claim]; ok {
			available = append(available, claim)
		}
	}
	return available
}

// Preview gives the values of those of the claims that the card of a login
// proves, for the person herself.
func Preview(of certs.Person, claims []string, now time.Time) map[string]any {
	p := person{GivenName: of.GivenName, FamilyName: of.Surname, Identifier: of.Identifier.Reveal(), Country: of.Country, VerifiedAt: now}
	values := make(map[string]any, len(claims))
	for _, claim := range claims {
		if value, err := p.value(claim); err == nil {
			values[claim] = value
		}
	}
	return values
}
