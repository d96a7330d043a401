package pki

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"eidgate/certs"
)

// Applicant is a person a card is issued to.
type Applicant struct {
	Surname    string // at most 64 characters, any script
	GivenNames string // the same
	Code       string // personal code, with a valid check digit when Country is EE
	Country    string // of the code, ISO 3166-1 alpha-2; empty means EE
	// Citizenship is ISO 3166-1 alpha-3 as printed on the card; empty means EST.
	Citizenship string
	// Kind of document; zero means e-resident digital identity card.
	Kind certs.DocumentKind
	// PIN1, PIN2 and PUK of the simulated card; empty means 1234, 12345 and
	// 12345678.
	PIN1, PIN2, PUK string
}

// documentPolicies are the policies of ESTEID2018 by kind of document; cards
// of a demonstration carry them under the example arc.
var documentPolicies = map[certs.DocumentKind][]int{
	certs.IDCard:                   {1, 3, 6, 1, 4, 1, 51361, 1, 1, 1},
	certs.EUCitizenIDCard:          {1, 3, 6, 1, 4, 1, 51361, 1, 1, 2},
	certs.DigitalID:                {1, 3, 6, 1, 4, 1, 51361, 1, 1, 3},
	certs.EResidentDigitalID:       {1, 3, 6, 1, 4, 1, 51361, 1, 1, 4},
	certs.LongTermResidencePermit:  {1, 3, 6, 1, 4, 1, 51361, 1, 1, 5},
	certs.TemporaryResidencePermit: {1, 3, 6, 1, 4, 1, 51361, 1, 1, 6},
	certs.EUFamilyResidencePermit:  {1, 3, 6, 1, 4, 1, 51361, 1, 1, 7},
	certs.DiplomaticID:             {1, 3, 6, 1, 4, 1, 51455, 1, 1, 1},
}

var (
	countryPattern     = regexp.MustCompile(`^[A-Z]{2}$`)
	citizenshipPattern = regexp.MustCompile(`^[A-Z]{3}$`)
	codePattern        = regexp.MustCompile(`^[0-9A-Z][0-9A-Z-]{1,18}[0-9A-Z]$`)
	pinPattern         = regexp.MustCompile(`^[0-9]{4,12}$`)
)

func badPerson(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrBadPerson, fmt.Sprintf(format, args...))
}

// check fills in what was left out and refuses what cannot go into a
// certificate. It never repeats the data.
func (a *Applicant) check() error {
	setDefault(&a.Country, "EE")
	setDefault(&a.Citizenship, "EST")
	setDefault(&a.PIN1, "1234")
	setDefault(&a.PIN2, "12345")
	setDefault(&a.PUK, "12345678")
	if a.Kind == certs.UnknownDocument {
		a.Kind = certs.EResidentDigitalID
	}
	a.Surname, a.GivenNames = norm.NFC.String(a.Surname), norm.NFC.String(a.GivenNames)
	switch {
	case !plainName(a.Surname):
		return badPerson("the surname is empty, longer than 64 characters or not plain text")
	case !plainName(a.GivenNames):
		return badPerson("the given name is empty, longer than 64 characters or not plain text")
	case !countryPattern.MatchString(a.Country) || !citizenshipPattern.MatchString(a.Citizenship):
		return badPerson("the country is not two capital letters or the citizenship not three")
	case a.Country == "EE" && !ValidEstonianCode(a.Code):
		return badPerson("the personal code is not eleven digits with a date and a valid check digit")
	case !codePattern.MatchString(a.Code):
		return badPerson("the personal code is not 3 to 20 digits and capital letters")
	case documentPolicies[a.Kind] == nil:
		return badPerson("no card is issued for the kind of document %q", a.Kind)
	case !pinPattern.MatchString(a.PIN1) || !pinPattern.MatchString(a.PIN2) || !pinPattern.MatchString(a.PUK):
		return badPerson("a PIN or the PUK is not 4 to 12 digits")
	case len(a.PIN2) < 5 || len(a.PUK) < 8:
		return badPerson("PIN2 has fewer than 5 digits or the PUK fewer than 8")
	}
	return nil
}

func setDefault(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

// plainName refuses what would make a name read otherwise than it is, and the
// comma, which separates the parts of the common name.
func plainName(s string) bool {
	if s == "" || s != strings.TrimSpace(s) || !utf8.ValidString(s) || utf8.RuneCountInString(s) > 64 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r == ',' || unicode.In(r, unicode.C, unicode.Zl, unicode.Zp)
	})
}

// ValidEstonianCode checks an Estonian personal code (EVS 585): century and
// sex, a date of birth, a serial number and the check digit.
func ValidEstonianCode(code string) bool {
	if len(code) != 11 || strings.Trim(code, "0123456789") != "" || code[0] < '1' || code[0] > '8' {
		return false
	}
	if _, err := birthOf(code); err != nil {
		return false
	}
	return code[10] == checkDigit(code[:10])
}

// checkDigit is the weighted sum modulo 11, with a second row of weights when
// the first gives 10, and 0 when both do.
func checkDigit(ten string) byte {
	for _, weights := range []string{"1234567891", "3456789123"} {
		sum := 0
		for i := range ten {
			sum += int(ten[i]-'0') * int(weights[i]-'0')
		}
		if sum%11 < 10 {
			return byte('0' + sum%11)
		}
	}
	return '0'
}

// birthOf reads the date of birth: the first digit tells the century, two per
// century from 1800, odd for men.
func birthOf(code string) (time.Time, error) {
	century, err := strconv.Atoi(code[:1])
	if err != nil {
		return time.Time{}, err
	}
	return time.Parse("20060102", strconv.Itoa(18+(century-1)/2)+code[1:7])
}
