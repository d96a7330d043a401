package pdf

import (
	"slices"
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

// maxWord is the most bytes of a number.
const maxWord = 64

// atom reads a number, a reference, true, false or null.
func (s *scanner) atom() (Object, error) {
	start := s.pos
	w := s.word(maxWord)
	if len(w) > maxWord { // the rest would be a word of its own
		return nil, limitAt(start, "a word of more than %d bytes", maxWord)
	}
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
	odd := false
	for {
		c, ok := s.peek()
		if !ok || !isRegular(c) {
			if odd {
				s.odd = append(s.odd, Name(out))
			}
			return Name(out), nil
		}
		s.pos++
		if odd = odd || c == 0x80 || c == 0xff; c == '#' {
			c, ok = s.nameEscape()
			odd = odd || !ok
		}
		if c == 0 { // §7.3.5 forbids it: programs that end names there read another one
			return "", s.fail("a name holds #00")
		}
		if out = append(out, c); len(out) > maxNameBytes {
			return "", limitAt(s.pos, "a name of more than %d bytes", maxNameBytes)
		}
	}
}

// nameEscape reads the two digits after #; without them # stands for itself.
func (s *scanner) nameEscape() (c byte, ok bool) {
	c1, ok1 := s.src.at(s.pos)
	c2, ok2 := s.src.at(s.pos + 1)
	high, okHigh := unhex(c1)
	low, okLow := unhex(c2)
	if !ok1 || !ok2 || !okHigh || !okLow || s.pos+1 >= s.end {
		return '#', false
	}
	s.pos += 2
	return high<<4 | low, true
}

func (s *scanner) array(depth int) (Array, error) {
	s.pos++ // the bracket
	out := Array{}
	for {
		s.skip()
		if s.exact("]") {
			return slices.Clip(out), nil
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
			s.twice = s.twice || out.Repeated() != ""
			return slices.Clip(out), nil
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
