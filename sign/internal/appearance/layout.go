package appearance

import (
	"slices"
	"strings"
	"unicode"

	"eidgate/sign/internal/bidi"
	"eidgate/sign/internal/font"
)

// Line is a paragraph of text. Label stands before it and sets the side where
// the paragraph begins; the text keeps a direction of its own, so that it never
// mixes with the label. Scale is its size beside that of the others, 1 for most.
// Whole keeps it on one row while that can be read well.
type Line struct {
	Label, Text string
	Scale       float64
	Whole       bool
}

// line is one with its glyphs found.
type line struct {
	chars []char
	scale float64
	whole bool
	base  bidi.Level
}

// measure cleans the lines and finds a face for each character.
func measure(lines []Line, fonts []*font.Font) ([]line, []*face, error) {
	var faces []*face
	for _, f := range fonts {
		faces = append(faces, newFace(f))
	}
	var out []line
	for _, l := range lines {
		label, err := clean(l.Label)
		if err != nil {
			return nil, nil, err
		}
		texts, err := clean(l.Text)
		if err != nil {
			return nil, nil, err
		}
		before := strings.Join(label, " ")
		for _, text := range texts {
			runes, levels, base := directed(before, text)
			before = ""
			chars, err := choose(faces, runes, levels)
			if err != nil {
				return nil, nil, err
			}
			out = append(out, line{chars, l.Scale, l.Whole, base})
		}
	}
	if runes := missing(out); runes != nil {
		return nil, nil, &MissingError{Runes: runes}
	}
	return out, faces, nil
}

// directed joins a label and a text, and finds the direction of each character.
// The text is isolated from the label, as FSI and PDI do it (UAX #9 §2.5).
func directed(label, text string) (runes []rune, levels []bidi.Level, base bidi.Level) {
	inner := []rune(text)
	own, strong := bidi.Base(inner)
	base = own
	if label != "" {
		runes = []rune(label + " ")
		if b, ok := bidi.Base(runes); ok {
			base = b
		}
	}
	if !strong {
		own = base
	}
	levels = bidi.Levels(runes, base)
	shift := bidi.Level(0)
	if own < base { // the next even level within one from right to left
		shift = 2
	}
	for _, l := range bidi.Levels(inner, own) {
		levels = append(levels, l+shift)
	}
	return append(runes, inner...), levels, base
}

// Sizes of text in points. Four points are the least that can be read on paper.
const (
	minSize  = 4
	readable = 6
	goodSize = 7.5
	maxSize  = 12
	sizeStep = 0.25
	leading  = 1.08
)

// row is a line as it is drawn; baseline counts from the top of the text.
type row struct {
	chars    []char // in the order of the text
	size     float64
	baseline float64
}

// width is how long the row is.
func (r *row) width() float64 {
	var sum float64
	for _, c := range r.chars {
		sum += c.width
	}
	return r.size * sum
}

// breaking is how far lines may be broken.
type breaking int

const (
	breakSome  breaking = iota // at spaces, those that are not whole
	breakWords                 // at spaces
	breakAll                   // anywhere
)

// fit finds the largest size at which the lines fit the box. Lines are broken
// more only when the text would otherwise be smaller than is easy to read.
func fit(lines []line, faces []*face, width, height float64) (rows []row, used float64, err error) {
	for _, try := range []struct {
		least  float64
		breaks breaking
	}{{goodSize, breakSome}, {readable, breakWords}, {minSize, breakAll}} {
		for size := float64(maxSize); size >= try.least; size -= sizeStep {
			rows, used, ok := set(lines, faces, size, width, try.breaks)
			if ok && used <= height {
				return rows, used, nil
			}
		}
	}
	return nil, 0, ErrTooSmall
}

// set breaks the lines at a size; ok is false when something is wider than the
// box.
func set(lines []line, faces []*face, size, width float64, breaks breaking) (rows []row, used float64, ok bool) {
	for i, l := range lines {
		s := size * l.scale
		broken, ok := wrap(l.chars, width/s, breaks == breakAll)
		if !ok || len(broken) > 1 && l.whole && breaks == breakSome {
			return nil, 0, false
		}
		for j, chars := range broken {
			ascent, descent := extentOf(chars, faces)
			if i > 0 || j > 0 {
				used += s * (ascent + descent) * (leading - 1)
			}
			rows = append(rows, row{chars, s, used + s*ascent})
			used += s * (ascent + descent)
		}
	}
	return rows, used, true
}

// extentOf is how far a row reaches above and below its baseline, in ems.
func extentOf(chars []char, faces []*face) (ascent, descent float64) {
	for _, c := range chars {
		f := faces[c.face].font
		ascent, descent = max(ascent, em(f, f.Ascent), c.top), max(descent, -em(f, f.Descent), -c.bottom)
	}
	return ascent, descent
}

// wrap breaks a line so that no row is wider than width ems: at spaces, between
// ideographs, and with split anywhere.
func wrap(chars []char, width float64, split bool) (rows [][]char, ok bool) {
	for len(chars) > 0 {
		n := fitting(chars, width)
		if n == 0 {
			return nil, false
		}
		end := n
		if n < len(chars) {
			if end = lastBreak(chars, n); end == 0 {
				if !split {
					return nil, false
				}
				end = n
			}
		}
		rows = append(rows, trim(chars[:end]))
		if chars = trim(chars[end:]); len(rows) > maxRows {
			return nil, false
		}
	}
	return rows, true
}

// maxRows is more than fit any page.
const maxRows = 4000

// fitting is how many characters fit.
func fitting(chars []char, width float64) int {
	var sum float64
	for i, c := range chars {
		if sum += c.width; sum > width && c.first() != ' ' {
			return i
		}
	}
	return len(chars)
}

// lastBreak is the last place up to n where a row may end; 0 when there is
// none.
func lastBreak(chars []char, n int) int {
	for i := n; i > 0; i-- {
		before, after := chars[i-1].last(), chars[i].first()
		switch {
		case before == ' ' || after == ' ':
			return i
		case before == '-' && unicode.IsLetter(after):
			return i
		case (ideograph(before) || ideograph(after)) && !closing(after) && !opening(before):
			return i
		}
	}
	return 0
}

// ideograph: scripts that are written without spaces. Korean has them.
func ideograph(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo)
}

func closing(r rune) bool {
	return unicode.In(r, unicode.Pe, unicode.Pf) || slices.Contains([]rune("、。，．：；！？,.:;!?ー々"), r)
}

func opening(r rune) bool { return unicode.In(r, unicode.Ps, unicode.Pi) }

// trim takes spaces off both ends.
func trim(chars []char) []char {
	for len(chars) > 0 && chars[0].first() == ' ' {
		chars = chars[1:]
	}
	for len(chars) > 0 && chars[len(chars)-1].first() == ' ' {
		chars = chars[:len(chars)-1]
	}
	return chars
}
