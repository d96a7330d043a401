package revisions

import (
	"math"
	"slices"

	"eidgate/sign/internal/pdf"
)

const maxCells = 1000 // of a comb field

// borderWidth is that of a widget (ISO 32000-1 tables 164 and 166), 1 by
// default.
func borderWidth(widget pdf.Dict) float64 {
	var width pdf.Object
	if style, ok := widget.Get("BS").(pdf.Dict); ok {
		width = style.Get("W")
	} else if a, ok := widget.Get("Border").(pdf.Array); ok && len(a) > 2 {
		width = a[2]
	}
	if n, ok := numbers([]pdf.Object{width}); ok {
		return min(max(n[0], 0), 10)
	}
	return 1
}

func (d *drawing) thickness(operands []pdf.Object) error {
	n, ok := numbers(operands)
	if !ok || len(n) != 1 {
		return errOperands
	}
	d.thick = n[0]
	return nil
}

// paint follows the operators of paths: backgrounds and borders in the field's
// own colours, before any text, and clips that leave room for it.
func (d *drawing) paint(op pdf.Operation) error {
	switch op.Operator {
	case "re", "m", "l", "h", "c", "v", "y":
		return d.construct(op)
	case "W", "W*":
		d.clips = true
		return nil
	}
	fills := slices.Contains([]string{"f", "F", "f*", "B", "B*", "b", "b*"}, op.Operator)
	strokes := slices.Contains([]string{"S", "s", "B", "B*", "b", "b*"}, op.Operator)
	if op.Operator == "s" || op.Operator[0] == 'b' {
		d.close()
	}
	switch {
	case (fills || strokes) && d.text.Len() > 0:
		return errAfterText
	case fills && (d.background == nil || !d.fill.same(d.background)), strokes && (d.border == nil || !d.stroke.same(d.border)):
		return errColour
	case strokes && !d.isBorder():
		return errBorder
	}
	d.covered = d.covered || fills && len(d.path) == 1 && !d.other && d.covers(d.path[0]) && d.covers(d.clip)
	return d.endPath()
}

// construct follows the operators that build a path (§8.5.2).
func (d *drawing) construct(op pdf.Operation) error {
	n, ok := numbers(op.Operands)
	if want := map[string]int{"re": 4, "m": 2, "l": 2, "h": 0}[op.Operator]; !ok || len(n) != want && !slices.Contains([]string{"c", "v", "y"}, op.Operator) {
		return errOperands
	}
	switch op.Operator {
	case "re":
		x, y := n[0]+n[2], n[1]+n[3]
		d.path = append(d.path, box{min(n[0], x), min(n[1], y), max(n[0], x), max(n[1], y)})
		d.lines = append(d.lines, box{n[0], n[1], x, n[1]}, box{x, n[1], x, y}, box{x, y, n[0], y}, box{n[0], y, n[0], n[1]})
		d.at = box{n[0], n[1], n[0], n[1]}
		return nil
	case "m":
		d.at = box{n[0], n[1], n[0], n[1]}
	case "l":
		d.lines = append(d.lines, box{d.at.x0, d.at.y0, n[0], n[1]})
		d.at.x0, d.at.y0 = n[0], n[1]
	case "h":
		d.close()
	default:
		d.curved = true
	}
	d.other = true
	return nil
}

// close draws the line back to where a path began.
func (d *drawing) close() {
	d.lines = append(d.lines, box{d.at.x0, d.at.y0, d.at.x1, d.at.y1})
	d.at.x0, d.at.y0 = d.at.x1, d.at.y1
}

// covers tells whether a rectangle leaves no more than a border's width.
func (d *drawing) covers(b box) bool {
	m := d.margin()
	return b.x0 <= d.area.x0+m && b.y0 <= d.area.y0+m && b.x1 >= d.area.x1-m && b.y1 >= d.area.y1-m
}

// margin is how far from its edge the border of a field may be.
func (d *drawing) margin() float64 { return 2*d.edge + 1 }

// isBorder tells whether lines are no more than a border, as thin as the field
// says and each along a whole edge, or between the cells of a comb field. What
// else they would draw could be a figure.
func (d *drawing) isBorder() bool {
	if d.curved || d.thick > d.edge+0.5 {
		return false
	}
	left, right := false, false
	for _, l := range d.lines {
		switch m := d.margin(); {
		case l.x0 == l.x1 && l.y0 == l.y1:
		case !d.alongEdge(l, m) && !d.betweenCells(l, m):
			return false
		default:
			left = left || max(l.x0, l.x1) <= d.area.x0+m
			right = right || min(l.x0, l.x1) >= d.area.x1-m
		}
	}
	return left == right // one alone looks like a figure, too
}

func (d *drawing) alongEdge(l box, m float64) bool {
	near := func(a, b, edge float64) bool { return math.Abs(a-edge) <= m && math.Abs(b-edge) <= m }
	wide := math.Abs(l.x1-l.x0) >= d.area.width()-2*m
	high := math.Abs(l.y1-l.y0) >= d.area.height()-2*m
	return high && (near(l.x0, l.x1, d.area.x0) || near(l.x0, l.x1, d.area.x1)) ||
		wide && (near(l.y0, l.y1, d.area.y0) || near(l.y0, l.y1, d.area.y1))
}

func (d *drawing) betweenCells(l box, m float64) bool {
	if d.cells < 2 || l.x0 != l.x1 || math.Abs(l.y1-l.y0) < d.area.height()-2*m {
		return false
	}
	cell := (l.x0 - d.area.x0) * float64(d.cells) / d.area.width()
	return math.Abs(cell-math.Round(cell))*d.area.width()/float64(d.cells) <= 1
}

// endPath makes a path the clip when it is to be one: a rectangle that leaves
// most of the field.
func (d *drawing) endPath() error {
	clips, path, other := d.clips, d.path, d.other
	d.clips, d.path, d.lines, d.curved, d.other = false, nil, nil, false, false
	if !clips {
		return nil
	}
	if len(path) != 1 || other {
		return errUnseen
	}
	clip := path[0]
	d.clip = box{max(d.clip.x0, clip.x0), max(d.clip.y0, clip.y0), min(d.clip.x1, clip.x1), min(d.clip.y1, clip.y1)}
	if d.clip.width() < d.area.width()/2 || d.clip.height() < d.area.height()/4 {
		return errUnseen
	}
	return nil
}
