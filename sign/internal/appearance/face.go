package appearance

import (
	"errors"
	"slices"

	"eidgate/sign/internal/font"
)

// face is a font with the characters drawn from it. Code 0 is the glyph for
// what is missing, which is never drawn.
type face struct {
	font   *font.Font
	runes  []rune   // by code
	glyphs []uint16 // by code
	codes  map[rune]uint16
	width  []float64 // by code, in ems
}

func newFace(f *font.Font) *face {
	return &face{font: f, runes: []rune{0}, glyphs: []uint16{0}, codes: map[rune]uint16{}, width: []float64{em(f, f.Advance(0))}}
}

func em(f *font.Font, units int) float64 { return float64(units) / float64(f.UnitsPerEm) }

// code gives the code of a character, a new one the first time.
func (f *face) code(r rune) (uint16, bool) {
	if c, known := f.codes[r]; known {
		return c, true
	}
	glyph, ok := f.font.Glyph(r)
	if !ok {
		return 0, false
	}
	c := uint16(len(f.runes))
	f.codes[r] = c
	f.runes, f.glyphs, f.width = append(f.runes, r), append(f.glyphs, glyph), append(f.width, em(f.font, f.font.Advance(glyph)))
	return c, true
}

// char is a character to draw.
type char struct {
	r     rune
	face  int // -1 when no font has it
	code  uint16
	width float64 // in ems
}

// choose finds the face of every character. A space keeps the face of what
// stands before it, so that text is not cut up.
func choose(faces []*face, text string) []char {
	var out []char
	last := 0
	for _, r := range text {
		c := char{r: r, face: -1}
		order := make([]int, 0, len(faces)+1)
		if r == ' ' {
			order = append(order, last)
		}
		for i := range faces {
			order = append(order, i)
		}
		for _, i := range order {
			if code, ok := faces[i].code(r); ok {
				c.face, c.code, c.width = i, code, faces[i].width[code]
				last = i
				break
			}
		}
		out = append(out, c)
	}
	return out
}

// missing are the characters without a face, each once.
func missing(lines []line) []rune {
	var out []rune
	for _, l := range lines {
		for _, c := range l.chars {
			if c.face < 0 && !slices.Contains(out, c.r) {
				out = append(out, c.r)
			}
		}
	}
	return out
}

// Missing gives the characters of the lines that no font has; nil when they
// can all be drawn.
func Missing(lines []Line, fonts []*font.Font) ([]rune, error) {
	_, _, err := measure(lines, fonts)
	var none *MissingError
	if errors.As(err, &none) {
		return none.Runes, nil
	}
	return nil, err
}
