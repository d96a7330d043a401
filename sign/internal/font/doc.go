// Package font reads TrueType and OpenType fonts (ISO/IEC 14496-22) as far as
// drawing text on a PDF page needs it: which characters a font has, how wide
// they are, and a subset of their outlines to embed.
//
// The functions most people need are [Parse] and [Font.Subset]:
//
//	f, err := font.Parse(r, size, 0)          // r is an io.ReaderAt
//	glyph, ok := f.Glyph('Щ')
//	program, err := f.Subset([]uint16{0, glyph})
//
// What it guarantees: no panic and no endless loop on any input, memory bounded
// by the limits in errors.go, and only the parts of the file read that are
// needed, however large it is. A character counts as covered only when its
// glyph draws something: fonts that answer for every character with an empty or
// missing glyph cover nothing.
//
// What it does not do: hinting, kerning, and the shaping that Arabic and Indic
// scripts need, for which [Font.Layout] gives the tables to a shaping engine.
// Colour and bitmap fonts are refused, and so are fonts whose licence bits
// forbid embedding or subsetting (OS/2 fsType).
package font
