// Package shape finds the glyphs of text whose letters change with their
// neighbours, and where they stand: joined Arabic, pointed Hebrew, the conjuncts
// of Indic scripts, the stacked marks of Thai or Khmer, letters with a mark that
// Unicode has no character for.
//
//	if shape.Needed(r) { ... }
//	f, err := shape.New(font)                     // once a font is needed
//	clusters, err := f.Shape(text, from, to, rtl) // one script, one direction
//
// The rules are those of OpenType as HarfBuzz knows them
// (github.com/go-text/typesetting). What this package adds is the judgement
// whether a font knows a script at all ([Draws]): a font may have all letters of
// Devanagari and none of its rules, and what it drew would be wrong.
//
// What it guarantees: no panic on a damaged font, which is an error; no glyph
// for what is missing; a cluster for every piece of the text, none of more than
// 64 characters.
//
// What it does not do: choosing fonts, ordering pieces of both directions,
// writing from top to bottom, colour, the falling words of Nastaliq, whose fonts
// count as not knowing Arabic.
package shape
