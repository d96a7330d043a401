package font

import "slices"

// subset makes a bare CFF font keyed by CID, in which the CIDs are the numbers
// in the list: ISO 32000-1 §9.7.4.2. Fonts keyed by name become keyed by CID.
func (c *cff) subset(glyphs []uint16) (*Program, error) {
	s := cffSubset{c: c, used: newSubrs(c)}
	for _, glyph := range glyphs {
		if err := s.add(glyph); err != nil {
			return nil, err
		}
	}
	data, err := s.file()
	if err != nil {
		return nil, err
	}
	if len(data) > maxSubset {
		return nil, bad("a subset of more than %d bytes", maxSubset)
	}
	return &Program{Data: data, CFF: true, Glyphs: len(glyphs)}, nil
}

type cffSubset struct {
	c     *cff
	used  *subrs
	chars [][]byte
	dicts []int  // font dictionaries in use
	pick  []byte // of each glyph, its place in dicts
	size  int
}

func (s *cffSubset) add(glyph uint16) error {
	char, err := s.c.item(s.c.chars, int(glyph), maxCharString)
	if err != nil {
		return err
	}
	dict := s.c.dictOf(glyph)
	if err := s.used.follow(char, dict); err != nil {
		return err
	}
	i := slices.Index(s.dicts, dict)
	if i < 0 {
		i = len(s.dicts)
		s.dicts = append(s.dicts, dict)
	}
	s.chars, s.pick = append(s.chars, char), append(s.pick, byte(i))
	if s.size += len(char); s.size > maxSubset {
		return bad("a subset of more than %d bytes", maxSubset)
	}
	return nil
}

// The standard strings of TN5176 annex A end before this number.
const firstString = 391

// file lays the font out. The Top DICT has the same length whatever the
// offsets, so it is made twice.
func (s *cffSubset) file() ([]byte, error) {
	name := []byte(s.c.f.Name)
	head := appendIndex([]byte{1, 0, 4, 4}, [][]byte{name})
	global, err := s.used.list(-1)
	if err != nil {
		return nil, err
	}
	rest := appendIndex(nil, [][]byte{[]byte("Adobe"), []byte("Identity"), name})
	rest = appendIndex(rest, global)
	var at [4]int // of charset, FDSelect, CharStrings and FDArray
	start := len(head) + len(appendIndex(nil, [][]byte{s.top(at)}))
	at[0] = start + len(rest)
	rest = append(rest, s.charset()...)
	at[1] = start + len(rest)
	rest = append(append(rest, 0), s.pick...)
	at[2] = start + len(rest)
	rest = appendIndex(rest, s.chars)
	privates, places, err := s.privates(start + len(rest))
	if err != nil {
		return nil, err
	}
	rest = append(rest, privates...)
	at[3] = start + len(rest)
	rest = appendIndex(rest, places)
	return append(appendIndex(head, [][]byte{s.top(at)}), rest...), nil
}

// top is the Top DICT; ROS comes first: TN5176 §18.
func (s *cffSubset) top(at [4]int) []byte {
	b := appendEntry(nil, opROS, wide(firstString, firstString+1, 0))
	for _, op := range []int{opFontBBox, opMatrix} {
		if v := s.c.top.find(op); v != nil {
			b = appendEntry(b, op, v)
		}
	}
	b = appendEntry(b, opCIDCount, wide(len(s.chars)))
	for i, op := range []int{opCharset, opFDSelect, opCharString, opFDArray} {
		b = appendEntry(b, op, wide(at[i]))
	}
	return b
}

// charset says that CIDs count up from 1; CID 0 is left out: TN5176 §13,
// format 2.
func (s *cffSubset) charset() []byte {
	n := len(s.chars) - 2
	if n < 0 {
		return []byte{0}
	}
	return []byte{2, 0, 1, byte(n >> 8), byte(n)}
}

// privates writes the Private DICTs with their subroutines from place at on,
// and the Font DICTs that name them.
func (s *cffSubset) privates(at int) (data []byte, dicts [][]byte, err error) {
	for _, i := range s.dicts {
		private, err := s.used.private(i)
		if err != nil {
			return nil, nil, err
		}
		var body []byte
		for _, e := range private {
			if e.op != opSubrs {
				body = appendEntry(body, e.op, e.operands)
			}
		}
		local, err := s.used.list(i)
		if err != nil {
			return nil, nil, err
		}
		if len(local) > 0 { // after the Private DICT, which its offset counts from
			body = appendEntry(body, opSubrs, wide(len(body)+6))
		}
		dict := appendEntry(nil, opFontName, wide(firstString+2))
		if v := s.c.dicts[i].find(opMatrix); v != nil && s.c.choose != nil {
			dict = appendEntry(dict, opMatrix, v)
		}
		dicts = append(dicts, appendEntry(dict, opPrivate, wide(len(body), at+len(data))))
		data = append(data, body...)
		if len(local) > 0 {
			data = appendIndex(data, local)
		}
	}
	return data, dicts, nil
}
