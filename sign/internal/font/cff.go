package font

import "encoding/binary"

// cff are Compact Font Format outlines: Adobe Technical Note 5176.
type cff struct {
	f       *Font
	table   extent
	global  *cffIndex
	strings *cffIndex
	chars   *cffIndex
	top     cffDict
	dicts   []cffDict // one Font DICT for each part of a font keyed by CID, else the Top DICT
	choose  []byte    // FDSelect; nil when there is one dict
}

// Operators of a DICT: TN5176 tables 9, 10 and 23. Two-byte ones are 0x0c00 and
// the second byte.
const (
	opFontBBox   = 5
	opCharset    = 15
	opCharString = 17
	opPrivate    = 18
	opSubrs      = 19
	opType       = 0x0c06
	opMatrix     = 0x0c07
	opROS        = 0x0c1e
	opCIDCount   = 0x0c22
	opFDArray    = 0x0c24
	opFDSelect   = 0x0c25
	opFontName   = 0x0c26
)

const (
	maxFontDicts  = 256
	maxDictBytes  = 1 << 14
	maxCharString = 1 << 16
)

func newCFF(f *Font) (*cff, error) {
	c := &cff{f: f, table: f.tables["CFF "]}
	head, err := c.read(0, 4)
	if err != nil {
		return nil, err
	}
	if head[0] != 1 {
		return nil, bad("CFF version %d", head[0])
	}
	names, err := c.index(int64(head[2]))
	if err != nil {
		return nil, err
	}
	tops, err := c.index(names.end)
	if err != nil {
		return nil, err
	}
	if c.strings, err = c.index(tops.end); err != nil {
		return nil, err
	}
	if c.global, err = c.index(c.strings.end); err != nil {
		return nil, err
	}
	if tops.count() != 1 {
		return nil, bad("%d fonts in its CFF table", tops.count())
	}
	if c.top, err = c.dict(tops, 0); err != nil {
		return nil, err
	}
	if kind, ok := c.top.number(opType); ok && kind != 2 {
		return nil, bad("charstrings of type %d", kind)
	}
	at, _ := c.top.number(opCharString)
	if c.chars, err = c.index(at); err != nil {
		return nil, err
	}
	if c.chars.count() != f.glyphs {
		return nil, bad("%d outlines for %d glyphs", c.chars.count(), f.glyphs)
	}
	return c, c.fontDicts()
}

// fontDicts reads FDArray and FDSelect of a font keyed by CID.
func (c *cff) fontDicts() error {
	if c.top.find(opROS) == nil {
		c.dicts = []cffDict{c.top}
		return nil
	}
	at, _ := c.top.number(opFDArray)
	array, err := c.index(at)
	if err != nil {
		return err
	}
	if array.count() == 0 || array.count() > maxFontDicts {
		return bad("%d font dictionaries", array.count())
	}
	for i := range array.count() {
		d, err := c.dict(array, i)
		if err != nil {
			return err
		}
		c.dicts = append(c.dicts, d)
	}
	at, _ = c.top.number(opFDSelect)
	return c.fdSelect(at)
}

// fdSelect reads which font dictionary each glyph uses: TN5176 §19.
func (c *cff) fdSelect(at int64) error {
	format, err := c.read(at, 1)
	if err != nil {
		return err
	}
	n := c.f.glyphs
	switch format[0] {
	case 0:
		c.choose, err = c.read(at+1, int64(n))
		if err != nil {
			return err
		}
	case 3:
		head, err := c.read(at+1, 2)
		if err != nil {
			return err
		}
		ranges, err := c.read(at+3, 3*int64(binary.BigEndian.Uint16(head))+2)
		if err != nil {
			return err
		}
		c.choose = make([]byte, n)
		for ; len(ranges) >= 5; ranges = ranges[3:] {
			first, next := int(binary.BigEndian.Uint16(ranges)), int(binary.BigEndian.Uint16(ranges[3:]))
			for g := first; g < min(next, n); g++ {
				c.choose[g] = ranges[2]
			}
		}
	default:
		return bad("FDSelect of format %d", format[0])
	}
	for _, d := range c.choose {
		if int(d) >= len(c.dicts) {
			return bad("there is no font dictionary %d", d)
		}
	}
	return nil
}

// dictOf is the number of the font dictionary of a glyph.
func (c *cff) dictOf(glyph uint16) int {
	if c.choose == nil {
		return 0
	}
	return int(c.choose[glyph])
}

// empty: a charstring that only ends, or sets its width and ends.
func (c *cff) empty(glyph uint16) bool {
	e, ok := c.chars.place(int(glyph))
	if !ok || e.size > 16 {
		return !ok
	}
	char, err := c.read(e.at, e.size)
	for err == nil && len(char) > 0 {
		_, size := charNumber(char)
		if size == 0 || size > len(char) {
			return char[0] == opEndChar
		}
		char = char[size:]
	}
	return true
}

// read gives bytes of the CFF table.
func (c *cff) read(at, size int64) ([]byte, error) {
	if at < 0 || size < 0 || at > c.table.size || size > c.table.size-at {
		return nil, bad("its CFF table is cut short")
	}
	return c.f.read(c.table.at+at, size)
}

// cffIndex is a list of pieces of data: TN5176 §5.
type cffIndex struct {
	offsets []byte
	width   int
	base    int64 // offsets count from here
	end     int64 // after the last piece
}

func (c *cff) index(at int64) (*cffIndex, error) {
	head, err := c.read(at, 2)
	if err != nil {
		return nil, err
	}
	count := int64(binary.BigEndian.Uint16(head))
	if count == 0 {
		return &cffIndex{end: at + 2}, nil
	}
	width, err := c.read(at+2, 1)
	if err != nil {
		return nil, err
	}
	if width[0] < 1 || width[0] > 4 {
		return nil, bad("offsets of %d bytes", width[0])
	}
	x := &cffIndex{width: int(width[0])}
	if x.offsets, err = c.read(at+3, int64(x.width)*(count+1)); err != nil {
		return nil, err
	}
	x.base = at + 3 + int64(len(x.offsets)) - 1
	x.end = x.base + x.offset(int(count))
	if x.offset(int(count)) < 1 || x.end > c.table.size {
		return nil, bad("its CFF table is cut short")
	}
	return x, nil
}

func (x *cffIndex) count() int {
	if x.width == 0 {
		return 0
	}
	return len(x.offsets)/x.width - 1
}

func (x *cffIndex) offset(i int) int64 {
	var v int64
	for _, b := range x.offsets[i*x.width : (i+1)*x.width] {
		v = v<<8 | int64(b)
	}
	return v
}

// place is where piece i is in the table.
func (x *cffIndex) place(i int) (extent, bool) {
	if i < 0 || i >= x.count() {
		return extent{}, false
	}
	from, to := x.offset(i), x.offset(i+1)
	return extent{x.base + from, to - from}, from >= 1 && from <= to && x.base+to <= x.end
}

// item reads piece i, of most bytes at most.
func (c *cff) item(x *cffIndex, i int, most int64) ([]byte, error) {
	e, ok := x.place(i)
	if !ok || e.size > most {
		return nil, bad("its CFF table is damaged")
	}
	return c.read(e.at, e.size)
}
