package font

import (
	"maps"
	"slices"
)

// subrs notes which subroutines the charstrings of a subset call, so that the
// others can be left out; their numbers stay.
type subrs struct {
	c        *cff
	privates map[int]cffDict
	indexes  map[int]*cffIndex      // of local subroutines; -1 is the global ones
	bodies   map[int]map[int][]byte // subroutines in use
	size     int
	steps    int
}

func newSubrs(c *cff) *subrs {
	return &subrs{c: c, privates: map[int]cffDict{}, indexes: map[int]*cffIndex{-1: c.global}, bodies: map[int]map[int][]byte{}}
}

// private reads the Private DICT of a font dictionary.
func (s *subrs) private(dict int) (cffDict, error) {
	if d, known := s.privates[dict]; known {
		return d, nil
	}
	place := s.c.dicts[dict].numbers(opPrivate)
	if len(place) != 2 || place[0] > maxDictBytes {
		return nil, bad("a font dictionary has no Private dictionary")
	}
	b, err := s.c.read(place[1], place[0])
	if err != nil {
		return nil, err
	}
	d, err := parseDict(b)
	if err != nil {
		return nil, err
	}
	s.indexes[dict] = &cffIndex{}
	if at, ok := d.number(opSubrs); ok {
		if s.indexes[dict], err = s.c.index(place[1] + at); err != nil {
			return nil, err
		}
	}
	s.privates[dict] = d
	return d, nil
}

// list gives the subroutines of a font dictionary, -1 for the global ones;
// those that are not used have become a lone return, because strict readers
// refuse empty ones, and what comes after the last in use is left out.
func (s *subrs) list(dict int) ([][]byte, error) {
	if dict >= 0 {
		if _, err := s.private(dict); err != nil {
			return nil, err
		}
	}
	if len(s.bodies[dict]) == 0 {
		return nil, nil
	}
	out := make([][]byte, s.length(dict))
	for i := range out {
		if out[i] = s.bodies[dict][i]; out[i] == nil {
			out[i] = []byte{opReturn}
		}
	}
	return out, nil
}

// length is how many subroutines must stay for those in use to keep their
// numbers, which depend on how many there are.
func (s *subrs) length(dict int) int {
	last := slices.Max(slices.Collect(maps.Keys(s.bodies[dict])))
	switch count := s.indexes[dict].count(); {
	case count >= manySubrs:
		return max(last+1, manySubrs)
	case count >= someSubrs:
		return max(last+1, someSubrs)
	}
	return last + 1
}

// From these numbers of subroutines on the bias is another: TN5176 §16.
const (
	someSubrs = 1240
	manySubrs = 33900
)

// Operators of a Type 2 charstring that matter here: Adobe Technical Note 5177.
const (
	opHStem      = 1
	opVStem      = 3
	opCallSubr   = 10
	opReturn     = 11
	opEscape     = 12
	opEndChar    = 14
	opHStemHM    = 18
	opHintMask   = 19
	opCntrMask   = 20
	opVStemHM    = 23
	opCallGlobal = 29
	opHFlex      = 34 // after the escape, to
	opFlex1      = 37
)

const (
	maxCalls  = 10      // subroutines inside one another: TN5177 annex B
	maxSteps  = 1 << 22 // operators and numbers of one subset
	maxStack  = 48      // TN5177 annex B, one more for the width
	maxHints  = 96      // TN5177 annex B
	stackRoom = maxStack + 1
)

// walker goes through one charstring and what it calls.
type walker struct {
	s     *subrs
	dict  int
	stack []int
	hints int
	done  bool
}

// follow notes the subroutines that a charstring calls.
func (s *subrs) follow(char []byte, dict int) error {
	if _, err := s.private(dict); err != nil {
		return err
	}
	w := walker{s: s, dict: dict}
	return w.run(char, 0)
}

