package signing_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"eidgate/gateway/signing"
)

func TestFileName(t *testing.T) {
	for given, want := range map[string]string{
		"a.pdf": "a.pdf", "": "", ".": "", "..": "", "/": "", "../../etc/passwd": "passwd", `C:\Users\mari\leping.pdf`: "leping.pdf",
		"invoice\u202Efdp.exe": "invoicefdp.exe", "a\u2066b\u2069": "ab", "a\u200Bb": "ab", "\uFEFFa": "a", "a\u00ADb": "ab", "a\x00\n\x7fb": "ab",
		"a\u2028b": "ab", "a\xffb": "ab", "계약서.pdf": "계약서.pdf", "\u0645\u06CC\u200C\u062E": "\u0645\u06CC\u200C\u062E", "договор 1.pdf": "договор 1.pdf",
		strings.Repeat("õ", 200): strings.Repeat("õ", 127),
	} {
		if got := signing.FileName(given); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}

func FuzzFileName(f *testing.F) {
	f.Add("../a\u202Eb")
	f.Fuzz(func(t *testing.T, given string) {
		got := signing.FileName(given)
		if len(got) > 255 || strings.ContainsAny(got, "/\\") || !utf8.ValidString(got) || got == ".." || strings.ContainsFunc(got, unicode.IsControl) {
			t.Errorf("%q became %q", given, got)
		}
	})
}
