package appearance

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"eidgate/sign/internal/shape"
)

// scripts are those that a row of glyphs from left to right writes correctly. Those
// of the package shape come to them.
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
			line := strings.Join(words, " ")
			if err := settled(line); err != nil {
				return nil, err
			}
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// drawable tells whether a character can be drawn: it stands for itself or the
// package shape knows it. Controls, format characters and unassigned ones draw
// nothing or turn the direction of others, and a person who reads the page could
// not tell that they are there.
func drawable(r rune) bool {
	switch {
	case shape.Joiner(r):
		return true
	case r == unicode.ReplacementChar, jamo(r), !unicode.IsGraphic(r),
		unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point, unicode.Me):
		return false
	case shape.Needed(r):
		return true
	}
	return unicode.In(r, scripts...) || unicode.Is(unicode.Common, r)
}

// maxMarks is how many marks stand on one another in no language.
const maxMarks = 6

// settled refuses marks and joiners that stand on nothing, more marks than can
// be told apart, and joiners between letters that never join.
func settled(line string) error {
	marks, letter, before := 0, false, ' '
	for _, r := range line {
		switch {
		case shape.Joiner(r):
			if !letter || shape.Joiner(before) || shape.Neutral(before) && !unicode.IsMark(before) {
				return fmt.Errorf("%w: U+%04X where nothing joins", ErrText, r)
			}
		case unicode.IsMark(r):
			if marks++; marks > maxMarks || before == ' ' {
				return fmt.Errorf("%w: U+%04X stands on nothing, or on too many others", ErrText, r)
			}
		default:
			marks, letter = 0, shape.Needed(r)
		}
		before = r
	}
	return nil
}

// jamo are Hangul letters that join into syllables; NFC has joined those of
// modern Korean.
func jamo(r rune) bool {
	return r >= 0x1100 && r <= 0x11ff || r >= 0xa960 && r <= 0xa97f || r >= 0xd7b0 && r <= 0xd7ff
}
