package appearance

import (
	"fmt"
	"strings"
	"unicode"

	"eidgate/internal/fault"
	"eidgate/sign/internal/shape"
)

// The refusals.
var (
	ErrTooSmall = fault.New("pades.visible-too-small", "the text does not fit the rectangle of the signature",
		"Make the rectangle larger, or shorten the reason and the place.")
	ErrText = fault.New("pades.visible-text", "the text of the visible signature has characters that cannot be drawn correctly",
		"Take out invisible characters and piled up marks, write what goes from top to bottom in another script, or sign invisibly.")
	ErrImage = fault.New("pades.image", "the picture cannot be used",
		"Give a PNG or JPEG file (RGB or grey) of at most 4 MiB and 16 megapixels.")
)

// MissingError says that no font can draw some characters: code
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
		shown := string(r)
		if unicode.IsMark(r) {
			shown = "\u25cc" + shown // on the circle that stands for any letter
		}
		names = append(names, fmt.Sprintf("%s (U+%04X)", shown, r))
	}
	if len(e.Runes) > maxNamed {
		names = append(names, fmt.Sprintf("%d more", len(e.Runes)-maxNamed))
	}
	return "no font can draw " + strings.Join(names, ", ")
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
	for _, r := range e.Runes {
		if shape.Needed(r) && !shape.Neutral(r) {
			names = "fonts-noto-core" // those of DejaVu have no rules for most
		}
		for _, p := range packages {
			if unicode.Is(p.table, r) {
				return hint(p.names)
			}
		}
	}
	return hint(names)
}

func hint(names string) string {
	return "Install a font with these characters (Debian: " + names + "), or name a font file that has them."
}
