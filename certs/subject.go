package certs

import (
	"crypto/x509"
	"encoding/asn1"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Attribute types of a natural person's subject (ETSI EN 319 412-2 §4.2.4,
// RFC 5280 appendix A.1).
var (
	oidCommonName   = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidSurname      = asn1.ObjectIdentifier{2, 5, 4, 4}
	oidSerialNumber = asn1.ObjectIdentifier{2, 5, 4, 5}
	oidCountry      = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidGivenName    = asn1.ObjectIdentifier{2, 5, 4, 42}
)

// maxNameAttribute bounds one attribute; RFC 5280's largest upper bound for
// these (ub-name) is 32768, real cards stay under 100 characters.
const maxNameAttribute = 256

// subject is what this room reads of a subject name. The order of its parts
// differs between generations of cards (2018: C, CN, SN, GN, serialNumber;
// 2025: CN, serialNumber, GN, SN, C), so parts are found by type.
type subject struct {
	commonName, surname, givenName, serialNumber, country string
}

func readSubject(cert *x509.Certificate) (subject, error) {
	var s subject
	fields := []struct {
		oid asn1.ObjectIdentifier
		to  *string
	}{
		{oidCommonName, &s.commonName},
		{oidSurname, &s.surname},
		{oidSerialNumber, &s.serialNumber},
		{oidCountry, &s.country},
		{oidGivenName, &s.givenName},
	}
	for _, attr := range cert.Subject.Names {
		for _, f := range fields {
			if !attr.Type.Equal(f.oid) {
				continue
			}
			text, ok := attr.Value.(string)
			switch {
			case *f.to != "":
				return s, Refuse("person.malformed", cert, "the certificate's subject repeats attribute %v", attr.Type)
			case !ok || !plainText(text):
				return s, Refuse("person.malformed", cert, "the certificate's subject attribute %v is not plain text", attr.Type)
			}
			*f.to = text
		}
	}
	return s, nil
}

// plainText refuses what could make a name read otherwise than it is: control
// and formatting characters (bidirectional overrides among them), over-long
// and empty text.
func plainText(s string) bool {
	if strings.TrimSpace(s) == "" || len(s) > maxNameAttribute || !utf8.ValidString(s) {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) || r == utf8.RuneError
	})
}

// semanticsIdentifier is ETSI EN 319 412-1 §5.1.3: three letters for the type,
// two for the country, a hyphen and the number. Latvia's number has a hyphen
// of its own.
var semanticsIdentifier = regexp.MustCompile(`^(PNO|IDC|PAS|TIN|TAX)([A-Z]{2})-([0-9A-Za-z][0-9A-Za-z-]{0,40})$`)

// nationalNumbers are the personal numbers of states whose cards write them
// bare, without the semantics prefix. The Finnish one is the holder's
// electronic client identifier (SATU), not the personal identity code.
var nationalNumbers = map[string]*regexp.Regexp{
	"EE": estonianCode,
	"BE": regexp.MustCompile(`^[0-9]{11}$`),
	"FI": regexp.MustCompile(`^[0-9]{8}[0-9A-Z]$`),
	"LT": regexp.MustCompile(`^[0-9]{11}$`),
}

var estonianCode = regexp.MustCompile(`^[1-8][0-9]{10}$`)

// identifier gives the semantics identifier and its country.
func (s subject) identifier(cert *x509.Certificate) (id, country string, err error) {
	if s.serialNumber == "" || s.surname == "" && s.givenName == "" {
		return "", "", Refuse("person.not-a-person", cert, "the certificate does not name a person")
	}
	if m := semanticsIdentifier.FindStringSubmatch(s.serialNumber); m != nil {
		if m[1]+m[2] == "PNOEE" && !estonianCode.MatchString(m[3]) {
			return "", "", Refuse("person.malformed", cert, "the certificate's Estonian personal code is not 11 digits")
		}
		return s.serialNumber, m[2], nil
	}
	if re, ok := nationalNumbers[s.country]; ok && re.MatchString(s.serialNumber) {
		return "PNO" + s.country + "-" + s.serialNumber, s.country, nil
	}
	return "", "", Refuse("person.malformed", cert, "the certificate's serialNumber is no identifier of a known form")
}
