package pades

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"eidgate/sign"
)

// noteName tells when the name that the signature says (ISO 32000-1 table 252),
// which programs draw on the page, shares no word with the certificate's. What
// is drawn is the signer's word; the certificate says who signed.
func (c *candidate) noteName(signer *x509.Certificate) {
	if c.out.Claimed.Name == "" {
		return
	}
	var names []string
	for _, n := range signer.Subject.Names {
		if text, ok := n.Value.(string); ok {
			names = append(names, text)
		}
	}
	known := nameWords(strings.Join(names, " "))
	if slices.ContainsFunc(nameWords(c.out.Claimed.Name), func(word string) bool { return slices.Contains(known, word) }) {
		return
	}
	c.out.Checks = append(c.out.Checks, sign.Note("claimed-name",
		fmt.Sprintf("the signature says the name %q, which its certificate does not have", c.out.Claimed.Name)))
}

// nameWords are the words of a name, whatever stands between them.
func nameWords(name string) []string {
	return strings.FieldsFunc(strings.ToUpper(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
}
