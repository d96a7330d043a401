package appearance

import (
	"cmp"
	"errors"
	"slices"
	"unicode"

	"eidgate/sign/internal/bidi"
	"eidgate/sign/internal/font"
	"eidgate/sign/internal/shape"
)

// face is a font with what is drawn from it. Code 0 is the glyph for what is
// missing, which is never drawn.
type face struct {
	font   *font.Font
	shaper *shape.Font // nil until a text needs it
	texts  []string    // by code; empty for a glyph that stands for nothing alone
	glyphs []uint16    // by code
	codes  map[coded]uint16
	width  []float64 // by code, in ems
}

// coded is what a code stands for. Letters that a font draws alike have codes
// of their own.
type coded struct {
	glyph uint16
	text  string
}

func newFace(f *font.Font) *face {
	return &face{font: f, texts: []string{""}, glyphs: []uint16{0}, codes: map[coded]uint16{}, width: []float64{em(f, f.Advance(0))}}
}

func em(f *font.Font, units int) float64 { return float64(units) / float64(f.UnitsPerEm) }

// code gives the code of a glyph, a new one the first time.
func (f *face) code(glyph uint16, text string) uint16 {
	key := coded{glyph, text}
	if c, known := f.codes[key]; known {
		return c
	}
	c := uint16(len(f.glyphs))
	f.codes[key] = c
	f.texts, f.glyphs, f.width = append(f.texts, text), append(f.glyphs, glyph), append(f.width, em(f.font, f.font.Advance(glyph)))
	return c
}

// shape reads the font's rules once.
func (f *face) shape(text []rune, from, to int, rightToLeft bool) ([]shape.Cluster, error) {
	if f.shaper == nil {
		s, err := shape.New(f.font)
		if err != nil {
			return nil, err
		}
		f.shaper = s
	}
	return f.shaper.Shape(text, from, to, rightToLeft)
}

// char is what is drawn as a whole: mostly a character, else those that make
// one shape.
type char struct {
	text   []rune
	face   int // -1 when no font has it
	glyphs []placed
	width  float64 // in ems
	level  bidi.Level
	aside  bool // its text is written beside the glyphs
	// top and bottom are how far shaped glyphs reach from the baseline, in ems.
	top, bottom float64
}

// placed is a glyph and where it stands from the beginning of its char, in ems.
type placed struct {
	code uint16
	x, y float64
}

// first and last are the characters that a row may break before or after.
func (c *char) first() rune { return c.text[0] }
func (c *char) last() rune  { return c.text[len(c.text)-1] }

// plain makes the char of a character that stands for itself.
func (f *face) plain(text []rune, at, number int, level bidi.Level) (char, bool) {
	glyph, ok := f.font.Glyph(text[at])
	if !ok {
		return char{}, false
	}
	code := f.code(glyph, string(text[at]))
	return char{text: text[at : at+1], face: number, glyphs: []placed{{code: code}}, width: f.width[code], level: level}, true
}

// shaped makes the char of a cluster.
func (f *face) shaped(text []rune, c shape.Cluster, number int, level bidi.Level) char {
	out := char{text: text[c.From:c.To], face: number, width: em(f.font, c.Advance), level: level}
	for _, g := range c.Glyphs {
		top, bottom := f.font.Reach(g.ID)
		out.top, out.bottom = max(out.top, em(f.font, top+g.Y)), min(out.bottom, em(f.font, bottom+g.Y))
	}
	switch {
	case level.RightToLeft() && c.InOrder:
		out.glyphs = f.fromTheRight(text, c.Glyphs)
	case len(c.Glyphs) == 1:
		out.glyphs = []placed{f.place(c.Glyphs[0], string(out.text))}
	default:
		out.aside, out.glyphs = true, f.together(&c, string(out.text))
	}
	return out
}

func (f *face) place(g shape.Glyph, meaning string) placed {
	return placed{f.code(g.ID, meaning), em(f.font, g.X), em(f.font, g.Y)}
}

// nothing is what a glyph stands for whose text is told elsewhere: ZERO WIDTH
// SPACE. PDF/A asks that every code stands for something.
const nothing = "\u200b"

// together gives glyphs that only mean something as a whole. Their text is
// written beside them and, for readers that do not know that, belongs to the
// first. Readers take the place of the whole from where the first begins and the
// last ends, so a blank comes last where a mark would.
func (f *face) together(c *shape.Cluster, text string) []placed {
	glyphs := slices.Clone(c.Glyphs)
	slices.SortStableFunc(glyphs, func(a, b shape.Glyph) int { return cmp.Compare(a.X, b.X) })
	last := glyphs[len(glyphs)-1]
	if blank, ok := f.font.Glyph(' '); ok && last.X+f.font.Advance(last.ID) != c.Advance {
		glyphs = append(glyphs, shape.Glyph{ID: blank, X: c.Advance - f.font.Advance(blank)})
	}
	var out []placed
	meaning := text
	for _, g := range glyphs {
		out = append(out, f.place(g, meaning))
		meaning = nothing
	}
	return out
}

// fromTheRight gives glyphs that are read from the right. Readers turn what
// stands there around, letter by letter, and would turn the two letters of a
// ligature (lam and alef) around within. So the glyph stands for the first of
// the two and a blank on its left for the second.
func (f *face) fromTheRight(text []rune, glyphs []shape.Glyph) []placed {
	var out []placed
	blank, ok := f.font.Glyph(' ')
	for _, g := range glyphs {
		meaning := text[g.From:g.To]
		if ok && len(meaning) == 2 && !unicode.IsMark(meaning[1]) {
			half := f.font.Advance(blank) / 2
			out = append(out, f.place(shape.Glyph{ID: blank, X: g.X - half, Y: g.Y}, string(meaning[1])))
			meaning = meaning[:1]
		}
		out = append(out, f.place(g, string(meaning)))
	}
	return out
}

// missing are the characters without a face, each once.
func missing(lines []line) []rune {
	var out []rune
	for _, l := range lines {
		for _, c := range l.chars {
			for _, r := range c.text {
				if c.face < 0 && !slices.Contains(out, r) {
					out = append(out, r)
				}
			}
		}
	}
	return out
}

// Missing gives the characters of the lines that no font can draw; nil when they
// can all be drawn. A letter comes with its marks, a word that must be joined
// whole: one font is needed for all of it.
func Missing(lines []Line, fonts []*font.Font) ([]rune, error) {
	_, _, err := measure(lines, fonts)
	var none *MissingError
	if errors.As(err, &none) {
		return none.Runes, nil
	}
	return nil, err
}
