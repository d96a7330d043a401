package bidi

import (
	"golang.org/x/text/unicode/bidi"
)

// Level counts how deep a direction is within others; odd ones go from right
// to left.
type Level uint8

// RightToLeft tells the direction of a level.
func (l Level) RightToLeft() bool { return l%2 == 1 }

// Base is the level of a paragraph, that of its first letter with a direction:
// rules P2 and P3. ok is false when there is none.
func Base(text []rune) (level Level, ok bool) {
	for _, r := range text {
		if c := classOf(r); c == bidi.L || c == bidi.R || c == bidi.AL {
			if c != bidi.L {
				level = 1
			}
			return level, true
		}
	}
	return 0, false
}

func classOf(r rune) bidi.Class {
	p, _ := bidi.LookupRune(r)
	return p.Class()
}

// Levels gives the level of every character of a paragraph.
func Levels(text []rune, base Level) []Level {
	s := &sequence{text: text, base: base, edge: bidi.L, class: make([]bidi.Class, len(text))}
	if base.RightToLeft() {
		s.edge = bidi.R
	}
	for i, r := range text {
		s.class[i] = classOf(r)
	}
	s.attach()
	s.numbers()
	s.brackets()
	s.neutrals()
	levels := make([]Level, len(text))
	for i, c := range s.class { // rules I1 and I2
		switch c {
		case bidi.EN, bidi.AN:
			levels[i] = base + 2 - base%2
		case bidi.R:
			levels[i] = base | 1
		default:
			levels[i] = (base + 1) &^ 1
		}
	}
	return levels
}

// sequence is the paragraph while its classes are resolved. edge is the
// direction of what stands before and after.
type sequence struct {
	text  []rune
	class []bidi.Class
	base  Level
	edge  bidi.Class
}

// attach gives marks, joiners and their like the class of what they stand on:
// rule W1, and for BN §5.2.
func (s *sequence) attach() {
	before := s.edge
	for i, c := range s.class {
		if c == bidi.NSM || c == bidi.BN {
			s.class[i] = before
		}
		before = s.class[i]
	}
}

// numbers resolves numbers and what stands in them: rules W2 to W7.
func (s *sequence) numbers() {
	strong := s.edge
	for i, c := range s.class { // W2, W3
		switch c { //nolint:exhaustive // the rule is for these
		case bidi.L, bidi.R, bidi.AL:
			strong = c
		case bidi.EN:
			if strong == bidi.AL {
				s.class[i] = bidi.AN
			}
		}
	}
	for i, c := range s.class {
		if c == bidi.AL {
			s.class[i] = bidi.R
		}
	}
	s.separators()
	strong = s.edge
	for i, c := range s.class { // W6, W7
		switch c { //nolint:exhaustive // the rules are for these
		case bidi.L, bidi.R:
			strong = c
		case bidi.ES, bidi.ET, bidi.CS:
			s.class[i] = bidi.ON
		case bidi.EN:
			if strong == bidi.L {
				s.class[i] = bidi.L
			}
		}
	}
}

// separators joins what stands between digits or beside them: rules W4 and W5.
func (s *sequence) separators() {
	for i := 1; i+1 < len(s.class); i++ {
		before, c, after := s.class[i-1], s.class[i], s.class[i+1]
		if before == after && (before == bidi.EN && (c == bidi.ES || c == bidi.CS) || before == bidi.AN && c == bidi.CS) {
			s.class[i] = before
		}
	}
	for i := 0; i < len(s.class); i++ {
		if s.class[i] != bidi.ET {
			continue
		}
		end := i
		for end < len(s.class) && s.class[end] == bidi.ET {
			end++
		}
		if i > 0 && s.class[i-1] == bidi.EN || end < len(s.class) && s.class[end] == bidi.EN {
			s.fill(i, end, bidi.EN)
		}
		i = end - 1
	}
}

func (s *sequence) fill(from, to int, c bidi.Class) {
	for i := from; i < to; i++ {
		s.class[i] = c
	}
}

// direction is L or R for a class that has one, numbers counting as R: rules N0
// and N1.
func direction(c bidi.Class) (bidi.Class, bool) {
	switch c { //nolint:exhaustive // all others have none
	case bidi.L:
		return bidi.L, true
	case bidi.R, bidi.EN, bidi.AN:
		return bidi.R, true
	}
	return bidi.ON, false
}

// neutrals take the direction of both their sides, else that of the paragraph:
// rules N1 and N2.
func (s *sequence) neutrals() {
	before := s.edge
	for i := 0; i < len(s.class); i++ {
		if d, ok := direction(s.class[i]); ok {
			before = d
			continue
		}
		end, after := i, s.edge
		for ; end < len(s.class); end++ {
			if d, ok := direction(s.class[end]); ok {
				after = d
				break
			}
		}
		if before == after {
			s.fill(i, end, before)
		} else {
			s.fill(i, end, s.edge)
		}
		i = end - 1
	}
}
