package font

import (
	"encoding/binary"
	"math/bits"
)

// file writes the subset as a TrueType font with the tables that PDF asks for:
// ISO 32000-1 §9.9, table 126.
func (s *glyfSubset) file() ([]byte, error) {
	f := s.g.f
	n := len(s.order)
	head, err := f.table("head", 54, 1<<10)
	if err != nil {
		return nil, err
	}
	binary.BigEndian.PutUint32(head[8:], 0)  // checkSumAdjustment, set below
	binary.BigEndian.PutUint16(head[50:], 1) // offsets of four bytes
	maxp, err := f.table("maxp", 6, 1<<10)
	if err != nil {
		return nil, err
	}
	binary.BigEndian.PutUint16(maxp[4:], uint16(n))
	hhea, err := f.table("hhea", 36, 1<<10)
	if err != nil {
		return nil, err
	}
	binary.BigEndian.PutUint16(hhea[34:], uint16(n))
	tables := []sfntTable{{"glyf", s.data}, {"head", head}, {"hhea", hhea}, {"hmtx", s.hmtx()},
		{"loca", binary.BigEndian.AppendUint32(s.loca, uint32(len(s.data)))}, {"maxp", maxp}}
	var hints []sfntTable
	for _, tag := range []string{"cvt ", "fpgm", "prep"} {
		table, err := f.table(tag, 0, maxProgram)
		if err != nil {
			return nil, err
		}
		if table != nil {
			hints = append(hints, sfntTable{tag, table})
		}
	}
	return writeSfnt(mergeTables(hints, tables)), nil
}

// hmtx are the widths and left side bearings in the new order.
func (s *glyfSubset) hmtx() []byte {
	f := s.g.f
	var out []byte
	for _, glyph := range s.order {
		out = binary.BigEndian.AppendUint16(out, uint16(f.Advance(glyph)))
		at := 4*int(glyph) + 2
		if int(glyph) >= f.metrics {
			at = 4*f.metrics + 2*(int(glyph)-f.metrics)
		}
		if at+2 > len(f.advances) {
			out = append(out, 0, 0)
			continue
		}
		out = append(out, f.advances[at:at+2]...)
	}
	return out
}

type sfntTable struct {
	tag  string
	data []byte
}

// mergeTables merges two lists that are in the order of their tags.
func mergeTables(a, b []sfntTable) []sfntTable {
	var out []sfntTable
	for len(a) > 0 && len(b) > 0 {
		if a[0].tag < b[0].tag {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// checksumMagic less the sum of the file is head's checkSumAdjustment.
const checksumMagic = 0xb1b0afba

// writeSfnt lays out the tables, which are in the order of their tags.
func writeSfnt(tables []sfntTable) []byte {
	n := len(tables)
	power := bits.Len(uint(n)) - 1
	out := binary.BigEndian.AppendUint32(nil, 0x00010000)
	for _, v := range []int{n, 16 << power, power, 16*n - 16<<power} {
		out = binary.BigEndian.AppendUint16(out, uint16(v))
	}
	at := 12 + 16*n
	headAt := 0
	for _, t := range tables {
		if t.tag == "head" {
			headAt = at
		}
		out = append(out, t.tag...)
		for _, v := range []uint32{checksum(t.data), uint32(at), uint32(len(t.data))} {
			out = binary.BigEndian.AppendUint32(out, v)
		}
		at += (len(t.data) + 3) &^ 3
	}
	for _, t := range tables {
		out = append(out, t.data...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	binary.BigEndian.PutUint32(out[headAt+8:], checksumMagic-checksum(out))
	return out
}

// checksum adds up a table as numbers of four bytes.
func checksum(b []byte) uint32 {
	var sum uint32
	for ; len(b) >= 4; b = b[4:] {
		sum += binary.BigEndian.Uint32(b)
	}
	var last [4]byte
	copy(last[:], b)
	return sum + binary.BigEndian.Uint32(last[:])
}
