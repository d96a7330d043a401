package revisions

import (
	"errors"
	"slices"
	"strings"

	"eidgate/sign/internal/pdf"
)

// Why an operator is refused.
var (
	errOperator  = errors.New("it has no place in a form field")
	errOperands  = errors.New("its operands are not what it takes")
	errColour    = errors.New("it paints in a colour that the field does not have")
	errAfterText = errors.New("it paints after the text")
	errOrder     = errors.New("the text is shown in another order than it stands")
	errUnseen    = errors.New("it makes text invisible or takes it out of the field")
)

// do follows one operator. What is not known is refused: images and forms (Do,
// BI), shadings, patterns, transparency (gs), transformations (cm), marked
// content with properties (BDC).
func (d *drawing) do(op pdf.Operation) error {
	switch op.Operator {
	case "q", "Q":
		return d.save(op.Operator == "q")
	case "w", "J", "j", "M", "d", "ri", "i", "MP", "EMC":
		return nil
	case "BMC":
		if len(op.Operands) != 1 || op.Operands[0] != pdf.Name("Tx") {
			return errOperands
		}
		return nil
	case "g", "rg", "k", "G", "RG", "K":
		return d.colour(op, map[string]int{"g": 1, "rg": 3, "k": 4}[strings.ToLower(op.Operator)])
	case "cs", "CS":
		return d.chooseSpace(op)
	case "sc", "scn":
		return d.colour(op, d.fillSpace)
	case "SC", "SCN":
		return d.colour(op, d.strokeSpace)
	case "re", "m", "l", "h", "c", "v", "y", "n", "W", "W*", "f", "F", "f*", "S", "s", "B", "B*", "b", "b*":
		return d.paint(op)
	}
	return d.write(op)
}

func (d *drawing) save(push bool) error {
	switch {
	case d.inText:
		return errOperator
	case push && len(d.saved) == maxSaved, !push && len(d.saved) == 0:
		return errOperands
	case push:
		d.saved = append(d.saved, d.state)
	default:
		d.state, d.saved = d.saved[len(d.saved)-1], d.saved[:len(d.saved)-1]
	}
	return nil
}

// colour takes the components of a colour in a space that has so many.
func (d *drawing) colour(op pdf.Operation, components int) error {
	c, ok := colourOf(op.Operands)
	switch {
	case !ok || len(op.Operands) != components:
		return errOperands
	case op.Operator[0] >= 'a':
		d.fill, d.fillSpace = c, components
	default:
		d.stroke, d.strokeSpace = c, components
	}
	return nil
}

// chooseSpace takes one of the device colour spaces; each begins with black.
func (d *drawing) chooseSpace(op pdf.Operation) error {
	if len(op.Operands) != 1 {
		return errOperands
	}
	name, _ := op.Operands[0].(pdf.Name)
	components := map[pdf.Name]int{"DeviceGray": 1, "DeviceRGB": 3, "DeviceCMYK": 4}[name]
	switch {
	case components == 0:
		return errOperands
	case op.Operator == "cs":
		d.fill, d.fillSpace = nil, components
	default:
		d.stroke, d.strokeSpace = nil, components
	}
	return nil
}

// paint follows the operators of paths: backgrounds and borders in the field's
// own colours, before any text, and clips that leave room for it.
func (d *drawing) paint(op pdf.Operation) error {
	switch op.Operator {
	case "re":
		n, ok := numbers(op.Operands)
		if !ok || len(n) != 4 {
			return errOperands
		}
		x, y := n[0]+n[2], n[1]+n[3]
		d.path = append(d.path, box{min(n[0], x), min(n[1], y), max(n[0], x), max(n[1], y)})
		return nil
	case "m", "l", "h", "c", "v", "y":
		d.other = true
		return nil
	case "W", "W*":
		d.clips = true
		return nil
	}
	fills := slices.Contains([]string{"f", "F", "f*", "B", "B*", "b", "b*"}, op.Operator)
	strokes := slices.Contains([]string{"S", "s", "B", "B*", "b", "b*"}, op.Operator)
	switch {
	case (fills || strokes) && d.text.Len() > 0:
		return errAfterText
	case fills && (d.background == nil || !d.fill.same(d.background)), strokes && (d.border == nil || !d.stroke.same(d.border)):
		return errColour
	}
	return d.endPath()
}

// endPath makes a path the clip when it is to be one: a rectangle that leaves
// most of the field.
func (d *drawing) endPath() error {
	clips, path, other := d.clips, d.path, d.other
	d.clips, d.path, d.other = false, nil, false
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
