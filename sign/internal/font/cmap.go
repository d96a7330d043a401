package font

import (
	"encoding/binary"
	"sort"
)

// charMap leads from characters to glyphs; 0 is none.
type charMap interface{ glyph(r rune) uint16 }

// Encodings of the character map that count in Unicode, best first: OpenType
// chapter "cmap".
var unicodeEncodings = []struct{ platform, encoding, format uint16 }{
	{3, 10, 12}, {0, 6, 12}, {0, 4, 12}, {3, 1, 4}, {0, 4, 4}, {0, 3, 4}, {0, 2, 4}, {0, 1, 4}, {0, 0, 4},
}

// readChars picks the best Unicode map.
func (f *Font) readChars() error {
	table, err := f.table("cmap", 4, maxCmap)
	if err != nil {
		return err
	}
	count := int(binary.BigEndian.Uint16(table[2:]))
	if 4+8*count > len(table) {
		return bad("its character map is cut short")
	}
	for _, want := range unicodeEncodings {
		for i := range count {
			record := table[4+8*i:]
			at := int64(binary.BigEndian.Uint32(record[4:]))
			if binary.BigEndian.Uint16(record) != want.platform || binary.BigEndian.Uint16(record[2:]) != want.encoding || at+4 > int64(len(table)) {
				continue
			}
			sub := table[at:]
			if binary.BigEndian.Uint16(sub) != want.format {
				continue
			}
			if want.format == 12 {
				f.chars, err = newGroups(sub)
			} else {
				f.chars, err = newSegments(sub)
			}
			return err
		}
	}
	return bad("it has no Unicode character map")
}

// groups is format 12: runs of characters with runs of glyphs.
type groups []byte

func newGroups(b []byte) (groups, error) {
	if len(b) < 16 {
		return nil, bad("its character map is cut short")
	}
	n := int64(binary.BigEndian.Uint32(b[12:]))
	if n > int64(len(b)-16)/12 {
		return nil, bad("its character map is cut short")
	}
	return groups(b[16 : 16+12*n]), nil
}

func (g groups) glyph(r rune) uint16 {
	c := uint32(r)
	n := len(g) / 12
	i := sort.Search(n, func(i int) bool { return binary.BigEndian.Uint32(g[12*i+4:]) >= c })
	if i == n {
		return 0
	}
	first := binary.BigEndian.Uint32(g[12*i:])
	id := uint64(binary.BigEndian.Uint32(g[12*i+8:])) + uint64(c) - uint64(first)
	if c < first || id > 0xffff {
		return 0
	}
	return uint16(id)
}

// segments is format 4: the same for 16 bits, with an optional list of glyphs.
type segments struct {
	n                             int
	ends, starts, deltas, offsets []byte // offsets goes on to the end of the table
}

func newSegments(b []byte) (*segments, error) {
	if len(b) < 14 {
		return nil, bad("its character map is cut short")
	}
	n := int(binary.BigEndian.Uint16(b[6:]) / 2)
	if len(b) < 16+8*n {
		return nil, bad("its character map is cut short")
	}
	b = b[14:]
	return &segments{n, b[:2*n], b[2*n+2 : 4*n+2], b[4*n+2 : 6*n+2], b[6*n+2:]}, nil
}

func (s *segments) glyph(r rune) uint16 {
	if r < 0 || r > 0xffff {
		return 0
	}
	c := uint16(r)
	i := sort.Search(s.n, func(i int) bool { return binary.BigEndian.Uint16(s.ends[2*i:]) >= c })
	if i == s.n {
		return 0
	}
	first, delta := binary.BigEndian.Uint16(s.starts[2*i:]), binary.BigEndian.Uint16(s.deltas[2*i:])
	if c < first {
		return 0
	}
	offset := int(binary.BigEndian.Uint16(s.offsets[2*i:]))
	if offset == 0 {
		return c + delta
	}
	at := 2*i + offset + 2*int(c-first)
	if at+2 > len(s.offsets) {
		return 0
	}
	if id := binary.BigEndian.Uint16(s.offsets[at:]); id != 0 {
		return id + delta
	}
	return 0
}
