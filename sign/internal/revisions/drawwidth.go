package revisions

import (
	"strings"

	"eidgate/sign/internal/pdf"
)

// helvetica are the widths of the codes from 32 to 126 in Helvetica's metrics,
// in thousandths of the font size.
const helvetica = "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 " +
	"556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556 " +
	"1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 " +
	"333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584"

// measure reads how wide the letters are: as the font says, or as the standard
// fonts are.
func (f *font) measure(v *pdf.View, d pdf.Dict) error {
	f.name = d.Name("BaseFont")
	list, err := v.Array(d.Get("Widths"))
	if err != nil {
		return err
	}
	first, _ := d.Int("FirstChar")
	if n, ok := numbers(list); ok && len(n) > 0 && first >= 0 && first <= 255 {
		f.first, f.widths = int(first), n
		return nil
	}
	f.first = ' '
	for _, text := range strings.Fields(helvetica) {
		width := pdf.Real(text).Float()
		switch family, _, _ := strings.Cut(string(f.name), "-"); family {
		case "Helvetica":
		case "Courier":
			width = 600
		default: // about as wide as Times
			width *= 0.85
		}
		f.widths = append(f.widths, width)
	}
	return nil
}

// width of a code in parts of the font size.
func (f *font) width(c byte) float64 {
	if i := int(c) - f.first; i >= 0 && i < len(f.widths) {
		return f.widths[i] / 1000
	}
	return 0.5
}

// run follows the pen along the letters of a text and wants all of them inside
// the field.
func (d *drawing) run(text []byte) error {
	scale := d.line[0] * d.stretch / 100
	for _, c := range text {
		width := d.font.width(c) * d.size * scale
		d.extent += width
		d.filled = d.filled || d.extent >= 0.7*d.area.width()
		if c != ' ' && d.pen+0.9*width > d.clip.x1+1 {
			if !d.natural() {
				return errUnseen
			}
			d.long = true
		}
		d.pen += width + d.letters*scale
		if c == ' ' {
			d.pen += d.words * scale
		}
	}
	return nil
}

// natural tells whether a text that runs out of the field does so because it is
// long: it begins on the left, and is as large and as close as it has to be.
// Programs write it so when somebody types more than fits.
func (d *drawing) natural() bool {
	const auto = 12 // what programs take when the field leaves it to them
	most := d.look
	if most == 0 {
		most = auto
	}
	size := max(d.size*d.line[1], d.size*d.line[0]*d.stretch/100)
	return d.lastX <= d.clip.x0+max(8, d.area.width()/10) && size <= most+0.5 && d.letters <= 0.5 && d.words <= 0.5 && d.pushed <= d.size
}
