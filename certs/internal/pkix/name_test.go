package pkix

import (
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// rdn is one relative name of attributes, each a string type and a value.
type attribute struct {
	tag   asn1.Tag
	value string
}

func name(t *testing.T, rdns ...[]attribute) *Name {
	t.Helper()
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, rdn := range rdns {
			b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) {
				for _, a := range rdn {
					b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddBytes([]byte{6, 3, 0x55, 4, 3})
						b.AddASN1(a.tag, func(b *cryptobyte.Builder) { b.AddBytes([]byte(a.value)) })
					})
				}
			})
		}
	})
	n, err := ParseName(b.BytesOrPanic())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNamesCompareByMeaning(t *testing.T) {
	const printable, utf8, ia5, bmp, universal, teletex = asn1.PrintableString, asn1.UTF8String, asn1.IA5String, asn1.Tag(30), asn1.Tag(28), asn1.Tag(20)
	one := func(tag asn1.Tag, v string) *Name { return name(t, []attribute{{tag, v}}) }
	for _, c := range []struct {
		what string
		a, b *Name
		same bool
	}{
		{"string types", one(printable, "Root CA"), one(utf8, "Root CA"), true},
		{"IA5", one(ia5, "Root CA"), one(utf8, "root ca"), true},
		{"case and spaces", one(printable, "ROOT  CA "), one(printable, "root ca"), true},
		{"BMP", one(bmp, "\x00R\x01\x7e"), one(utf8, "rž"), true},
		{"Universal", one(universal, "\x00\x00\x00R"), one(utf8, "r"), true},
		{"composed and decomposed", one(utf8, "O\u0303"), one(utf8, "õ"), true},
		{"full width", one(utf8, "\uff32"), one(utf8, "r"), true},
		{"letters", one(utf8, "Root CA"), one(utf8, "Root CB"), false},
		{"an inner space", one(utf8, "RootCA"), one(utf8, "Root CA"), false},
		{"Teletex against UTF-8", one(teletex, "Root"), one(utf8, "Root"), false},
		{"Teletex against itself", one(teletex, "Root"), one(teletex, "Root"), true},
		{"Teletex keeps case", one(teletex, "Root"), one(teletex, "root"), false},
		{"order in a set", name(t, []attribute{{utf8, "a"}, {utf8, "b"}}), name(t, []attribute{{utf8, "b"}, {utf8, "a"}}), true},
		{"one set or two", name(t, []attribute{{utf8, "a"}, {utf8, "b"}}), name(t, []attribute{{utf8, "a"}}, []attribute{{utf8, "b"}}), false},
		{"order of parts", name(t, []attribute{{utf8, "a"}}, []attribute{{utf8, "b"}}), name(t, []attribute{{utf8, "b"}}, []attribute{{utf8, "a"}}), false},
		{"more parts", name(t, []attribute{{utf8, "a"}}), name(t, []attribute{{utf8, "a"}}, []attribute{{utf8, "b"}}), false},
		{"glued values", name(t, []attribute{{utf8, "ab"}}), name(t, []attribute{{utf8, "a"}, {utf8, "b"}}), false},
	} {
		if c.a.Same(c.b) != c.same || c.b.Same(c.a) != c.same {
			t.Errorf("%s: same = %v", c.what, !c.same)
		}
	}
}

func TestMalformedNames(t *testing.T) {
	for what, der := range map[string]string{
		"nothing":            "",
		"not a sequence":     "\x31\x00",
		"tail":               "\x30\x00\x00",
		"empty set":          "\x30\x02\x31\x00",
		"attribute no value": "\x30\x09\x31\x07\x30\x05\x06\x03\x55\x04\x03",
		"bad identifier":     "\x30\x0a\x31\x08\x30\x06\x06\x01\x80\x0c\x01a",
	} {
		if _, err := ParseName([]byte(der)); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}

func TestObjectIdentifiers(t *testing.T) {
	for dotted, der := range map[string]string{
		"2.5.29.32.0":    "\x55\x1d\x20\x00",
		"2.999":          "\x88\x37",
		"0.4.0.2042.1.2": "\x04\x00\x8f\x7a\x01\x02",
		"1.2.840.113549": "\x2a\x86\x48\x86\xf7\x0d",
	} {
		id, err := ParseOID(dotted)
		if err != nil || string(id) != der || id.String() != dotted {
			t.Errorf("%s: %x, %v, %s", dotted, string(id), err, id)
		}
	}
	for _, bad := range []string{"", "1", "3.1", "1.40", "1.2.", "1.02", "1.-2", "a.b", "1.2.+3"} {
		if id, err := ParseOID(bad); err == nil {
			t.Errorf("%q read as %v", bad, id)
		}
	}
}
