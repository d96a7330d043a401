package appearance

import (
	"bytes"
	"fmt"
	"math"

	"eidgate/sign/internal/font"
	"eidgate/sign/internal/pdf"
)

// Spec says what to draw.
type Spec struct {
	// Width and Height of the box as it is seen, in units of the page.
	Width, Height float64
	// Rotate is how far the page is turned clockwise when it is shown: 0, 90,
	// 180 or 270. The drawing is turned the other way.
	Rotate int
	// Lines of text; none draws the picture alone.
	Lines []Line
	// Fonts are asked in this order for each character.
	Fonts []*font.Font
	// Picture stands left of the text, or above it in a high box.
	Picture *Picture
	// Frame draws a thin line around.
	Frame bool
}

// Appearance is ready to be written.
type Appearance struct {
	spec  Spec
	text  area
	image area
	rows  []row
	top   float64
	right bool // rows begin at the right
	faces []*face
	fonts []*embedded // nil where a face draws nothing
}

// area is a piece of the box.
type area struct{ x, y, width, height float64 }

// New lays the appearance out. Errors are [ErrTooSmall], [ErrText],
// [*MissingError] and those of fonts.
func New(s Spec) (*Appearance, error) {
	a := &Appearance{spec: s}
	lines, faces, err := measure(s.Lines, s.Fonts)
	if err != nil {
		return nil, err
	}
	a.divide(len(lines) > 0)
	if a.text.width <= 0 || a.text.height <= 0 || a.image.width < 0 || a.image.height < 0 {
		return nil, ErrTooSmall
	}
	rows, used, err := fit(lines, faces, a.text.width, a.text.height)
	if err != nil {
		return nil, err
	}
	a.faces, a.right = faces, len(lines) > 0 && lines[0].base.RightToLeft()
	a.rows, a.top = rows, a.text.y+a.text.height-(a.text.height-used)/2
	for _, f := range faces {
		var e *embedded
		if len(f.codes) > 0 {
			if e, err = f.embed(); err != nil {
				return nil, fmt.Errorf("embedding the font %s: %w", f.font.Name, err)
			}
		}
		a.fonts = append(a.fonts, e)
	}
	return a, nil
}

// Shares of the box.
const (
	margin     = 0.06 // of the shorter side, at most
	maxMargin  = 4    // points
	wide       = 1.6  // times its height: the picture goes to the left
	leftShare  = 0.34 // of the width, for the picture at most
	aboveShare = 0.45 // of the height
)

// divide gives the picture and the text their places.
func (a *Appearance) divide(text bool) {
	w, h := a.spec.Width, a.spec.Height
	m := min(maxMargin, margin*min(w, h))
	inner := area{m, m, w - 2*m, h - 2*m}
	a.text = inner
	if a.spec.Picture == nil {
		return
	}
	a.image = inner
	if !text {
		return
	}
	ratio := float64(a.spec.Picture.Width) / float64(a.spec.Picture.Height)
	if w > wide*h {
		used := min(leftShare*inner.width, ratio*inner.height)
		a.image.width = used
		a.text.x, a.text.width = inner.x+used+m, inner.width-used-m
		return
	}
	used := min(aboveShare*inner.height, inner.width/ratio)
	a.image.y, a.image.height = inner.y+inner.height-used, used
	a.text.height = inner.height - used - m
}

// Write adds the form XObject and all it needs, and gives its number.
func (a *Appearance) Write(u *pdf.Update) pdf.Ref {
	var fonts, images pdf.Dict
	for i, e := range a.fonts {
		if e != nil {
			fonts = fonts.With(fontName(i), e.write(u))
		}
	}
	if a.spec.Picture != nil {
		images = images.With("Im0", a.spec.Picture.write(u))
	}
	var resources pdf.Dict
	if fonts != nil {
		resources = resources.With("Font", fonts)
	}
	if images != nil {
		resources = resources.With("XObject", images)
	}
	return putDeflated(u, dict("Type", pdf.Name("XObject"), "Subtype", pdf.Name("Form"), "FormType", pdf.Integer(1),
		"BBox", pdf.Array{pdf.Integer(0), pdf.Integer(0), real(a.spec.Width), real(a.spec.Height)},
		"Matrix", a.matrix(), "Resources", resources), a.content())
}

func fontName(i int) pdf.Name { return pdf.Name(fmt.Sprintf("F%d", i)) }

// matrix turns the drawing so that it is upright on a turned page: the viewer
// maps the turned box onto the rectangle of the annotation (ISO 32000-1
// §12.5.5, algorithm 8.1).
func (a *Appearance) matrix() pdf.Array {
	w, h := a.spec.Width, a.spec.Height
	m := [6]float64{1, 0, 0, 1, 0, 0}
	switch a.spec.Rotate {
	case 90:
		m = [6]float64{0, 1, -1, 0, h, 0}
	case 180:
		m = [6]float64{-1, 0, 0, -1, w, h}
	case 270:
		m = [6]float64{0, -1, 1, 0, 0, w}
	}
	var out pdf.Array
	for _, v := range m {
		out = append(out, real(v))
	}
	return out
}

// content is the drawing.
func (a *Appearance) content() []byte {
	var b bytes.Buffer
	b.WriteString("q\n")
	if a.spec.Frame {
		const line = 0.5
		fmt.Fprintf(&b, "0.4 G %v w %s %s %s %s re S\n", line, num(line), num(line), num(a.spec.Width-2*line), num(a.spec.Height-2*line))
	}
	a.drawImage(&b)
	a.drawText(&b)
	b.WriteString("Q\n")
	return b.Bytes()
}

func num(v float64) []byte { return pdf.Append(nil, real(v)) }

// drawImage fits the picture into its place without changing its shape.
func (a *Appearance) drawImage(b *bytes.Buffer) {
	p := a.spec.Picture
	if p == nil {
		return
	}
	scale := min(a.image.width/float64(p.Width), a.image.height/float64(p.Height))
	w, h := scale*float64(p.Width), scale*float64(p.Height)
	x, y := a.image.x+(a.image.width-w)/2, a.image.y+(a.image.height-h)/2
	b.WriteString("q\n")
	fmt.Fprintf(b, "%s 0 0 %s %s %s cm\n", num(w), num(h), num(x), num(y))
	for _, v := range p.turn.matrix() {
		fmt.Fprintf(b, "%v ", math.Round(v))
	}
	b.WriteString("cm\n/Im0 Do\nQ\n")
}
