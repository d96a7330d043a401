package revisions

import (
	"fmt"
	"math"
	"strings"

	"eidgate/sign/internal/pdf"
)

// Limits of an appearance.
const (
	maxAppearance = 64 << 10 // bytes of content
	maxOperations = 1 << 14
	maxSaved      = 16 // q inside one another
)

// draw reads the text that an appearance shows. An appearance that does more
// than show text in its field's colour, on the field's background, is refused.
func (s *step) draw(f *field, w widget, stream *pdf.Stream) (string, error) {
	area, err := frameOf(w, stream.Dict)
	if err != nil {
		return "", err
	}
	data, err := s.new.File().Data(stream, maxAppearance)
	if err != nil {
		return "", err
	}
	operations, err := pdf.Operations(data, maxOperations)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrFillAppearance, err)
	}
	d := &drawing{area: area, fonts: map[pdf.Name]*font{}, state: state{clip: area, stretch: 100, thick: 1}}
	d.background, d.border = colours(w.dict)
	d.edge = borderWidth(w.dict)
	if f.Type == "Tx" && f.flags&flagComb != 0 {
		d.cells = int(min(f.length, maxCells))
	}
	if d.ink, d.look, err = lookOf(f.look); err != nil {
		return "", err
	}
	if err := s.fontsOf(stream.Dict.Get("Resources"), d); err != nil {
		return "", err
	}
	for _, op := range operations {
		if err := d.do(op); err != nil {
			return "", fmt.Errorf("%w: operator %s: %w", ErrFillAppearance, op.Operator, err)
		}
	}
	if d.background != nil && !d.covered {
		return "", fmt.Errorf("%w: it leaves the field's background out", ErrFillAppearance)
	}
	if d.small && !d.filled {
		return "", fmt.Errorf("%w: %w", ErrFillAppearance, errUnseen)
	}
	s.long = s.long || d.long
	return d.text.String(), nil
}

// drawing follows a content stream.
type drawing struct {
	area               box
	ink                colour  // of text, from the field's DA
	background, border colour  // from the widget's MK, nil for none
	look               float64 // font size of the field's DA, 0 for any
	edge               float64 // width of the border
	cells              int     // of a comb field
	covered            bool    // the background is painted
	long               bool    // a text runs out of the field
	small, filled      bool    // some text is very small, some fills a line
	extent             float64 // of the letters of the current line
	fonts              map[pdf.Name]*font

	state
	saved  []state
	line   [4]float64 // text line matrix: scale x and y, position x and y
	inText bool
	path   []box // rectangles of the current path
	lines  []box // straight lines of it, from x0, y0 to x1, y1
	at     box   // where its last line ended, and where it began
	curved bool  // it has curves
	other  bool  // the path has something else than rectangles
	clips  bool  // the path is to be a clip
	text   strings.Builder
	// lastX and lastY are where the last piece of text began, lastWidth and
	// lastHeight the size of its font, and written how many letters it has.
	lastX, lastY, lastWidth, lastHeight float64
	written                             int
	moved                               bool    // since the last text
	kerning                             float64 // since the last letter
	pen                                 float64 // where the next letter begins
	pushed                              float64 // how far numbers moved letters to the right
}

// state is the graphics state as far as it matters.
type state struct {
	fill, stroke colour // nil is black
	// Components of their colour spaces; 0 is DeviceGray, from the start.
	fillSpace, strokeSpace int
	font                   *font
	size                   float64
	leading                float64
	letters, words         float64 // spacing between them
	stretch                float64 // of letters, in percent
	thick                  float64 // lines
	clip                   box
}

// colour in RGB; nil is black.
type colour []float64

func (c colour) same(d colour) bool {
	for i := range 3 {
		var a, b float64
		if c != nil {
			a = c[i]
		}
		if d != nil {
			b = d[i]
		}
		if math.Abs(a-b) > 0.02 {
			return false
		}
	}
	return true
}

// colourOf reads the components of DeviceGray, RGB or CMYK.
func colourOf(list []pdf.Object) (colour, bool) {
	n, ok := numbers(list)
	if !ok {
		return nil, false
	}
	switch len(n) {
	case 1:
		return colour{n[0], n[0], n[0]}, true
	case 3:
		return n, true
	case 4:
		return colour{1 - min(1, n[0]+n[3]), 1 - min(1, n[1]+n[3]), 1 - min(1, n[2]+n[3])}, true
	}
	return nil, false
}

// colours are the background and border that a widget has (table 189).
func colours(widget pdf.Dict) (background, border colour) {
	mk, _ := widget.Get("MK").(pdf.Dict)
	if a, ok := mk.Get("BG").(pdf.Array); ok {
		background, _ = colourOf(a)
	}
	if a, ok := mk.Get("BC").(pdf.Array); ok {
		border, _ = colourOf(a)
	}
	return background, border
}

// lookOf is the colour and font size that a default appearance sets
// (§12.7.3.3).
func lookOf(look pdf.Object) (ink colour, size float64, err error) {
	text, _ := look.(pdf.String)
	operations, err := pdf.Operations(text.Bytes, 32)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: the default appearance: %w", ErrFillAppearance, err)
	}
	for _, op := range operations {
		if op.Operator == "g" || op.Operator == "rg" || op.Operator == "k" {
			ink, _ = colourOf(op.Operands)
		}
		if n, ok := numbers(op.Operands[min(1, len(op.Operands)):]); ok && op.Operator == "Tf" && len(n) == 1 {
			size = n[0]
		}
	}
	return ink, size, nil
}
