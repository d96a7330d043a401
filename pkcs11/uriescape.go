package pkcs11

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// plain are the characters that RFC 7512 §2.3 lets stand unescaped in both the
// path and the query, beside letters and digits. The query's "/" is one of
// them here; in the path a reader may be lenient about it.
const plain = "-._~:[]@!$'()*+,=/"

func isPlain(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(plain, c) >= 0
}

// unescape decodes %XX and refuses characters that must be escaped.
func unescape(s string) (string, error) {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '%':
			if i+2 >= len(s) {
				return "", errors.New("incomplete %XX")
			}
			b, err := hex.DecodeString(s[i+1 : i+3])
			if err != nil {
				return "", errors.New("bad %XX")
			}
			out.Write(b)
			i += 2
		case isPlain(c):
			out.WriteByte(c)
		default:
			return "", fmt.Errorf("character %q must be written as %%%02X", rune(c), c)
		}
	}
	return out.String(), nil
}

func escape(s string) string {
	var out strings.Builder
	for i := range len(s) {
		if c := s[i]; isPlain(c) {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}
