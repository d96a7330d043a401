package pdf

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// EncodeText makes a text string (ISO 32000-1 §7.9.2.2): ASCII as it is, all
// else as UTF-16BE with its mark, marked to be written in hexadecimal. Invalid
// UTF-8 becomes U+FFFD.
func EncodeText(text string) String {
	if isASCII(text) {
		return String{Bytes: []byte(text)}
	}
	units := utf16.Encode([]rune(text))
	out := make([]byte, 2, 2+2*len(units))
	out[0], out[1] = 0xfe, 0xff
	for _, u := range units {
		out = append(out, byte(u>>8), byte(u))
	}
	return String{Bytes: out, Hex: true}
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] >= 0x7f {
			return false
		}
	}
	return true
}

// DecodeText reads a text string: UTF-16 or UTF-8 with its mark, else
// PDFDocEncoding.
func DecodeText(b []byte) string {
	switch {
	case len(b) >= 2 && b[0] == 0xfe && b[1] == 0xff:
		return decodeUTF16(b[2:], 1, 0)
	case len(b) >= 2 && b[0] == 0xff && b[1] == 0xfe:
		return decodeUTF16(b[2:], 0, 1)
	case len(b) >= 3 && b[0] == 0xef && b[1] == 0xbb && b[2] == 0xbf:
		return strings.ToValidUTF8(string(b[3:]), string(utf8.RuneError))
	}
	var out strings.Builder
	for _, c := range b {
		out.WriteRune(docEncoding(c))
	}
	return out.String()
}

func decodeUTF16(b []byte, low, high int) string {
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, uint16(b[high])<<8|uint16(b[low]))
	}
	return string(utf16.Decode(units))
}

// docEncoding: PDFDocEncoding, ISO 32000-1 annex D.2, where it differs from
// Latin 1.
func docEncoding(c byte) rune {
	const (
		low  = "˘ˇˆ˙˝˛˚˜"
		high = "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž"
	)
	switch {
	case c >= 0x18 && c <= 0x1f:
		return []rune(low)[c-0x18]
	case c >= 0x80 && c <= 0x9e:
		return []rune(high)[c-0x80]
	case c == 0xa0:
		return '€'
	case c == 0x7f || c == 0x9f || c == 0xad:
		return utf8.RuneError
	}
	return rune(c)
}
