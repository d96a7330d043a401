//go:build interop

package shape_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"eidgate/internal/testtool"
	"eidgate/sign/internal/shape"
)

// Every glyph stands where HarfBuzz in C puts it.
func TestInteropHarfBuzz(t *testing.T) {
	tool := testtool.Need(t, "hb-shape")
	for name, text := range map[string]string{
		"Arabic": "سلام مُحَمَّد عبدالرحمن علی\u200cرضا خدیجہ ٱلرَّحْمٰنِ", "Hebrew": "שָׁלוֹם בְּרֵאשִׁית", "Devanagari": "श्री क्षत्रिय विद्यार्थी राष्ट्र",
		"Bengali": "কৃষ্ণ রবীন্দ্রনাথ বিদ্যুৎ", "Gurmukhi": "ਸਿੰਘ", "Gujarati": "ગુજરાતી", "Tamil": "தமிழ் ஸ்ரீ கௌரி", "Telugu": "తెలుగు శ్రీనివాస్",
		"Kannada": "ಕನ್ನಡ ಶ್ರೀ", "Malayalam": "മലയാളം ക്രിസ്ത്യാനി", "Sinhala": "ශ්\u200dරී ලංකාව", "Thai": "น้ำผึ้ง", "Lao": "ພາສາລາວ",
		"Myanmar": "မြန်မာ ကျွန်ုပ်", "Khmer": "ខ្មែរ ស្រី",
	} {
		path := noto + name + "-Regular.ttf"
		s, err := shape.New(parse(t, installed(t, path)))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range strings.Fields(text) {
			rightToLeft := name == "Arabic" || name == "Hebrew"
			runes := []rune(word)
			clusters, err := s.Shape(runes, 0, len(runes), rightToLeft)
			if err != nil {
				t.Fatal(err)
			}
			if rightToLeft {
				slices.Reverse(clusters)
			}
			var got []string
			x := 0
			for _, c := range clusters {
				for _, g := range c.Glyphs {
					got = append(got, fmt.Sprintf("%d@%d,%d", g.ID, x+g.X, g.Y))
				}
				x += c.Advance
			}
			if want := shapedByTool(t, tool, path, word, rightToLeft); !slices.Equal(got, want) {
				t.Errorf("%s %s: %v, HarfBuzz has %v", name, word, got, want)
			}
		}
	}
}

func shapedByTool(t *testing.T, tool, path, word string, rightToLeft bool) []string {
	t.Helper()
	direction := "ltr"
	if rightToLeft {
		direction = "rtl"
	}
	out := testtool.Run(t, tool, "--no-glyph-names", "--output-format=json", "--language=und", "--remove-default-ignorables", "--direction="+direction, path, word)
	var glyphs []struct{ G, Dx, Dy, Ax int }
	if err := json.Unmarshal([]byte(out), &glyphs); err != nil {
		t.Fatal(err)
	}
	var all []string
	x := 0
	for _, g := range glyphs {
		all = append(all, fmt.Sprintf("%d@%d,%d", g.G, x+g.Dx, g.Dy))
		x += g.Ax
	}
	return all
}
