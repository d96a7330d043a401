package appearance_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"eidgate/internal/fault"
	"eidgate/internal/testtool"
	"eidgate/sign/internal/appearance"
)

const noto = "/usr/share/fonts/truetype/noto/NotoSans"

// written are names in scripts whose letters depend on their neighbours, and the
// font that draws them.
var written = []struct{ name, font, text string }{
	{"Arabic", noto + "Arabic-Regular.ttf", "محمد"},
	{"Arabic with a ligature", noto + "Arabic-Regular.ttf", "سلام الله"},
	{"Persian", noto + "Arabic-Regular.ttf", "علی\u200cرضا گلپایگانی"},
	{"Urdu with a number", noto + "Arabic-Regular.ttf", "نام 45"},
	{"Hebrew", noto + "Hebrew-Regular.ttf", "שלום"},
	{"Hindi", noto + "Devanagari-Regular.ttf", "श्री क्षत्रिय"},
	{"Bengali", noto + "Bengali-Regular.ttf", "রবীন্দ্রনাথ ঠাকুর"},
	{"Thai", noto + "Thai-Regular.ttf", "น้ำผึ้ง ชื่อ"},
	{"Tamil", noto + "Tamil-Regular.ttf", "தமிழ் செல்வி"},
	{"Khmer", noto + "Khmer-Regular.ttf", "ខ្មែរ ស្រី"},
	{"Telugu", noto + "Telugu-Regular.ttf", "శ్రీనివాస్"},
	{"Burmese", noto + "Myanmar-Regular.ttf", "မြန်မာ"},
	{"Latin with marks", noto + "-Regular.ttf", "Ẹ̀kọ́ m̂"},
}

// Text of each script comes back as it was given.
func TestScripts(t *testing.T) {
	for _, c := range written {
		t.Run(c.name, func(t *testing.T) {
			shown := show(t, appearance.Spec{Width: 300, Height: 40, Lines: []appearance.Line{{Text: c.text, Scale: 1}}, Fonts: fonts(t, "", c.font)})
			keep(t, shown)
			got := strings.Join(strings.Fields(strings.Map(direct, testtool.Run(t, testtool.Need(t, "pdftotext"), "-q", shown, "-"))), " ")
			if got != c.text {
				t.Errorf("pdftotext reads %q (%U), want %q (%U)", got, []rune(got), c.text, []rune(c.text))
			}
		})
	}
}

// direct takes out the marks of direction that pdftotext writes.
func direct(r rune) rune {
	if r >= 0x202a && r <= 0x202e || r == '\f' {
		return -1
	}
	return r
}

// Points on Arabic and Hebrew letters are read where they stand. Poppler takes
// what stands on a letter for a word of its own, so MuPDF is asked, which gives
// the row as it is drawn: from its end to its beginning.
func TestPointedScripts(t *testing.T) {
	for font, text := range map[string]string{noto + "Arabic-Regular.ttf": "مُحَمَّد", noto + "Hebrew-Regular.ttf": "שָׁלוֹם"} {
		shown := show(t, appearance.Spec{Width: 300, Height: 40, Lines: []appearance.Line{{Text: text, Scale: 1}}, Fonts: fonts(t, "", font)})
		keep(t, shown)
		out := testtool.Run(t, testtool.Need(t, "mutool"), "draw", "-q", "-F", "txt", shown)
		row := []rune(strings.TrimSpace(strings.ReplaceAll(out, "warning: ICC support is not available", "")))
		slices.Reverse(row)
		if got := norm.NFC.String(string(row)); got != norm.NFC.String(text) {
			t.Errorf("mutool reads %q (%U), want %q", got, []rune(got), text)
		}
	}
}

// One line takes the fonts of all its scripts, and a label keeps its side.
func TestMixedScripts(t *testing.T) {
	faces := fonts(t, "", "/usr/share/fonts/truetype/nanum/NanumGothic.ttf", noto+"Arabic-Regular.ttf")
	const name = "Mari-Liis Õ. 한글 محمد (Щ)"
	shown := show(t, appearance.Spec{Width: 300, Height: 60, Fonts: faces, Lines: []appearance.Line{
		{Text: name, Scale: 1}, {Label: "Reason:", Text: "محمد 12, علي!", Scale: 1},
	}})
	keep(t, shown)
	texts, _ := words(t, shown) // as they stand on the page, from left to right
	if want := "Mari-Liis Õ. 한글 دمحم (Щ) Reason: !يلع ,12 دمحم"; strings.Join(texts, " ") != want {
		t.Errorf("the page shows %q, want %q", texts, want)
	}
	if listed := testtool.Run(t, testtool.Need(t, "pdffonts"), shown); strings.Count(listed, "yes yes yes") != 3 {
		t.Errorf("the fonts are not three, embedded, subset and with characters:\n%s", listed)
	}
}

// A font with the letters of a script and none of its rules would draw it wrong.
func TestRulesAreNeeded(t *testing.T) {
	for _, c := range []struct{ text, font string }{
		{"سلام", "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf"},
		{"न", ""}, {"Щ\u0301", ""},
	} {
		_, err := appearance.New(appearance.Spec{Width: 200, Height: 60, Lines: []appearance.Line{{Text: c.text, Scale: 1}}, Fonts: fonts(t, "", c.font)})
		var missing *appearance.MissingError
		if c.text == "Щ\u0301" && c.font == "" {
			c.font = "Go Regular"
		}
		if !errors.As(err, &missing) || string(missing.Runes) != c.text || fault.HintOf(err) == "" {
			t.Errorf("%s with %s: %v", c.text, c.font, err)
		}
	}
}

// What nobody can see, and what piles up, is refused.
func TestTextsRefused(t *testing.T) {
	faces := fonts(t, "", noto+"Arabic-Regular.ttf", noto+"Khmer-Regular.ttf", noto+"-Regular.ttf")
	for name, text := range map[string]string{
		"override":           "paid \u202e001 EUR",
		"embedding":          "a\u202bb",
		"isolate":            "a\u2067b\u2069",
		"left-to-right mark": "a\u200eb",
		"Arabic letter mark": "م\u061cم",
		"joiner of Latin":    "A\u200dB",
		"joiner in front":    "\u200cم",
		"joiners":            "م\u200c\u200cم",
		"word joiner":        "a\u2060b",
		"soft hyphen":        "a\u00adb",
		"grapheme joiner":    "a\u034fb",
		"variation selector": "a\ufe0f",
		"tag":                "a\U000e0041",
		"filler":             "a\u3164b",
		"loose mark":         "\u0301a",
		"mark after a space": "a \u0301",
		"many marks":         "a" + strings.Repeat("\u0329", 7),
		"enclosing mark":     "a\u20dd",
		"endless stack":      "ក" + strings.Repeat("\u17d2ក", 100),
		"top to bottom":      "ᠮᠣᠩᠭᠣᠯ",
	} {
		_, err := appearance.New(appearance.Spec{Width: 300, Height: 300, Lines: []appearance.Line{{Text: text, Scale: 1}}, Fonts: faces})
		if fault.CodeOf(err) != "pades.visible-text" || fault.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
