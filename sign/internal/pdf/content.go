package pdf

import (
	"fmt"
)

// Operation is one operator of a content stream with its operands: ISO 32000-1
// §7.8.2.
type Operation struct {
	Operator string
	Operands []Object
}

const (
	maxOperator = 16 // bytes
	maxOperands = 64 // of one operator
)

// Operations reads a content stream or a default appearance string, at most
// limit operators of it. What is no operator or operand, and a reference, which
// has no place there, is [ErrDamaged].
func Operations(data []byte, limit int) ([]Operation, error) {
	s := newScanner(memory(data), 0, int64(len(data)))
	var out []Operation
	var operands []Object
	for {
		s.skip()
		c, more := s.peek()
		switch {
		case !more && len(operands) > 0:
			return nil, s.fail("operands without an operator")
		case !more:
			return out, nil
		case len(operands) > maxOperands || len(out) >= limit:
			return nil, limitAt(s.pos, "too many operators or operands")
		}
		if word := s.operator(c); word != "" {
			out = append(out, Operation{word, operands})
			operands = nil
			continue
		}
		o, err := s.object(0)
		if err != nil {
			return nil, err
		}
		if _, isRef := o.(Ref); isRef {
			return nil, fmt.Errorf("a reference in content: %w", ErrDamaged)
		}
		operands = append(operands, o)
	}
}

// operator reads an operator; "" and no move when an operand begins here.
func (s *scanner) operator(first byte) string {
	letter := first >= 'a' && first <= 'z' || first >= 'A' && first <= 'Z' || first == '\'' || first == '"'
	if !letter {
		return ""
	}
	start := s.pos
	word := s.word(maxOperator)
	if len(word) > maxOperator || word == "true" || word == "false" || word == "null" {
		s.pos = start
		return ""
	}
	return word
}
