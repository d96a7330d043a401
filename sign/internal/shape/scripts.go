package shape

import (
	"strings"
	"unicode"

	"eidgate/sign/internal/font"
)

// script is a writing system that goes in rows.
type script struct {
	table *unicode.RangeTable
	// tags are those of OpenType, the newest rules first.
	tags []string
	// ruled says that its letters are wrong without the font's rules; the marks
	// of every script are.
	ruled bool
}

// scripts are those that need a shaping engine.
var scripts = []script{
	{unicode.Arabic, []string{"arab"}, true},
	{unicode.Hebrew, []string{"hebr", "DFLT"}, false},
	{unicode.Syriac, []string{"syrc"}, true},
	{unicode.Thaana, []string{"thaa", "DFLT"}, false},
	{unicode.Nko, []string{"nko "}, true},
	{unicode.Adlam, []string{"adlm"}, true},
	{unicode.Hanifi_Rohingya, []string{"rohg"}, true},
	{unicode.Devanagari, []string{"dev3", "dev2", "deva"}, true},
	{unicode.Bengali, []string{"bng3", "bng2", "beng"}, true},
	{unicode.Gurmukhi, []string{"gur3", "gur2", "guru"}, true},
	{unicode.Gujarati, []string{"gjr3", "gjr2", "gujr"}, true},
	{unicode.Oriya, []string{"ory3", "ory2", "orya"}, true},
	{unicode.Tamil, []string{"tml3", "tml2", "taml"}, true},
	{unicode.Telugu, []string{"tel3", "tel2", "telu"}, true},
	{unicode.Kannada, []string{"knd3", "knd2", "knda"}, true},
	{unicode.Malayalam, []string{"mlm3", "mlm2", "mlym"}, true},
	{unicode.Sinhala, []string{"sinh"}, true},
	{unicode.Thai, []string{"thai", "DFLT"}, false},
	{unicode.Lao, []string{"lao ", "DFLT"}, false},
	{unicode.Tibetan, []string{"tibt"}, true},
	{unicode.Myanmar, []string{"mym2", "mymr"}, true},
	{unicode.Khmer, []string{"khmr"}, true},
	{unicode.Javanese, []string{"java"}, true},
	{unicode.Balinese, []string{"bali"}, true},
	{unicode.Sundanese, []string{"sund"}, true},
	{unicode.Cham, []string{"cham"}, true},
	{unicode.Tai_Tham, []string{"lana"}, true},
	{unicode.Meetei_Mayek, []string{"mtei"}, true},
	{unicode.Chakma, []string{"cakm"}, true},
	{unicode.Limbu, []string{"limb"}, true},
	{unicode.Lepcha, []string{"lepc"}, true},
	{unicode.Buginese, []string{"bugi"}, true},
	{unicode.Tifinagh, []string{"tfng", "DFLT"}, false},
	{unicode.Coptic, []string{"copt", "DFLT"}, false},
}

// common are marks of no script of their own: they stand on letters of Latin,
// Greek and Cyrillic.
var common = script{unicode.Inherited, []string{"latn", "cyrl", "grek", "DFLT"}, false}

// scriptOf is the script of a character that needs shaping; nil when it has
// none.
func scriptOf(r rune) *script {
	if r < 0x0300 {
		return nil
	}
	for i := range scripts {
		if unicode.Is(scripts[i].table, r) {
			return &scripts[i]
		}
	}
	if unicode.IsMark(r) {
		return &common
	}
	return nil
}

// Needed tells whether a character must be shaped, and can be: it is of a script
// that needs it, a mark on a letter of another, or a joiner.
func Needed(r rune) bool { return scriptOf(r) != nil || Joiner(r) }

// Same tells whether two characters can be shaped together: they are of one
// script, or one of them is of none, such as a digit or a mark.
func Same(a, b rune) bool {
	return Neutral(a) || Neutral(b) || scriptOf(a) == scriptOf(b)
}

// Neutral tells a character that goes with any script.
func Neutral(r rune) bool { return Joiner(r) || unicode.In(r, unicode.Common, unicode.Inherited) }

// Joiner tells ZWNJ and ZWJ, with which Persian and Indic scripts say how
// letters join.
func Joiner(r rune) bool { return r == 0x200c || r == 0x200d }

// Draws tells whether a font can draw a character right: it has the character
// and, where that is not enough, rules for its script.
func Draws(f *font.Font, r rune) bool {
	if Joiner(r) {
		return true // the engine drops what the font lacks
	}
	s := scriptOf(r)
	if s == nil {
		_, ok := f.Glyph(r)
		return ok
	}
	placed := unicode.Is(unicode.Mn, r)
	if !s.ruled && !placed {
		_, ok := f.Glyph(r)
		return ok
	}
	if s.table == unicode.Arabic && cascading(f) {
		return false
	}
	return f.Has(r) && f.Knows(placed && !s.ruled, s.tags...)
}

// cascading tells Nastaliq fonts, in which every word falls to the left. The
// engine (v0.3.4) leaves out links of that chain and draws letters too low;
// fonts of other styles it draws as HarfBuzz in C does.
func cascading(f *font.Font) bool { return strings.Contains(strings.ToLower(f.Name), "nastal") }
