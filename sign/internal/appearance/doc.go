// Package appearance draws what a visible signature shows: a form XObject (ISO
// 32000-1 §12.5.5) with lines of text in any script that is written in rows, from
// either side, and an optional picture.
//
// [New] does everything that can fail, [Appearance.Write] adds the objects to
// an update:
//
//	a, err := appearance.New(appearance.Spec{Width: 200, Height: 60, Lines: lines, Fonts: fonts})
//	ref := a.Write(u)
//
// What it guarantees: no text leaves the box, which is found by choosing the
// size and breaking the lines before anything is written; every character is
// drawn from an embedded subset of a font that has it and knows its script, or
// [New] refuses; nothing that cannot be seen is in the text, so that no character
// turns others around; a line never mixes with its label or with another line; a
// program that extracts the text gets the characters that were given, each with
// a code of its own even where a font draws two alike, and /ActualText where
// several glyphs mean something together.
//
// What it does not do: writing from top to bottom, colour fonts, hyphenation.
// Such text is refused with "pades.visible-text" or "pades.font-missing", never
// drawn wrong. Poppler reads the points on Hebrew and Arabic letters as words of
// their own.
package appearance
