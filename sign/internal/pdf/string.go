package pdf

// hex reads a string in angle brackets: ISO 32000-1 §7.3.4.3.
func (s *scanner) hex() (String, error) {
	var out []byte
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
		for _, c := range run {
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
				return String{Bytes: out, Hex: true}, nil
			}
			if !isSpace(c) {
				return String{}, s.fail("a hexadecimal string holds something else")
			}
		}
	}
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
