package pdf

import (
	"bytes"
	"slices"
)

// hex reads a string in angle brackets: ISO 32000-1 §7.3.4.3.
func (s *scanner) hex() (String, error) {
	out := make([]byte, 0, s.hexBytes())
	var high byte
	half := false
	for {
		run := s.src.run(s.pos)
		if left := s.end - s.pos; int64(len(run)) > left {
			run = run[:max(left, 0)]
		}
		if len(run) == 0 {
			return String{}, s.fail("a string has no end")
		}
		if !half {
			n := len(out)
			out = appendPairs(out, run)
			s.pos += 2 * int64(len(out)-n)
			run = run[2*(len(out)-n):]
		}
		for i := 0; i < len(run) && (i == 0 || half); i++ { // one that is no pair
			c := run[i]
			s.pos++
			if v, ok := unhex(c); ok {
				if half {
					out = append(out, high<<4|v)
				}
				high, half = v, !half
				continue
			}
			if c == '>' {
				if half {
					out = append(out, high<<4)
				}
				return String{Bytes: slices.Clip(out), Hex: true}, nil
			}
			if !isSpace(c) {
				return String{}, s.fail("a hexadecimal string holds something else")
			}
		}
	}
}

// hexBytes is the length of a hexadecimal string, as far as a look ahead shows.
func (s *scanner) hexBytes() int {
	const most = 16 * pageSize
	digits := 0
	for digits < most {
		run := s.src.run(s.pos + int64(digits))
		if i := bytes.IndexByte(run, '>'); i >= 0 || len(run) == 0 {
			digits += max(i, 0)
			break
		}
		digits += len(run)
	}
	return min(digits, most)/2 + 1
}

// hexDigits has the value of each digit, 16 for what is none.
const hexDigits = "" +
	"\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10" +
	"\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x10\x10\x10\x10\x10\x10" +
	"\x10\x0a\x0b\x0c\x0d\x0e\x0f\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10" +
	"\x10\x0a\x0b\x0c\x0d\x0e\x0f\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10\x10"

// appendPairs decodes pairs of digits as far as there is nothing else.
func appendPairs(out, run []byte) []byte {
	for i := 0; i+1 < len(run); i += 2 {
		high, low := hexDigits[run[i]&0x7f], hexDigits[run[i+1]&0x7f]
		if high|low|(run[i]|run[i+1])>>3&0x10 > 15 {
			break
		}
		out = append(out, high<<4|low)
	}
	return out
}

// literal reads a string in parentheses: ISO 32000-1 §7.3.4.2.
func (s *scanner) literal() (String, error) {
	s.pos++ // the parenthesis
	var out []byte
	for depth := 1; ; {
		c, ok := s.next()
		if !ok {
			return String{}, s.fail("a string has no end")
		}
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return String{Bytes: out}, nil
			}
		case '\r':
			s.exact("\n")
			c = '\n'
		case '\\':
			out = s.escape(out)
			continue
		}
		out = append(out, c)
	}
}

// escape reads what follows a backslash and appends what it stands for.
func (s *scanner) escape(out []byte) []byte {
	c, ok := s.next()
	if !ok {
		return out
	}
	switch c {
	case 'n':
		return append(out, '\n')
	case 'r':
		return append(out, '\r')
	case 't':
		return append(out, '\t')
	case 'b':
		return append(out, '\b')
	case 'f':
		return append(out, '\f')
	case '\r':
		s.exact("\n")
		return out
	case '\n':
		return out
	}
	if c < '0' || c > '7' {
		return append(out, c)
	}
	v := int(c - '0')
	for range 2 {
		d, ok := s.peek()
		if !ok || d < '0' || d > '7' {
			break
		}
		v = v*8 + int(d-'0')
		s.pos++
	}
	return append(out, byte(v))
}
