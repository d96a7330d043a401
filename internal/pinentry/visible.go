package pinentry

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible makes text from outside (a reader's name, a certificate's field) safe
// to show within a line of a dialog, a terminal or a log: control characters,
// invisible ones and those that turn the writing direction become U+FFFD, so do
// the angle brackets that would make some toolkits take the text for markup.
// The result has at most limit bytes; what is cut off is marked by an ellipsis.
func Visible(s string, limit int) string {
	const ellipsis = "…"
	var b strings.Builder
	cut := 0 // where to cut when there is more
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			r = ' '
		case r == '<' || r == '>', !unicode.IsPrint(r), unicode.Is(unicode.Mn, r) && b.Len() == 0:
			r = unicode.ReplacementChar
		}
		if b.Len()+utf8.RuneLen(r) > limit {
			return b.String()[:cut] + ellipsis
		}
		b.WriteRune(r)
		if b.Len() <= limit-len(ellipsis) {
			cut = b.Len()
		}
	}
	return b.String()
}
