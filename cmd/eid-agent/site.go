package main

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// letters gives an origin with its international labels (xn--, RFC 5890) in
// letters, or nothing when it has none. mixed says that a label mixes writing
// systems, or is not what a registry would register: it is then not shown in
// letters, because it is made to be misread.
func letters(origin string) (shown string, mixed bool) {
	scheme, host, _ := strings.Cut(origin, "://")
	labels := strings.Split(host, ".")
	international := false
	for i, label := range labels {
		encoded, ok := strings.CutPrefix(label, "xn--")
		if !ok {
			continue
		}
		port := ""
		if c := strings.IndexByte(encoded, ':'); c >= 0 {
			encoded, port = encoded[:c], encoded[c:]
		}
		decoded, ok := decodePunycode(encoded)
		if !ok || !oneScript(decoded) {
			return "", true
		}
		labels[i] = decoded + port
		international = true
	}
	if !international {
		return "", false
	}
	return scheme + "://" + strings.Join(labels, "."), false
}

// oneScript tells whether a label has letters of one writing system, with
// digits and hyphens. Japanese and Korean are written with several.
func oneScript(label string) bool {
	scripts := make(map[string]bool)
	for _, r := range label {
		switch {
		case r == '-' || unicode.IsDigit(r) && r < 0x80 || unicode.Is(unicode.Mn, r):
		case unicode.IsLower(r), unicode.Is(unicode.Lo, r), unicode.Is(unicode.Lm, r):
			scripts[scriptOf(r)] = true
		default:
			return false
		}
	}
	for _, together := range [][]string{{"Han", "Hiragana", "Katakana", "Common"}, {"Han", "Hangul"}} {
		n := 0
		for _, s := range together {
			if scripts[s] {
				n++
			}
		}
		if n == len(scripts) {
			return true
		}
	}
	return len(scripts) == 1 && !scripts["Common"]
}

func scriptOf(r rune) string {
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return "Common"
}

// Parameters of Punycode, RFC 3492 section 5.
const (
	punyBase        = 36
	punyTMin        = 1
	punyTMax        = 26
	punySkew        = 38
	punyDamp        = 700
	punyInitialBias = 72
	punyInitialN    = 128
)

// decodePunycode decodes a label without its xn--, RFC 3492 section 6.2. A
// label that holds nothing but ASCII is refused: nobody may register it.
func decodePunycode(s string) (string, bool) {
	var out []rune
	if d := strings.LastIndexByte(s, '-'); d >= 0 {
		out, s = []rune(s[:d]), s[d+1:]
	}
	if s == "" {
		return "", false
	}
	n, i, bias := punyInitialN, 0, punyInitialBias
	for s != "" {
		delta, rest, ok := punyNumber(s, bias)
		if !ok {
			return "", false
		}
		s = rest
		i += delta
		bias = punyAdapt(delta, len(out)+1, i == delta && n == punyInitialN)
		n += i / (len(out) + 1)
		i %= len(out) + 1
		if n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
			return "", false
		}
		out = append(out[:i], append([]rune{rune(n)}, out[i:]...)...)
		i++
	}
	return string(out), true
}

// punyNumber reads one variable-length integer.
func punyNumber(s string, bias int) (value int, rest string, ok bool) {
	w := 1
	for k := punyBase; s != ""; k += punyBase {
		digit := punyDigit(s[0])
		s = s[1:]
		if digit < 0 || value > 1<<30 || w > 1<<30 {
			return 0, "", false
		}
		value += digit * w
		t := min(max(k-bias, punyTMin), punyTMax)
		if digit < t {
			return value, s, true
		}
		w *= punyBase - t
	}
	return 0, "", false
}

func punyDigit(c byte) int {
	switch {
	case c >= 'a' && c <= 'z':
		return int(c - 'a')
	case c >= '0' && c <= '9':
		return int(c-'0') + 26
	}
	return -1
}

// punyAdapt is the bias adaptation of RFC 3492 section 6.1.
func punyAdapt(delta, points int, first bool) int {
	if first {
		delta /= punyDamp
	} else {
		delta /= 2
	}
	delta += delta / points
	k := 0
	for ; delta > (punyBase-punyTMin)*punyTMax/2; k += punyBase {
		delta /= punyBase - punyTMin
	}
	return k + (punyBase-punyTMin+1)*delta/(delta+punySkew)
}
