package appearance

import (
	"bytes"
	"fmt"
	"math"

	"eidgate/sign/internal/bidi"
)

// drawText writes the rows, each from left to right with the faces it needs.
func (a *Appearance) drawText(b *bytes.Buffer) {
	if len(a.rows) == 0 {
		return
	}
	b.WriteString("BT\n0 g\n")
	p := &pen{b: b, faces: a.faces}
	for _, r := range a.rows {
		x := a.text.x
		if a.right {
			x += a.text.width - r.width()
		}
		p.row(r, x, a.top-r.baseline)
	}
	b.WriteString("ET\n")
}

// pen writes glyphs and knows where the viewer's text position is.
type pen struct {
	b     *bytes.Buffer
	faces []*face
	face  int
	size  float64 // 0 before anything is written
	x, y  float64
	open  bool // a string is
}

// row draws a row whose first char from the left begins at x.
func (p *pen) row(r row, x, y float64) {
	levels := make([]bidi.Level, len(r.chars))
	for i, c := range r.chars {
		levels[i] = c.level
	}
	for _, i := range bidi.Order(levels) {
		c := r.chars[i]
		if c.aside { // ISO 32000-1 §14.9.4: what the glyphs say together
			p.close()
			fmt.Fprintf(p.b, "/Span <</ActualText <FEFF%s>>> BDC\n", utf16Hex(c.text))
		}
		for _, g := range c.glyphs {
			p.glyph(c.face, g.code, r.size, x+r.size*g.x, y+r.size*g.y)
		}
		if c.aside {
			p.close()
			p.b.WriteString("EMC\n")
		}
		x += r.size * c.width
	}
	p.close()
}

// nearby is less than anybody sees, in points.
const nearby = 0.002

// glyph draws one, and moves there first when the text position is elsewhere.
func (p *pen) glyph(face int, code uint16, size, x, y float64) {
	if p.face != face || p.size != size {
		p.close()
		fmt.Fprintf(p.b, "/%s %s Tf\n", fontName(face), num(size))
	}
	if p.size == 0 || math.Abs(p.x-x) > nearby || math.Abs(p.y-y) > nearby {
		p.close()
		fmt.Fprintf(p.b, "1 0 0 1 %s %s Tm\n", num(x), num(y))
		p.x, p.y = x, y
	}
	if !p.open {
		p.b.WriteByte('<')
		p.open = true
	}
	fmt.Fprintf(p.b, "%04X", code)
	p.face, p.size = face, size
	p.x += size * p.faces[face].width[code]
}

// close ends the string.
func (p *pen) close() {
	if p.open {
		p.b.WriteString("> Tj\n")
		p.open = false
	}
}
