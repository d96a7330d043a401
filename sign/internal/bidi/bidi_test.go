package bidi_test

import (
	"math/rand/v2"
	"testing"

	xbidi "golang.org/x/text/unicode/bidi"

	"eidgate/sign/internal/bidi"
)

// seen writes a text as it is seen from left to right.
func seen(text string) string {
	runes := []rune(text)
	base, _ := bidi.Base(runes)
	var out []rune
	for _, i := range bidi.Order(bidi.Levels(runes, base)) {
		out = append(out, runes[i])
	}
	return string(out)
}

// Letters, numbers and brackets of both directions in one line; the right
// column is written as a screen shows it (א is drawn first from the right).
func TestOrder(t *testing.T) {
	for text, want := range map[string]string{
		"":             "",
		"abc":          "abc",
		"אבג":          "גבא",
		"abc אבג def":  "abc גבא def",
		"אבג abc דהו":  "והד abc גבא",
		"אבג 123 דהו":  "והד 123 גבא",
		"abc אבג 123":  "abc 123 גבא",
		"abc (אבג)":    "abc (גבא)",
		"(אבג) abc":    "abc )גבא(", // HarfBuzz mirrors brackets
		"a אב-12,5% ג": "a ג 12,5%-בא",
		"محمد 12-5":    "5-12 دمحم",
		"a b\u0300 א":  "a b\u0300 א",
	} {
		if got := seen(text); got != want {
			t.Errorf("%q is seen as %q, want %q", text, got, want)
		}
	}
}

// Brackets take the direction of what they hold, or of what stands before: the
// levels are those that fribidi 1.0 gives.
func TestBrackets(t *testing.T) {
	for text, want := range map[string]string{
		"Z(ב)%!٠": "0010002", "Z(ב)א": "00101", "Zא(ב)!": "011110", "Z[א(ב])": "0011100", "Zא(b)": "01000", "Zא (1) ב": "01112111",
	} {
		var got []byte
		for _, l := range bidi.Levels([]rune(text), 0) {
			got = append(got, '0'+byte(l))
		}
		if string(got) != want {
			t.Errorf("%q has levels %s, want %s", text, got, want)
		}
	}
}

// The direction of every character is the one that another implementation of
// the algorithm finds, for random text of every class but brackets: rule N0 is
// wrong there after a bracket that never opened (x/text v0.43.0).
func TestDirectionsAgainstOther(t *testing.T) {
	alphabet := []rune("aZä1 29-+,.:/#$%<>!?\u0300\u05d0\u05d1\u05e9\u05c1\u0627\u0645\u064f\u0660\u0661\u060c\u066a€«»")
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		text := make([]rune, 1+random.IntN(24))
		for i := range text {
			text[i] = alphabet[random.IntN(len(alphabet))]
		}
		base, _ := bidi.Base(text)
		levels := bidi.Levels(text, base)
		want := directions(t, string(text))
		for i, l := range levels {
			if l.RightToLeft() != (want[i] == xbidi.RightToLeft) {
				t.Fatalf("%q (%U): level %d of %d, directions %v", string(text), text, l, i, want)
			}
			if l < base || l > base+2 {
				t.Fatalf("%q: level %d above %d", string(text), l, base)
			}
		}
	}
}

func directions(t *testing.T, text string) []xbidi.Direction {
	t.Helper()
	var p xbidi.Paragraph
	if _, err := p.SetString(text); err != nil {
		t.Fatal(err)
	}
	o, err := p.Order()
	if err != nil {
		t.Fatal(err)
	}
	var out []xbidi.Direction
	for i := range o.NumRuns() {
		run := o.Run(i)
		for range []rune(run.String()) {
			out = append(out, run.Direction())
		}
	}
	return out
}

// An order has every place once.
func FuzzOrder(f *testing.F) {
	f.Add("abc (אבג) 12")
	f.Fuzz(func(t *testing.T, text string) {
		runes := []rune(text)
		base, _ := bidi.Base(runes)
		seen := make([]bool, len(runes))
		for _, i := range bidi.Order(bidi.Levels(runes, base)) {
			if seen[i] {
				t.Fatalf("%q: %d twice", text, i)
			}
			seen[i] = true
		}
	})
}
