package pdf

import (
	"encoding/hex"
	"fmt"
	"strconv"
)

// Append writes a value as a PDF file holds it. A [*Stream] is written as its
// dictionary alone.
func Append(b []byte, o Object) []byte {
	switch v := o.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case Integer:
		return strconv.AppendInt(b, int64(v), 10)
	case Real:
		return append(b, v...)
	case Name:
		return appendName(b, v)
	case String:
		return appendString(b, v)
	case Ref:
		return fmt.Appendf(b, "%d %d R", v.Num, v.Gen)
	case Array:
		return appendArray(b, v)
	case Dict:
		return appendDict(b, v)
	case *Stream:
		return appendDict(b, v.Dict)
	}
	return append(b, "null"...)
}

func appendArray(b []byte, a Array) []byte {
	b = append(b, '[')
	for i, v := range a {
		if i > 0 {
			b = append(b, ' ')
		}
		b = Append(b, v)
	}
	return append(b, ']')
}

func appendDict(b []byte, d Dict) []byte {
	last := make(map[Name]int, len(d))
	for i, e := range d {
		last[e.Key] = i
	}
	b = append(b, "<<"...)
	for i, e := range d {
		if last[e.Key] != i {
			continue // a repeated key: the last one counts
		}
		b = appendName(b, e.Key)
		b = append(b, ' ')
		b = Append(b, e.Value)
		b = append(b, '\n')
	}
	return append(b, ">>"...)
}

func appendName(b []byte, n Name) []byte {
	b = append(b, '/')
	for i := range len(n) {
		c := n[i]
		if c <= ' ' || c >= 0x7f || c == '#' || isDelimiter(c) {
			b = fmt.Appendf(b, "#%02X", c)
			continue
		}
		b = append(b, c)
	}
	return b
}

// appendString writes printable ASCII in parentheses, all else in hex: no byte
// of a name can then end the string early.
func appendString(b []byte, s String) []byte {
	plain := !s.Hex
	for _, c := range s.Bytes {
		if c < ' ' || c >= 0x7f {
			plain = false
		}
	}
	if !plain {
		b = append(b, '<')
		b = hex.AppendEncode(b, s.Bytes)
		return append(b, '>')
	}
	b = append(b, '(')
	for _, c := range s.Bytes {
		if c == '(' || c == ')' || c == '\\' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return append(b, ')')
}
