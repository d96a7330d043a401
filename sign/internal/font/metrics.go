package font

import (
	"encoding/binary"
	"unicode"
)

// head reads the tables head and maxp.
func (f *Font) head() error {
	head, err := f.table("head", 54, 1<<10)
	if err != nil {
		return err
	}
	f.UnitsPerEm = int(binary.BigEndian.Uint16(head[18:]))
	if f.UnitsPerEm < 16 || f.UnitsPerEm > 16384 {
		return bad("%d units per em", f.UnitsPerEm)
	}
	for i := range f.Box {
		f.Box[i] = int(int16(binary.BigEndian.Uint16(head[36+2*i:])))
	}
	maxp, err := f.table("maxp", 6, 1<<10)
	if err != nil {
		return err
	}
	if f.glyphs = int(binary.BigEndian.Uint16(maxp[4:])); f.glyphs == 0 {
		return bad("it has no glyphs")
	}
	return nil
}

// Bits of OS/2 fsType.
const (
	usageMask    = 0x000e
	restricted   = 0x0002 // alone: no embedding
	noSubsetting = 0x0100
	bitmapOnly   = 0x0200
)

// licence refuses fonts that may not be embedded as a subset.
func (f *Font) licence() error {
	if e := f.tables["OS/2"]; e.size < 10 {
		return nil // fonts of the 1990s have none
	}
	os2, err := f.table("OS/2", 10, 1<<10)
	if err != nil {
		return err
	}
	bits := binary.BigEndian.Uint16(os2[8:])
	if bits&usageMask == restricted || bits&(noSubsetting|bitmapOnly) != 0 {
		return bad("its licence forbids embedding a subset (fsType %#04x)", bits)
	}
	return nil
}

// horizontal reads the tables hhea and hmtx.
func (f *Font) horizontal() error {
	hhea, err := f.table("hhea", 36, 1<<10)
	if err != nil {
		return err
	}
	f.Ascent = int(int16(binary.BigEndian.Uint16(hhea[4:])))
	f.Descent = int(int16(binary.BigEndian.Uint16(hhea[6:])))
	f.Ascent = max(f.UnitsPerEm/2, min(f.Ascent, 2*f.UnitsPerEm))
	f.Descent = min(0, max(f.Descent, -f.UnitsPerEm))
	f.metrics = int(binary.BigEndian.Uint16(hhea[34:]))
	if f.metrics == 0 || f.metrics > f.glyphs {
		return bad("%d widths for %d glyphs", f.metrics, f.glyphs)
	}
	f.advances, err = f.table("hmtx", 4*int64(f.metrics), 1<<20)
	return err
}

// names reads the PostScript name (name 6), in either of its encodings.
func (f *Font) names() error {
	f.Name = "Font"
	table, err := f.table("name", 0, maxNames)
	if err != nil || len(table) < 6 {
		return err
	}
	count, strings := int(binary.BigEndian.Uint16(table[2:])), int(binary.BigEndian.Uint16(table[4:]))
	for i := range count {
		if 6+12*(i+1) > len(table) {
			return nil
		}
		record := table[6+12*i:]
		size, at := int(binary.BigEndian.Uint16(record[8:])), strings+int(binary.BigEndian.Uint16(record[10:]))
		if binary.BigEndian.Uint16(record[6:]) != 6 || at+size > len(table) {
			continue
		}
		if name := plainName(table[at : at+size]); name != "" {
			f.Name = name
			return nil
		}
	}
	return nil
}

// plainName keeps the letters, digits and hyphens of a name in ASCII or
// UTF-16BE, 63 at most.
func plainName(b []byte) string {
	var out []byte
	for _, c := range b {
		if c == '-' || c < 0x80 && (unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c))) {
			out = append(out, c)
		}
	}
	return string(out[:min(len(out), 63)])
}

// blank tells whether a character is meant to draw nothing.
func blank(r rune) bool { return unicode.Is(unicode.Zs, r) }
