package font

import (
	"encoding/binary"
	"slices"
)

// layoutTables are what shaping reads, in the order of their tags.
var layoutTables = []string{"GDEF", "GPOS", "GSUB", "OS/2", "cmap", "head", "hhea", "hmtx", "kern", "maxp"}

// maxLayout is the most bytes of one of them. Noto Nastaliq Urdu, about the
// largest there is, has 0.4 MB.
const maxLayout = 4 << 20

// Layout gives the font without its outlines: the tables that a shaping engine
// reads, as a font file of their own.
func (f *Font) Layout() ([]byte, error) {
	var tables []sfntTable
	for _, tag := range layoutTables {
		data, err := f.table(tag, 0, maxLayout)
		if err != nil {
			return nil, err
		}
		if data != nil {
			tables = append(tables, sfntTable{tag, data})
		}
	}
	return writeSfnt(tables), nil
}

// Knows tells whether the font says how to shape letters of a script, in its
// table GSUB, or with placed how to place marks on them, in GPOS. The script is
// named by its OpenType tags.
func (f *Font) Knows(placed bool, tags ...string) bool {
	f.readScripts()
	table := "GSUB"
	if placed {
		table = "GPOS"
	}
	return slices.ContainsFunc(f.scripts[table], func(tag string) bool { return slices.Contains(tags, tag) })
}

func (f *Font) readScripts() {
	if f.scripts == nil {
		f.scripts = map[string][]string{"GSUB": f.scriptsOf("GSUB"), "GPOS": f.scriptsOf("GPOS")}
	}
}

// Scripts is for how many scripts the font has rules of substitution. A font
// made for one script knows it best.
func (f *Font) Scripts() int {
	f.readScripts()
	return len(f.scripts["GSUB"])
}

// Placing is the same for rules of placing.
func (f *Font) Placing() int {
	f.readScripts()
	return len(f.scripts["GPOS"])
}

// maxScripts is more than OpenType has.
const maxScripts = 512

// scriptsOf reads the script list of a layout table: OpenType chapter "Common
// Table Formats". One that cannot be read has none.
func (f *Font) scriptsOf(table string) []string {
	e := f.tables[table]
	if e.size < 10 {
		return nil
	}
	head, err := f.read(e.at, 10)
	if err != nil || binary.BigEndian.Uint16(head) != 1 { // the major version
		return nil
	}
	at := int64(binary.BigEndian.Uint16(head[4:]))
	if at+2 > e.size {
		return nil
	}
	count, err := f.read(e.at+at, 2)
	if err != nil {
		return nil
	}
	n := int64(binary.BigEndian.Uint16(count))
	if n > maxScripts || at+2+6*n > e.size {
		return nil
	}
	records, err := f.read(e.at+at+2, 6*n)
	if err != nil {
		return nil
	}
	var out []string
	for record := range slices.Chunk(records, 6) {
		out = append(out, string(record[:4]))
	}
	return out
}

// Reach is how far a glyph goes above and below the baseline, in units; bottom
// is mostly negative. Of CFF outlines the box of the whole font is told.
func (f *Font) Reach(glyph uint16) (top, bottom int) {
	if top, bottom, ok := f.outlines.reach(glyph); ok {
		return top, bottom
	}
	return f.Box[3], f.Box[1]
}

// reach reads the box of an outline: OpenType chapter "glyf".
func (g *glyf) reach(glyph uint16) (top, bottom int, ok bool) {
	e, ok := g.place(glyph)
	if !ok {
		return 0, 0, false
	}
	if e.size < 10 {
		return 0, 0, true
	}
	head, err := g.f.read(e.at, 10)
	if err != nil {
		return 0, 0, false
	}
	return int(int16(binary.BigEndian.Uint16(head[8:]))), int(int16(binary.BigEndian.Uint16(head[4:]))), true
}

func (*cff) reach(uint16) (top, bottom int, ok bool) { return 0, 0, false }
