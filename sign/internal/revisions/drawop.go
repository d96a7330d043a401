package revisions

import (
	"errors"
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
	errBorder    = errors.New("it draws other lines than the field's border")
	errUnseen    = errors.New("it makes text invisible or takes it out of the field")
)

// do follows one operator. What is not known is refused: images and forms (Do,
// BI), shadings, patterns, transparency (gs), transformations (cm), marked
// content with properties (BDC).
func (d *drawing) do(op pdf.Operation) error {
	switch op.Operator {
	case "q", "Q":
		return d.save(op.Operator == "q")
	case "J", "j", "M", "d", "ri", "i", "MP", "EMC":
		return nil
	case "w":
		return d.thickness(op.Operands)
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
