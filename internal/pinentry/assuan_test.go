package pinentry

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// FuzzAnswer feeds what a server might say. Nothing may hang or panic, and a
// PIN comes only with an OK at the end.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		"OK\n", "D 1234\nOK\n", "S x\n# c\nD 1%2534\nOK done\n", "ERR 83886179 x\n", "D 1\nD 2\nOK\n",
		"INQUIRE x\n", "D %", "D %0a\nOK\n", strings.Repeat("x", 2000), strings.Repeat("S\n", 100), "D \r\nOK\r\n",
	} {
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, said string, secret bool) {
		c := &conn{r: strings.NewReader(said), w: io.Discard}
		code, err := c.answer(secret)
		defer code.Wipe()
		if err != nil && code != nil {
			t.Error("a PIN and an error")
		}
		if code != nil && (!secret || !strings.Contains(said, "OK")) {
			t.Error("a PIN nobody asked for, or without an OK")
		}
		if code != nil && bytes.ContainsAny(code.Bytes(), "\r\n\x00") {
			t.Errorf("control characters in the PIN")
		}
	})
}

func TestEscape(t *testing.T) {
	got := escape("1 % of\r\nÕ\x1b[2J\x00")
	if want := "1 %25 of%0AÕ[2J"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"Reader 00 00":               "Reader 00 00",
		"a\x1b[2J\u202eb\u200bc\x00": "a�[2J�b�c�",
		"<b>x</b>":                   "�b�x�/b�",
		"two\nlines\tx":              "two lines x",
		strings.Repeat("õ", 40):      strings.Repeat("õ", 18) + "…",
		strings.Repeat("õ", 20):      strings.Repeat("õ", 20),
		"\u0301x":                    "�x",
		string([]byte{0xff, 'a'}):    "�a",
	} {
		if got := Visible(in, 40); got != want || len(got) > 40 {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
