package pdf

import "fmt"

// scanner reads tokens and objects from a source, between pos and end.
type scanner struct {
	src   source
	pos   int64
	end   int64
	items int
	// inFile is true when positions are positions in the file.
	inFile bool
	notation
}

// notation tells of what programs read in different ways: see [Indirect].
type notation struct {
	odd   []Name
	twice bool
}

func newScanner(src source, pos, limit int64) *scanner {
	return &scanner{src: src, pos: pos, end: min(limit, pos+maxObjectBytes)}
}

// fail makes the error for this place: a read error when that is the cause.
func (s *scanner) fail(format string, args ...any) error {
	if err := s.src.failure(); err != nil {
		return fmt.Errorf("reading the document: %w", err)
	}
	return damagedAt(s.pos, format, args...)
}

func (s *scanner) peek() (byte, bool) {
	if s.pos >= s.end {
		return 0, false
	}
	return s.src.at(s.pos)
}

func (s *scanner) next() (byte, bool) {
	c, ok := s.peek()
	if ok {
		s.pos++
	}
	return c, ok
}

// isSpace: ISO 32000-1 table 1.
func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

// isDelimiter: ISO 32000-1 table 2.
func isDelimiter(c byte) bool {
	switch c {
	case '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return false
}

func isRegular(c byte) bool { return !isSpace(c) && !isDelimiter(c) }

// skip passes white space and comments.
func (s *scanner) skip() {
	for {
		c, ok := s.peek()
		switch {
		case !ok:
			return
		case c == '%':
			s.skipLine()
		case isSpace(c):
			s.pos++
		default:
			return
		}
	}
}

// blank passes white space only.
func (s *scanner) blank() {
	for {
		c, ok := s.peek()
		if !ok || !isSpace(c) {
			return
		}
		s.pos++
	}
}

func (s *scanner) skipLine() {
	for {
		c, ok := s.next()
		if !ok || c == '\n' || c == '\r' {
			return
		}
	}
}

// word reads regular characters, at most limit of them.
func (s *scanner) word(limit int) string {
	var buf [32]byte
	out := buf[:0]
	for len(out) <= limit {
		c, ok := s.peek()
		if !ok || !isRegular(c) {
			break
		}
		out = append(out, c)
		s.pos++
	}
	return string(out)
}

// keyword passes white space and this word, whole.
func (s *scanner) keyword(want string) bool {
	s.skip()
	start := s.pos
	if s.word(len(want)) == want {
		return true
	}
	s.pos = start
	return false
}

// exact passes these very bytes.
func (s *scanner) exact(want string) bool {
	start := s.pos
	for i := range len(want) {
		if c, ok := s.next(); !ok || c != want[i] {
			s.pos = start
			return false
		}
	}
	return true
}

// integer passes white space and an unsigned decimal number up to limit.
func (s *scanner) integer(limit int64) (int64, bool) {
	s.skip()
	start := s.pos
	var v int64
	for {
		c, ok := s.peek()
		if !ok || c < '0' || c > '9' {
			break
		}
		v = v*10 + int64(c-'0')
		if v > limit {
			s.pos = start
			return 0, false
		}
		s.pos++
	}
	if c, ok := s.peek(); s.pos == start || (ok && isRegular(c)) {
		s.pos = start
		return 0, false
	}
	return v, true
}

func unhex(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
