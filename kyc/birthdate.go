package kyc

import (
	"strings"
	"time"
)

// birthdate reads the date of birth that a personal code carries, by the rules
// of the code's country; ok is false where a code has none or is not sound.
func birthdate(identifier string) (born time.Time, ok bool) {
	kind, code, found := strings.Cut(identifier, "-")
	if !found {
		return time.Time{}, false
	}
	switch kind {
	case "PNOEE", "PNOLT":
		return balticDate(code)
	case "PNOLV":
		return latvianDate(code)
	case "PNOFI":
		return finnishDate(code)
	}
	return time.Time{}, false
}

// balticDate is GYYMMDDSSSC of Estonia (isikukood) and Lithuania (asmens
// kodas): the first digit tells the century, the last is a check digit.
func balticDate(code string) (time.Time, bool) {
	if len(code) != 11 || !digits(code) || !balticCheck(code) {
		return time.Time{}, false
	}
	century, ok := map[byte]string{'1': "18", '2': "18", '3': "19", '4': "19", '5': "20", '6': "20", '7': "21", '8': "21"}[code[0]]
	if !ok {
		return time.Time{}, false
	}
	return date(century + code[1:7])
}

// balticCheck is the check digit: two rounds of weights modulo 11.
func balticCheck(code string) bool {
	for _, first := range []int{1, 3} {
		sum, weight := 0, first
		for _, c := range code[:10] {
			sum += int(c-'0') * weight
			if weight++; weight == 10 {
				weight = 1
			}
		}
		if rest := sum % 11; rest < 10 {
			return rest == int(code[10]-'0')
		}
	}
	return code[10] == '0'
}

// latvianDate is DDMMYY-CSSSC of codes issued until 2017; later ones begin
// with 32 and have no date.
func latvianDate(code string) (time.Time, bool) {
	code = strings.ReplaceAll(code, "-", "")
	if len(code) != 11 || !digits(code) {
		return time.Time{}, false
	}
	century, ok := map[byte]string{'0': "18", '1': "19", '2': "20"}[code[6]]
	if !ok {
		return time.Time{}, false
	}
	return date(century + code[4:6] + code[2:4] + code[0:2])
}

// finnishDate is DDMMYYCSSSQ (henkilötunnus); the sign tells the century.
func finnishDate(code string) (time.Time, bool) {
	if len(code) != 11 || !digits(code[:6]) {
		return time.Time{}, false
	}
	var century string
	switch {
	case code[6] == '+':
		century = "18"
	case strings.IndexByte("-YXWVU", code[6]) >= 0:
		century = "19"
	case strings.IndexByte("ABCDEF", code[6]) >= 0:
		century = "20"
	default:
		return time.Time{}, false
	}
	return date(century + code[4:6] + code[2:4] + code[0:2])
}

// holdsCode says that a text has a personal code of Estonia or Lithuania in it:
// eleven digits with a date and the right check digit.
func holdsCode(text string) bool {
	for _, run := range strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }) {
		if _, ok := balticDate(run); ok {
			return true
		}
	}
	return false
}

func date(yyyymmdd string) (time.Time, bool) {
	born, err := time.Parse("20060102", yyyymmdd)
	return born, err == nil
}

func digits(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// ageAt is completed years; who is born on 29 February completes them on 1
// March of other years.
func ageAt(born, now time.Time) int {
	age := now.Year() - born.Year()
	if now.Month() < born.Month() || now.Month() == born.Month() && now.Day() < born.Day() {
		age--
	}
	return age
}
