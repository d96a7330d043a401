package appearance

import (
	"fmt"
	"strings"
	"unicode"

	"eidgate/internal/fault"
)

// The refusals.
var (
	ErrTooSmall = fault.New("pades.visible-too-small", "the text does not fit the rectangle of the signature",
		"Make the rectangle larger, or shorten the reason and the place.")
	ErrText = fault.New("pades.visible-text", "the text of the visible signature has characters that cannot be drawn correctly",
		"Write the name, reason and place in a script that goes from left to right without joined letters, or sign invisibly.")
	ErrImage = fault.New("pades.image", "the picture cannot be used",
		"Give a PNG or JPEG file (RGB or grey) of at most 4 MiB and 16 megapixels.")
)

// MissingError says that no font has some characters: code
// "pades.font-missing".
type MissingError struct {
	// Runes are the characters, each once.
	Runes []rune
}

// maxNamed is how many characters the sentence names.
const maxNamed = 8

func (e *MissingError) Error() string {
	var names []string
	for _, r := range e.Runes[:min(len(e.Runes), maxNamed)] {
		names = append(names, fmt.Sprintf("%c (U+%04X)", r, r))
	}
	if len(e.Runes) > maxNamed {
		names = append(names, fmt.Sprintf("%d more", len(e.Runes)-maxNamed))
	}
	return "no font has " + strings.Join(names, ", ")
}

// Code is the stable code.
func (*MissingError) Code() string { return "pades.font-missing" }

// packages are Debian's fonts for scripts that the built-in one lacks.
var packages = []struct {
	table *unicode.RangeTable
	names string
}{
	{unicode.Hangul, "fonts-nanum or fonts-noto-cjk"},
	{unicode.Han, "fonts-noto-cjk"},
	{unicode.Hiragana, "fonts-noto-cjk"},
	{unicode.Katakana, "fonts-noto-cjk"},
	{unicode.Bopomofo, "fonts-noto-cjk"},
}

// Hint names the package to install.
func (e *MissingError) Hint() string {
	names := "fonts-noto-core or fonts-dejavu-core"
	for _, p := range packages {
		if len(e.Runes) > 0 && unicode.Is(p.table, e.Runes[0]) {
			names = p.names
			break
		}
	}
	return "Install a font with these characters (Debian: " + names + "), or name a font file that has them."
}
