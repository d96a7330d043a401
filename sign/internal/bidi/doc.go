// Package bidi finds the order in which the characters of a line are seen: the
// Unicode bidirectional algorithm (UAX #9) for text without explicit
// directional formatting, which a visible signature refuses.
//
//	base, _ := bidi.Base(text)            // rules P2 and P3
//	levels := bidi.Levels(text, base)     // rules W1 to I2
//	order := bidi.Order(levels)           // rule L2, for one row
//
// What it guarantees: every character has a level, of its base or at most two
// above, in time that grows with the text alone.
//
// What it does not do: LRE, RLO, LRI and their like (rules X1 to X8). They count
// as neutral here and the caller must not pass them on. The classes of
// characters are those of golang.org/x/text/unicode/bidi, whose own ordering
// loses the levels of numbers in text from right to left.
package bidi
