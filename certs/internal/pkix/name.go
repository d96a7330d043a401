package pkix

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/text/unicode/norm"
)

// Limits on one name.
const (
	maxRDNs       = 64
	maxAttributes = 128
	maxAttribute  = 4096 // octets
)

var errName = errors.New("malformed distinguished name")

// Name is a distinguished name. Two names are the same when RFC 5280 §7.1
// says so: [Name.Same].
type Name struct {
	Raw  []byte
	rdns []string // each the canonical form of one relative name
	// Emails are the values of emailAddress attributes, to which name
	// constraints on mailboxes apply (§4.2.1.10).
	Emails []string
}

// Empty says that the name has no parts.
func (n *Name) Empty() bool { return len(n.rdns) == 0 }

// Same compares by RFC 5280 §7.1: string types, letter case and repeated
// white space do not matter.
func (n *Name) Same(o *Name) bool {
	return bytes.Equal(n.Raw, o.Raw) || slices.Equal(n.rdns, o.rdns)
}

// Within says that the name lies in the subtree of base (§7.1: base's parts
// are its first parts).
func (n *Name) Within(base *Name) bool {
	return len(n.rdns) >= len(base.rdns) && slices.Equal(n.rdns[:len(base.rdns)], base.rdns)
}

// Append gives the name with one more relative name at its end: a
// distribution point named relative to its CRL issuer.
func (n *Name) Append(rdn string) *Name {
	return &Name{Raw: nil, rdns: append(slices.Clone(n.rdns), rdn)}
}

// ParseName reads a DER Name.
func ParseName(der []byte) (*Name, error) {
	s := cryptobyte.String(der)
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() {
		return nil, errName
	}
	n := &Name{Raw: der}
	for !seq.Empty() {
		var rdn cryptobyte.String
		if len(n.rdns) == maxRDNs || !seq.ReadASN1(&rdn, asn1.SET) {
			return nil, errName
		}
		canonical, err := n.readRDN(rdn)
		if err != nil {
			return nil, err
		}
		n.rdns = append(n.rdns, canonical)
	}
	return n, nil
}

// readRDN gives the canonical form of the content of one RelativeName: its
// attributes sorted, since a SET has no order.
func (n *Name) readRDN(rdn cryptobyte.String) (string, error) {
	var parts []string
	for !rdn.Empty() {
		var attr, value cryptobyte.String
		var tag asn1.Tag
		if len(parts) == maxAttributes || !rdn.ReadASN1(&attr, asn1.SEQUENCE) {
			return "", errName
		}
		id, err := readOID(&attr)
		if err != nil || !attr.ReadAnyASN1(&value, &tag) || !attr.Empty() || len(value) > maxAttribute {
			return "", errName
		}
		text, isText := decodeString(tag, value)
		if isText && id == attrEmailAddress {
			n.Emails = append(n.Emails, text)
		}
		if isText {
			parts = append(parts, string(id)+"\x00t"+fold(text))
		} else {
			parts = append(parts, string(id)+"\x00b"+string([]byte{byte(tag)})+string(value))
		}
	}
	if len(parts) == 0 {
		return "", errName
	}
	slices.Sort(parts)
	return joinLengths(parts), nil
}

// joinLengths joins so that no value can imitate two.
func joinLengths(parts []string) string {
	var b strings.Builder
	for _, p := range parts {
		b.Write(binary.BigEndian.AppendUint32(nil, uint32(len(p))))
		b.WriteString(p)
	}
	return b.String()
}

// decodeString decodes the string types whose characters are certain. A
// TeletexString's character set is not, so it compares as its bytes do.
func decodeString(tag asn1.Tag, value []byte) (string, bool) {
	switch tag {
	case asn1.PrintableString, asn1.IA5String, asn1.Tag(18): // NumericString
		for _, c := range value {
			if c >= utf8.RuneSelf {
				return "", false
			}
		}
		return string(value), true
	case asn1.UTF8String:
		return string(value), utf8.Valid(value)
	case asn1.Tag(30): // BMPString
		return decodeBMP(value)
	case asn1.Tag(28): // UniversalString
		return decodeUniversal(value)
	default:
		return "", false
	}
}

func decodeBMP(value []byte) (string, bool) {
	if len(value)%2 != 0 {
		return "", false
	}
	units := make([]uint16, 0, len(value)/2)
	for i := 0; i < len(value); i += 2 {
		units = append(units, uint16(value[i])<<8|uint16(value[i+1]))
	}
	runes := utf16.Decode(units)
	return string(runes), !slices.Contains(runes, utf8.RuneError)
}

func decodeUniversal(value []byte) (string, bool) {
	if len(value)%4 != 0 {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(value); i += 4 {
		r := rune(value[i])<<24 | rune(value[i+1])<<16 | rune(value[i+2])<<8 | rune(value[i+3])
		if !utf8.ValidRune(r) {
			return "", false
		}
		b.WriteRune(r)
	}
	return b.String(), true
}

// fold prepares text for comparison as RFC 5280 §7.1 (RFC 4518) does:
// compatibility normal form, letter case folded, white space trimmed and
// runs of it made one.
func fold(s string) string {
	if !isPlainASCII(s) {
		s = norm.NFKC.String(strings.ToLower(norm.NFKC.String(s)))
	}
	fields := strings.FieldsFunc(s, unicode.IsSpace)
	return strings.ToLower(strings.Join(fields, " "))
}

func isPlainASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
