package pdf

import (
	"strconv"
	"strings"
)

// object reads one value. It does not read stream data: see [View.load].
func (s *scanner) object(depth int) (Object, error) {
	if depth > maxDepth {
		return nil, limitAt(s.pos, "values nested more than %d deep", maxDepth)
	}
	if s.items++; s.items > maxObjectItems {
		return nil, limitAt(s.pos, "more than %d values in one object", maxObjectItems)
	}
	s.skip()
	c, ok := s.peek()
	if !ok {
		return nil, s.fail("the object has no end")
	}
	switch c {
	case '/':
		return s.name()
	case '(':
		return s.literal()
	case '[':
		return s.array(depth)
	case '<':
		s.pos++
		if c, ok = s.peek(); ok && c == '<' {
			s.pos++
			return s.dict(depth)
		}
		return s.hex()
	}
	return s.atom()
}

// atom reads a number, a reference, true, false or null.
func (s *scanner) atom() (Object, error) {
	start := s.pos
	w := s.word(64)
	switch w {
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "null":
		return nil, nil
	}
	if n, err := strconv.ParseInt(w, 10, 64); err == nil {
		if n >= 0 && n < maxObjects {
			if gen, ok := s.reference(); ok {
				return Ref{Num: int(n), Gen: gen}, nil
			}
		}
		return Integer(n), nil
	}
	if isReal(w) {
		return Real(w), nil
	}
	s.pos = start
	return nil, s.fail("%q is no value", strings.ToValidUTF8(w, "?"))
}

// reference reads the " 0 R" after an object number.
func (s *scanner) reference() (gen int, ok bool) {
	start := s.pos
	g, ok := s.integer(65535)
	if ok && s.keyword("R") {
		return int(g), true
	}
	s.pos = start
	return 0, false
}

func isReal(w string) bool {
	w = strings.TrimPrefix(strings.TrimPrefix(w, "+"), "-")
	whole, fraction, _ := strings.Cut(w, ".")
	return len(whole)+len(fraction) > 0 && digits(whole) && digits(fraction)
}

func digits(w string) bool {
	for i := range len(w) {
		if w[i] < '0' || w[i] > '9' {
			return false
		}
	}
	return true
}

// name reads a name: ISO 32000-1 §7.3.5.
func (s *scanner) name() (Name, error) {
	s.pos++ // the slash
	var out []byte
	for {
		c, ok := s.peek()
		if !ok || !isRegular(c) {
			return Name(out), nil
		}
		s.pos++
		if c == '#' {
			c = s.nameEscape()
		}
		if out = append(out, c); len(out) > maxNameBytes {
			return "", limitAt(s.pos, "a name of more than %d bytes", maxNameBytes)
		}
	}
}

// nameEscape reads the two digits after #; without them # stands for itself.
func (s *scanner) nameEscape() byte {
	c1, ok1 := s.src.at(s.pos)
	c2, ok2 := s.src.at(s.pos + 1)
	high, okHigh := unhex(c1)
	low, okLow := unhex(c2)
	if !ok1 || !ok2 || !okHigh || !okLow || s.pos+1 >= s.end {
		return '#'
	}
	s.pos += 2
	return high<<4 | low
}

func (s *scanner) array(depth int) (Array, error) {
	s.pos++ // the bracket
	out := Array{}
	for {
		s.skip()
		if s.exact("]") {
			return out, nil
		}
		v, err := s.object(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
}

func (s *scanner) dict(depth int) (Dict, error) {
	out := Dict{}
	for {
		s.skip()
		if s.exact(">>") {
			return out, nil
		}
		if c, ok := s.peek(); !ok || c != '/' {
			return nil, s.fail("a dictionary key is missing")
		}
		key, err := s.name()
		if err != nil {
			return nil, err
		}
		s.skip()
		start := s.pos
		v, err := s.object(depth + 1)
		if err != nil {
			return nil, err
		}
		e := DictEntry{Key: key, Value: v, Start: -1, End: -1}
		if s.inFile {
			e.Start, e.End = start, s.pos
		}
		out = append(out, e)
	}
}

// hex reads a string in angle brackets: ISO 32000-1 §7.3.4.3.
func (s *scanner) hex() (String, error) {
	var out []byte
	var high byte
	half := false
	for {
		c, ok := s.next()
		if !ok {
			return String{}, s.fail("a string has no end")
		}
		if c == '>' {
			break
		}
		if isSpace(c) {
			continue
		}
		v, ok := unhex(c)
		if !ok {
			return String{}, s.fail("a hexadecimal string holds something else")
		}
		if half {
			out = append(out, high<<4|v)
		}
		high, half = v, !half
	}
	if half {
		out = append(out, high<<4)
	}
	return String{Bytes: out, Hex: true}, nil
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
