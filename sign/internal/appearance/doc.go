// Package appearance draws what a visible signature shows: a form XObject (ISO
// 32000-1 §12.5.5) with lines of text in any left-to-right script that needs no
// shaping, and an optional picture.
//
// [New] does everything that can fail, [Appearance.Write] adds the objects to
// an update:
//
//	a, err := appearance.New(appearance.Spec{Width: 200, Height: 60, Lines: lines, Fonts: fonts})
//	ref := a.Write(u)
//
// What it guarantees: no text leaves the box, which is found by choosing the
// size and breaking the lines before anything is written; every character is
// drawn from an embedded subset of a font that has it, or [New] refuses; a
// program that extracts the text gets the characters that were given, each with
// a code of its own even where a font draws two alike.
//
// What it does not do: writing from right to left, and scripts whose letters
// change shape with their neighbours. Such text is refused with
// "pades.visible-text", never drawn wrong.
package appearance
