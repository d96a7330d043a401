package font

import (
	"encoding/binary"
	"io"
)

// Font is one face of a font file. It is not safe for concurrent use.
type Font struct {
	// Name is the PostScript name, "Font" when it has none.
	Name string
	// UnitsPerEm is the size of the em square that all other numbers count in.
	UnitsPerEm int
	// Ascent and Descent are the highest and lowest point of a line of text;
	// Descent is negative.
	Ascent, Descent int
	// Box holds every glyph: left, bottom, right, top.
	Box [4]int

	r        io.ReaderAt
	size     int64
	tables   map[string]extent
	glyphs   int
	advances []byte // hmtx
	metrics  int    // numberOfHMetrics
	chars    charMap
	outlines outlines
	scripts  map[string][]string // by layout table, once they were asked for
}

// extent is a piece of the file.
type extent struct{ at, size int64 }

// outlines are the glyphs of a font, glyf or CFF.
type outlines interface {
	// empty tells whether a glyph draws nothing.
	empty(glyph uint16) bool
	// reach is how high and low a glyph is drawn, where that can be told.
	reach(glyph uint16) (top, bottom int, ok bool)
	// subset makes a font program with these glyphs in this order.
	subset(glyphs []uint16) (*Program, error)
}

// Program is a font to embed.
type Program struct {
	Data []byte
	// CFF says that it is a bare CFF font keyed by CID (PDF: FontFile3 with
	// CIDFontType0C) and not TrueType (FontFile2).
	CFF bool
	// Glyphs is how many it has, components included.
	Glyphs int
}

// Parse reads face index of the font of size bytes. The error wraps [ErrFont]
// with the reason, or is that of reading.
func Parse(r io.ReaderAt, size int64, index int) (*Font, error) {
	if size > MaxFile || size < 12 {
		return nil, bad("%d bytes", size)
	}
	f := &Font{r: r, size: size}
	starts, err := f.faces()
	if err != nil {
		return nil, err
	}
	if index < 0 || index >= len(starts) {
		return nil, bad("there is no face %d, the file has %d", index, len(starts))
	}
	if err := f.directory(starts[index]); err != nil {
		return nil, err
	}
	for _, read := range []func() error{f.head, f.licence, f.horizontal, f.names, f.readChars, f.readOutlines} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// Faces is how many faces a font file has, 1 when it is no collection.
func Faces(r io.ReaderAt, size int64) (int, error) {
	starts, err := (&Font{r: r, size: size}).faces()
	return len(starts), err
}

// Glyph gives the glyph of a character; ok is false when there is none or it
// draws nothing although the character should.
func (f *Font) Glyph(r rune) (glyph uint16, ok bool) {
	glyph = f.chars.glyph(r)
	if glyph == 0 || int(glyph) >= f.glyphs {
		return 0, false
	}
	return glyph, blank(r) || !f.outlines.empty(glyph)
}

// Has tells whether the font has a character at all. Joiners and marks may draw
// nothing of their own.
func (f *Font) Has(r rune) bool {
	glyph := f.chars.glyph(r)
	return glyph != 0 && int(glyph) < f.glyphs
}

// Advance is how far the text moves on after a glyph, in units.
func (f *Font) Advance(glyph uint16) int {
	i := min(int(glyph), f.metrics-1)
	return int(binary.BigEndian.Uint16(f.advances[4*i:]))
}

// Subset makes a font program with these glyphs, in this order. The first must
// be 0, the glyph for what is missing.
func (f *Font) Subset(glyphs []uint16) (*Program, error) {
	if len(glyphs) == 0 || glyphs[0] != 0 || len(glyphs) > maxSubsetCount {
		return nil, bad("a subset of %d glyphs", len(glyphs))
	}
	for _, g := range glyphs {
		if int(g) >= f.glyphs {
			return nil, bad("there is no glyph %d", g)
		}
	}
	return f.outlines.subset(glyphs)
}

// read gives bytes of the file.
func (f *Font) read(at, size int64) ([]byte, error) {
	if at < 0 || size < 0 || at > f.size || size > f.size-at {
		return nil, bad("it is cut short")
	}
	b := make([]byte, size)
	if n, err := f.r.ReadAt(b, at); int64(n) < size {
		return nil, bad("reading it: %v", err)
	}
	return b, nil
}

// table reads a table of at least least bytes and at most most; nil when it is
// absent and least is 0.
func (f *Font) table(tag string, least, most int64) ([]byte, error) {
	e, ok := f.tables[tag]
	switch {
	case !ok && least == 0:
		return nil, nil
	case !ok:
		return nil, bad("it has no %s table", tag)
	case e.size < least || e.size > most:
		return nil, bad("its %s table has %d bytes", tag, e.size)
	}
	return f.read(e.at, e.size)
}

// faces gives where the table directory of each face begins.
func (f *Font) faces() ([]int64, error) {
	head, err := f.read(0, 12)
	if err != nil {
		return nil, err
	}
	if string(head[:4]) != "ttcf" {
		return []int64{0}, nil
	}
	n := int64(binary.BigEndian.Uint32(head[8:]))
	if n == 0 || n > maxFaces {
		return nil, bad("a collection of %d faces", n)
	}
	offsets, err := f.read(12, 4*n)
	if err != nil {
		return nil, err
	}
	starts := make([]int64, n)
	for i := range starts {
		starts[i] = int64(binary.BigEndian.Uint32(offsets[4*i:]))
	}
	return starts, nil
}

// directory reads where the tables are.
func (f *Font) directory(at int64) error {
	head, err := f.read(at, 12)
	if err != nil {
		return err
	}
	switch string(head[:4]) {
	case "\x00\x01\x00\x00", "true", "OTTO":
	default:
		return bad("it is no TrueType or OpenType font")
	}
	n := int64(binary.BigEndian.Uint16(head[4:]))
	if n > maxTables {
		return bad("%d tables", n)
	}
	records, err := f.read(at+12, 16*n)
	if err != nil {
		return err
	}
	f.tables = make(map[string]extent, n)
	for ; len(records) > 0; records = records[16:] {
		e := extent{int64(binary.BigEndian.Uint32(records[8:])), int64(binary.BigEndian.Uint32(records[12:]))}
		if e.at > f.size || e.size > f.size-e.at {
			return bad("its table %q goes beyond the file", records[:4])
		}
		f.tables[string(records[:4])] = e
	}
	return nil
}

// readOutlines finds out which outlines the font has.
func (f *Font) readOutlines() (err error) {
	_, glyf := f.tables["glyf"]
	_, cff := f.tables["CFF "]
	switch {
	case glyf:
		f.outlines, err = newGlyf(f)
	case cff:
		f.outlines, err = newCFF(f)
	default:
		err = bad("it has no outlines that can be embedded (glyf or CFF)")
	}
	return err
}
