package revisions

import (
	"eidgate/sign/internal/pdf"
)

// write follows the operators of text.
func (d *drawing) write(op pdf.Operation) error {
	n, numeric := numbers(op.Operands)
	switch op.Operator {
	case "BT":
		d.inText, d.moved, d.line = true, true, [4]float64{1, 1, 0, 0}
		return d.endPath() // some writers forget the n after W
	case "ET":
		d.inText = false
		return nil
	case "Tf":
		return d.choose(op.Operands)
	case "Tj", "TJ", "'", "\"":
		return d.show(op)
	case "T*":
		return d.move(0, -d.leading)
	}
	switch {
	case !numeric:
		return errOperands
	case len(n) == 1:
		return d.spacing(op.Operator, n[0])
	case len(n) == 2 && (op.Operator == "Td" || op.Operator == "TD"):
		if op.Operator == "TD" {
			d.leading = -n[1]
		}
		return d.move(n[0], n[1])
	case len(n) == 6 && op.Operator == "Tm":
		if n[0] <= 0 || n[3] <= 0 || n[1] != 0 || n[2] != 0 {
			return errUnseen
		}
		d.line, d.moved = [4]float64{n[0], n[3], n[4], n[5]}, true
		return nil
	}
	return errOperator
}

// spacing takes what lays out text, as long as it stays in the field.
func (d *drawing) spacing(operator string, n float64) error {
	limits := map[string][2]float64{
		"Tc": {-0.2, d.area.width()}, "Tw": {-0.2, d.area.width()}, "Tz": {75, 200},
		"Ts": {-2, 2}, "Tr": {0, 0}, "TL": {-1e4, 1e4},
	}
	limit, known := limits[operator]
	switch {
	case !known:
		return errOperator
	case n < limit[0] || n > limit[1]:
		return errUnseen
	}
	switch operator {
	case "TL":
		d.leading = n
	case "Tc":
		d.letters = n
	case "Tw":
		d.words = n
	case "Tz":
		d.stretch = n
	}
	return nil
}

func (d *drawing) choose(operands []pdf.Object) error {
	if len(operands) != 2 {
		return errOperands
	}
	name, isName := operands[0].(pdf.Name)
	n, ok := numbers(operands[1:])
	if !isName || !ok || d.fonts[name] == nil {
		return errOperands
	}
	d.font, d.size = d.fonts[name], n[0]
	return nil
}

func (d *drawing) move(x, y float64) error {
	d.moved, d.kerning = true, 0
	d.line[2] += x * d.line[0]
	d.line[3] += y * d.line[1]
	return nil
}

// show reads a text that is painted, where it can be seen and in the order in
// which it is read: from left to right and from top to bottom.
func (d *drawing) show(op pdf.Operation) error {
	if op.Operator == "'" {
		_ = d.move(0, -d.leading)
	}
	items := op.Operands
	switch {
	case op.Operator == "\"" || len(items) != 1: // " sets spacing, too
		return errOperands
	case op.Operator == "TJ":
		list, ok := items[0].(pdf.Array)
		if !ok {
			return errOperands
		}
		items = list
	}
	for _, item := range items {
		s, ok := item.(pdf.String)
		if !ok && (op.Operator != "TJ" || !d.kern(item)) {
			return errOperands
		}
		if len(s.Bytes) == 0 {
			continue
		}
		if err := d.checkPlace(); err != nil {
			return err
		}
		if err := d.run(s.Bytes); err != nil {
			return err
		}
		text, err := d.font.decode(s.Bytes)
		if err != nil {
			return err
		}
		d.text.WriteString(text)
		d.written += len([]rune(text))
		d.kerning = 0
	}
	return nil
}

// kern takes a number between texts. All between two letters move the second a
// little, not so far that letters change places: the narrowest is 0.22 of the
// font size.
func (d *drawing) kern(item pdf.Object) bool {
	n, ok := numbers([]pdf.Object{item})
	if !ok {
		return false
	}
	d.kerning += n[0]
	d.pen -= n[0] / 1000 * d.size * d.line[0] * d.stretch / 100
	d.pushed += max(0, -n[0]) / 1000 * d.size
	return n[0] >= -4000 && d.kerning <= 200
}

// checkPlace wants text that can be seen, behind or below all text before it.
func (d *drawing) checkPlace() error {
	width, height := d.size*d.line[0], d.size*d.line[1]
	x, y := d.line[2], d.line[3]
	switch {
	case !d.inText || d.font == nil:
		return errOperator
	case x < d.clip.x0-1 || x >= d.clip.x1 || y < d.clip.y0-max(1, 0.12*height) || y+0.6*height > d.clip.y1+1:
		return errUnseen // letters are two thirds of their size high
	case height < 2 || height < d.smallest() && d.look != 0 || width < height/2:
		return errUnseen
	case !d.fill.same(d.ink):
		return errColour
	}
	if !d.moved {
		return nil // it goes on where the one before ended
	}
	if d.text.Len() > 0 && !d.follows(x, y, height) {
		return errOrder
	}
	if d.text.Len() > 0 {
		d.text.WriteRune(movedMark)
	}
	d.pen, d.pushed, d.extent = x, 0, 0
	d.small = d.small || height < d.smallest()
	d.lastX, d.lastY, d.lastWidth, d.lastHeight, d.written, d.moved = x, y, width, height, 0, false
	return nil
}

// smallest is the smallest size of text that can be read: smaller it is only
// when the field says so, or leaves the size open and the text is so long.
func (d *drawing) smallest() float64 {
	const least = 3.9
	if d.look > 0 {
		return min(least, d.look)
	}
	return least
}

// follows tells whether a text that was moved to a place is on a line below the
// one before. On the same line it may follow a single letter, as in fields with
// a cell for each: how far more letters run is not known.
func (d *drawing) follows(x, y, height float64) bool {
	if y == d.lastY {
		return d.written <= 1 && x >= d.lastX+0.2*d.lastWidth
	}
	return y <= d.lastY-0.8*max(height, d.lastHeight)
}