func (w *walker) run(b []byte, depth int) error {
	if depth > maxCalls {
		return bad("subroutines call one another without end")
	}
	for len(b) > 0 && !w.done {
		if w.s.steps++; w.s.steps > maxSteps {
			return bad("an outline takes too much work")
		}
		n, size := charNumber(b)
		if size > len(b) {
			return bad("an outline is cut short")
		}
		if size > 0 {
			if w.stack = append(w.stack, n); len(w.stack) > stackRoom {
				return bad("an outline is damaged")
			}
			b = b[size:]
			continue
		}
		op := b[0]
		b = b[1:]
		switch op {
		case opReturn:
			return nil
		case opCallSubr, opCallGlobal:
			if err := w.call(op, depth); err != nil {
				return err
			}
			continue
		case opEscape:
			// Of the two-byte operators only those that draw occur in practice;
			// arithmetic ones would change what follows.
			if len(b) == 0 || b[0] < opHFlex || b[0] > opFlex1 {
				return bad("an outline uses arithmetic")
			}
			b = b[1:]
		default:
			skip, err := w.operator(op)
			if err != nil || skip > len(b) {
				return bad("an outline is damaged")
			}
			b = b[skip:]
		}
		w.stack = w.stack[:0]
	}
	return nil
}

// operator counts hints and gives how many bytes of mask follow.
func (w *walker) operator(op byte) (skip int, err error) {
	switch op {
	case opHStem, opVStem, opHStemHM, opVStemHM:
		w.hints += len(w.stack) / 2
	case opHintMask, opCntrMask: // numbers before it are an implied vstem
		w.hints += len(w.stack) / 2
		skip = (w.hints + 7) / 8
	case opEndChar:
		if len(w.stack) >= 4 { // an accented letter of two others, not kept
			return 0, bad("an outline is made of others by an old operator")
		}
		w.done = true
	}
	if w.hints > maxHints {
		return 0, bad("an outline has %d hints", w.hints)
	}
	return skip, nil
}

// call goes into a subroutine: TN5177 §4.7 and TN5176 §16 for the bias.
func (w *walker) call(op byte, depth int) error {
	dict := w.dict
	if op == opCallGlobal {
		dict = -1
	}
	index := w.s.indexes[dict]
	bias := 107
	switch n := index.count(); {
	case n >= manySubrs:
		bias = 32768
	case n >= someSubrs:
		bias = 1131
	}
	if len(w.stack) == 0 {
		return bad("an outline is damaged")
	}
	i := w.stack[len(w.stack)-1] + bias
	w.stack = w.stack[:len(w.stack)-1]
	body, err := w.s.body(dict, i, index)
	if err != nil {
		return err
	}
	return w.run(body, depth+1)
}

// body reads a subroutine, once.
func (s *subrs) body(dict, i int, index *cffIndex) ([]byte, error) {
	if b, known := s.bodies[dict][i]; known {
		return b, nil
	}
	b, err := s.c.item(index, i, maxCharString)
	if err != nil {
		return nil, err
	}
	if s.size += len(b); s.size > maxSubset {
		return nil, bad("a subset of more than %d bytes", maxSubset)
	}
	if s.bodies[dict] == nil {
		s.bodies[dict] = map[int][]byte{}
	}
	s.bodies[dict][i] = b
	return b, nil
}

// charNumber reads a number: TN5177 §3.1. The size is 0 when an operator is
// next. The fraction of a fixed-point number is dropped: only numbers of
// subroutines count here.
func charNumber(b []byte) (n, size int) {
	at := func(i int) int {
		if i < len(b) {
			return int(b[i])
		}
		return 0
	}
	switch c := int(b[0]); {
	case c == 28:
		return int(int16(at(1)<<8 | at(2))), 3
	case c < 32:
		return 0, 0
	case c <= 246:
		return c - 139, 1
	case c <= 250:
		return (c-247)*256 + at(1) + 108, 2
	case c <= 254:
		return -(c-251)*256 - at(1) - 108, 2
	}
	return int(int16(at(1)<<8 | at(2))), 5
}
