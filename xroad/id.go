package xroad

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// errIdentifier is what is wrong with an identifier's text.
var errIdentifier = errors.New("not an identifier")

// ClientID names a subsystem, or a member when Subsystem is empty. Comparison
// is case-sensitive, by ==.
type ClientID struct{ Instance, Class, Code, Subsystem string }

// ServiceID names a service of a subsystem.
type ServiceID struct {
	Provider ClientID
	Code     string
}

// Member is the identifier without the subsystem.
func (c ClientID) Member() ClientID { c.Subsystem = ""; return c }

// IsMember tells whether it names a member rather than a subsystem.
func (c ClientID) IsMember() bool { return c.Subsystem == "" }

// String is the form of error messages: "SUBSYSTEM:DEV/COM/1234/app".
func (c ClientID) String() string {
	if c.IsMember() {
		return "MEMBER:" + strings.Join([]string{c.Instance, c.Class, c.Code}, "/")
	}
	return "SUBSYSTEM:" + strings.Join([]string{c.Instance, c.Class, c.Code, c.Subsystem}, "/")
}

// Encoded is the form of headers and paths: each part percent-encoded.
func (c ClientID) Encoded() string {
	text := encodeSegment(c.Instance) + "/" + encodeSegment(c.Class) + "/" + encodeSegment(c.Code)
	if !c.IsMember() {
		text += "/" + encodeSegment(c.Subsystem)
	}
	return text
}

// String is the form of error messages: "SERVICE:DEV/COM/1234/app/persons".
func (s ServiceID) String() string {
	p := s.Provider
	return "SERVICE:" + strings.Join([]string{p.Instance, p.Class, p.Code, p.Subsystem, s.Code}, "/")
}

// Encoded is the form of headers and paths.
func (s ServiceID) Encoded() string { return s.Provider.Encoded() + "/" + encodeSegment(s.Code) }

// encodeParts writes what decodeParts reads.
func encodeParts(parts []string) string {
	encoded := make([]string, len(parts))
	for i, p := range parts {
		encoded[i] = encodeSegment(p)
	}
	return strings.Join(encoded, "/")
}

// ParseClientID reads INSTANCE/CLASS/CODE[/SUBSYSTEM], each part
// percent-encoded, as in the header X-Road-Client.
func ParseClientID(text string) (ClientID, error) {
	parts, err := decodeParts(text, 3, 4)
	if err != nil {
		return ClientID{}, err
	}
	return clientOf(parts), nil
}

// ParseServiceID reads INSTANCE/CLASS/CODE/SUBSYSTEM/SERVICE in the same way.
func ParseServiceID(text string) (ServiceID, error) {
	parts, err := decodeParts(text, 5, 5)
	if err != nil {
		return ServiceID{}, err
	}
	return ServiceID{clientOf(parts[:4]), parts[4]}, nil
}

func clientOf(parts []string) ClientID {
	c := ClientID{Instance: parts[0], Class: parts[1], Code: parts[2]}
	if len(parts) > 3 {
		c.Subsystem = parts[3]
	}
	return c
}

// maxIdentifier bounds one decoded part, in bytes.
const maxIdentifier = 255

func decodeParts(text string, least, most int) ([]string, error) {
	parts := strings.SplitN(text, "/", most+1)
	if len(parts) < least || len(parts) > most {
		return nil, errIdentifier
	}
	for i, p := range parts {
		decoded, err := decodeSegment(p)
		if err != nil {
			return nil, err
		}
		parts[i] = decoded
	}
	return parts, nil
}

// decodeSegment percent-decodes one path segment. Only the characters of RFC
// 3986 §3.3 may stand unencoded; the result is UTF-8 without control
// characters. A decoded slash stays part of the segment.
func decodeSegment(text string) (string, error) {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '%':
			if i+2 >= len(text) || !isHex(text[i+1]) || !isHex(text[i+2]) {
				return "", errIdentifier
			}
			out.WriteByte(unhex(text[i+1])<<4 | unhex(text[i+2]))
			i += 2
		case isPchar(c):
			out.WriteByte(c)
		default:
			return "", errIdentifier
		}
	}
	return out.String(), checkIdentifier(out.String())
}

func checkIdentifier(text string) error {
	if text == "" || len(text) > maxIdentifier || !utf8.ValidString(text) {
		return errIdentifier
	}
	for _, r := range text {
		// X-Road warns of these two invisible characters; nobody reads them.
		if unicode.IsControl(r) || r == '\u200b' || r == '\ufeff' {
			return errIdentifier
		}
	}
	return nil
}

// encodeSegment leaves the same characters plain as X-Road's encoder does
// (pr-rest §4.3: Guava's urlPathSegmentEscaper).
func encodeSegment(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if c := text[i]; isPchar(c) {
			out.WriteByte(c)
		} else {
			const digits = "0123456789ABCDEF"
			out.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return out.String()
}

// isPchar tells whether a byte may stand unencoded in a path segment.
func isPchar(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-._~!$'()*,;&=@:+", c) >= 0
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	default:
		return c - 'A' + 10
	}
}
