package appearance

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// scripts are those that a row of glyphs from left to right writes correctly.
var scripts = []*unicode.RangeTable{
	unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Armenian, unicode.Georgian, unicode.Cherokee,
	unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo, unicode.Yi, unicode.Ethiopic,
	unicode.Canadian_Aboriginal, unicode.Vai, unicode.Lisu, unicode.Deseret, unicode.Gothic, unicode.Runic, unicode.Ogham,
}

// clean composes a text (Unicode normalisation form C: decomposed letters come
// from macOS) and refuses what cannot be drawn right. Line breaks separate
// lines, other white space is a space.
func clean(text string) ([]string, error) {
	text = norm.NFC.String(strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n"))
	var bad error
	mapped := strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == 0x85 || r == 0x2028 || r == 0x2029:
			return '\n'
		case r == '\t' || unicode.Is(unicode.Zs, r):
			return ' '
		case bad == nil && !drawable(r):
			bad = fmt.Errorf("%w: U+%04X", ErrText, r)
		}
		return r
	}, text)
	if bad != nil {
		return nil, bad
	}
	var lines []string
	for line := range strings.SplitSeq(mapped, "\n") {
		if words := strings.Fields(line); len(words) > 0 {
			lines = append(lines, strings.Join(words, " "))
		}
	}
	return lines, nil
}

// drawable tells whether a character stands for itself. Marks that did not
// compose with their letter would need placing; controls, format characters and
// unassigned ones draw nothing, or turn the direction of others.
func drawable(r rune) bool {
	if r == unicode.ReplacementChar || jamo(r) || !unicode.IsGraphic(r) || unicode.IsMark(r) {
		return false
	}
	return unicode.In(r, scripts...) || unicode.Is(unicode.Common, r)
}

// jamo are Hangul letters that join into syllables; NFC has joined those of
// modern Korean.
func jamo(r rune) bool {
	return r >= 0x1100 && r <= 0x11ff || r >= 0xa960 && r <= 0xa97f || r >= 0xd7b0 && r <= 0xd7ff
}
