package bidi

import (
	"cmp"
	"slices"

	"golang.org/x/text/unicode/bidi"
)

// pair is where a bracket opens and closes.
type pair struct{ open, closed int }

// maxOpen is how many brackets may be open: BD16.
const maxOpen = 63

// pairs finds the pairs of brackets, in the order in which they open: BD16.
func (s *sequence) pairs() []pair {
	type opening struct {
		at    int
		close rune
	}
	var open []opening
	var found []pair
	for i, r := range s.text {
		p, _ := bidi.LookupRune(r)
		if !p.IsBracket() || s.class[i] != bidi.ON {
			continue
		}
		if p.IsOpeningBracket() {
			if len(open) == maxOpen {
				return nil
			}
			open = append(open, opening{i, canonical(other(r))})
			continue
		}
		for j := len(open) - 1; j >= 0; j-- {
			if open[j].close == canonical(r) {
				found = append(found, pair{open[j].at, i})
				open = open[:j]
				break
			}
		}
	}
	slices.SortFunc(found, func(a, b pair) int { return cmp.Compare(a.open, b.open) })
	return found
}

// other is the bracket that faces this one.
func other(r rune) rune { return []rune(bidi.ReverseString(string(r)))[0] }

// canonical takes the two angle brackets with canonical equivalents for them.
func canonical(r rune) rune {
	switch r {
	case 0x2329:
		return 0x3008
	case 0x232a:
		return 0x3009
	}
	return r
}

// brackets gives both of a pair one direction: rule N0.
func (s *sequence) brackets() {
	for _, p := range s.pairs() {
		c, ok := s.inside(p)
		if !ok {
			continue
		}
		for _, at := range []int{p.open, p.closed} {
			s.class[at] = c
			// Marks on a bracket go with it.
			for i := at + 1; i < len(s.class) && isMark(s.text[i]); i++ {
				s.class[i] = c
			}
		}
	}
}

func isMark(r rune) bool { c := classOf(r); return c == bidi.NSM || c == bidi.BN }

// inside is the direction that a pair takes from what it holds: that of the
// paragraph where it holds such, else the other one if it stands there already.
func (s *sequence) inside(p pair) (bidi.Class, bool) {
	opposite := false
	for _, c := range s.class[p.open+1 : p.closed] {
		switch d, ok := direction(c); {
		case ok && d == s.edge:
			return s.edge, true
		case ok:
			opposite = true
		}
	}
	if !opposite {
		return bidi.ON, false
	}
	for i := p.open - 1; i >= 0; i-- {
		if d, ok := direction(s.class[i]); ok {
			return d, true
		}
	}
	return s.edge, true
}
