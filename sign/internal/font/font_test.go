package font_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"os"
	"slices"
	"testing"

	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"

	"eidgate/sign/internal/font"
)

func parse(t testing.TB, data []byte, index int) *font.Font {
	t.Helper()
	f, err := font.Parse(bytes.NewReader(data), int64(len(data)), index)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// installed reads a font of this machine.
func installed(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	switch {
	case err != nil && os.Getenv("CI") != "":
		t.Fatalf("the font is not installed: %v", err)
	case err != nil:
		t.Skipf("the font is not installed; make test installs it: %v", err)
	}
	return data
}

// Glyphs and widths are those that an independent reader finds.
func TestGlyphsAndWidths(t *testing.T) {
	for _, c := range []struct {
		path  string
		index int
		runes string
	}{
		{"", 0, "AzÕŠŽЩШЌαΩ 0–€"},
		{"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", 0, "AÕЩЌәҚﬁ☺"},
		{"/usr/share/fonts/truetype/nanum/NanumGothic.ttf", 0, "A한글힣"},
		{"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 1, "A한글山𠮷"},
		{"/usr/share/fonts/opentype/urw-base35/NimbusSans-Regular.otf", 0, "AÕЩ"},
	} {
		t.Run(c.path, func(t *testing.T) {
			data := goregular.TTF
			if c.path != "" {
				data = installed(t, c.path)
			}
			f := parse(t, data, c.index)
			collection, err := sfnt.ParseCollection(data)
			if err != nil {
				t.Fatal(err)
			}
			judge, err := collection.Font(c.index)
			if err != nil {
				t.Fatal(err)
			}
			var buffer sfnt.Buffer
			for _, r := range c.runes {
				want, err := judge.GlyphIndex(&buffer, r)
				if err != nil {
					t.Fatal(err)
				}
				got, ok := f.Glyph(r)
				if !ok || got != uint16(want) {
					t.Errorf("%c: glyph %d, %v, want %d", r, got, ok, want)
				}
				advance, err := judge.GlyphAdvance(&buffer, want, fixed.I(int(judge.UnitsPerEm())), 0)
				if err != nil {
					t.Fatal(err)
				}
				if got := f.Advance(got); got != advance.Round() {
					t.Errorf("%c: width %d, want %d", r, got, advance.Round())
				}
			}
			for _, r := range "\x00\ue123\U0010ffff\uffff" {
				if glyph, ok := f.Glyph(r); ok {
					t.Errorf("U+%04X has glyph %d", r, glyph)
				}
			}
		})
	}
}

// The outlines of a subset are those of the font, for an independent reader
// that gets the tables back that PDF leaves out.
func TestSubsetOutlines(t *testing.T) {
	for _, c := range []struct {
		path  string
		index int
		text  string
	}{
		{"", 0, "ЩÕŠAéiÅ"},
		{"/usr/share/fonts/truetype/nanum/NanumGothic.ttf", 0, "한글힣A"},
		{"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 1, "한글힣Aあ山Щ龘"},
		{"/usr/share/fonts/opentype/urw-base35/NimbusRoman-Italic.otf", 0, "ÕЩgA"},
	} {
		t.Run(c.path, func(t *testing.T) {
			data := goregular.TTF
			if c.path != "" {
				data = installed(t, c.path)
			}
			f := parse(t, data, c.index)
			glyphs := []uint16{0}
			for _, r := range c.text {
				g, ok := f.Glyph(r)
				if !ok {
					t.Fatalf("no glyph for %c", r)
				}
				glyphs = append(glyphs, g)
			}
			program, err := f.Subset(glyphs)
			if err != nil {
				t.Fatal(err)
			}
			if len(program.Data) > len(data)/4 || program.Glyphs < len(glyphs) {
				t.Errorf("a subset of %d bytes with %d glyphs", len(program.Data), program.Glyphs)
			}
			judge, err := sfnt.Parse(complete(t, program, f))
			if err != nil {
				t.Fatal(err)
			}
			collection, err := sfnt.ParseCollection(data)
			if err != nil {
				t.Fatal(err)
			}
			whole, err := collection.Font(c.index)
			if err != nil {
				t.Fatal(err)
			}
			for i, g := range glyphs {
				sameOutline(t, judge, sfnt.GlyphIndex(i), whole, sfnt.GlyphIndex(g))
			}
		})
	}
}

func sameOutline(t *testing.T, judge *sfnt.Font, i sfnt.GlyphIndex, whole *sfnt.Font, g sfnt.GlyphIndex) {
	t.Helper()
	var a, b sfnt.Buffer
	want, err := whole.LoadGlyph(&a, g, fixed.I(1000), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := judge.LoadGlyph(&b, i, fixed.I(1000), nil)
	if err != nil {
		t.Fatal(err)
	}
	if g != 0 && len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("glyph %d has other outlines than glyph %d of the font", i, g)
	}
}

// complete makes a whole font of a program: tables of Go Regular, whose content
// does not matter here, and for CFF those that count glyphs.
func complete(t *testing.T, program *font.Program, f *font.Font) []byte {
	t.Helper()
	tables := tablesOf(goregular.TTF)
	for _, tag := range []string{"cvt ", "fpgm", "prep"} {
		delete(tables, tag)
	}
	version := "\x00\x01\x00\x00"
	if program.CFF {
		version = "OTTO"
		delete(tables, "glyf")
		delete(tables, "loca")
		n := uint16(program.Glyphs)
		tables["CFF "] = program.Data
		tables["maxp"] = binary.BigEndian.AppendUint16([]byte{0, 0, 0x50, 0}, n)
		tables["hhea"] = binary.BigEndian.AppendUint16(bytes.Clone(tables["hhea"][:34]), n)
		tables["hmtx"] = make([]byte, 4*n)
		tables["head"] = bytes.Clone(tables["head"])
		binary.BigEndian.PutUint16(tables["head"][18:], uint16(f.UnitsPerEm))
	} else {
		maps.Copy(tables, tablesOf(program.Data))
	}
	tags := slices.Sorted(maps.Keys(tables))
	out := append([]byte(version), 0, byte(len(tags)), 0, 0, 0, 0, 0, 0)
	var body []byte
	for _, tag := range tags {
		out = append(out, tag...)
		for _, v := range []int{0, 12 + 16*len(tags) + len(body), len(tables[tag])} {
			out = binary.BigEndian.AppendUint32(out, uint32(v))
		}
		body = append(body, tables[tag]...)
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
	}
	return append(out, body...)
}

func tablesOf(b []byte) map[string][]byte {
	tables := map[string][]byte{}
	for i := range int(binary.BigEndian.Uint16(b[4:])) {
		record := b[12+16*i:]
		at, size := binary.BigEndian.Uint32(record[8:]), binary.BigEndian.Uint32(record[12:])
		tables[string(record[:4])] = b[at : at+size]
	}
	return tables
}

// table gives the place of a table of Go Regular.
func table(t testing.TB, data []byte, tag string) int {
	t.Helper()
	i := bytes.Index(data[:12+16*32], []byte(tag))
	if i < 0 {
		t.Fatalf("no table %s", tag)
	}
	return int(binary.BigEndian.Uint32(data[i+8:]))
}

// Fonts that are damaged, hostile or not to be embedded are refused.
func TestRefusals(t *testing.T) {
	change := func(tag string, at int, value uint16) []byte {
		data := bytes.Clone(goregular.TTF)
		binary.BigEndian.PutUint16(data[table(t, data, tag)+at:], value)
		return data
	}
	for name, data := range map[string][]byte{
		"nothing":         nil,
		"text":            []byte("this is no font, it is a sentence"),
		"half":            goregular.TTF[:len(goregular.TTF)/2],
		"no em":           change("head", 18, 0),
		"no glyphs":       change("maxp", 4, 0),
		"no widths":       change("hhea", 34, 0),
		"more widths":     change("hhea", 34, 0xffff),
		"restricted":      change("OS/2", 8, 0x0002),
		"no subsetting":   change("OS/2", 8, 0x0100),
		"bitmaps only":    change("OS/2", 8, 0x0200),
		"more glyphs":     change("maxp", 4, 0xffff),
		"no cmap":         bytes.Replace(goregular.TTF, []byte("cmap"), []byte("xmap"), 1),
		"no outlines":     bytes.Replace(goregular.TTF, []byte("glyf"), []byte("xlyf"), 1),
		"endless faces":   append([]byte("ttcf\x00\x01\x00\x00\xff\xff\xff\xff"), goregular.TTF...),
		"face of nowhere": []byte("ttcf\x00\x01\x00\x00\x00\x00\x00\x01\xff\xff\xff\x00"),
	} {
		if _, err := font.Parse(bytes.NewReader(data), int64(len(data)), 0); !errors.Is(err, font.ErrFont) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, index := range []int{-1, 1} {
		if _, err := font.Parse(bytes.NewReader(goregular.TTF), int64(len(goregular.TTF)), index); !errors.Is(err, font.ErrFont) {
			t.Errorf("face %d: %v", index, err)
		}
	}
}

// An outline that is made of itself would hang the reader of the PDF.
func TestCompositeLoop(t *testing.T) {
	data := bytes.Clone(goregular.TTF)
	f := parse(t, data, 0)
	g, _ := f.Glyph('Õ')
	loca, glyf := table(t, data, "loca"), table(t, data, "glyf")
	at := glyf + 2*int(binary.BigEndian.Uint16(data[loca+2*int(g):]))
	if long := binary.BigEndian.Uint16(data[table(t, data, "head")+50:]); long != 0 {
		at = glyf + int(binary.BigEndian.Uint32(data[loca+4*int(g):]))
	}
	copy(data[at:], []byte{0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(g >> 8), byte(g), 0, 0})
	if _, err := parse(t, data, 0).Subset([]uint16{0, g}); !errors.Is(err, font.ErrFont) {
		t.Errorf("a glyph made of itself: %v", err)
	}
	for _, glyphs := range [][]uint16{nil, {1}, {0, 0xffff}, make([]uint16, 5000)} {
		if _, err := f.Subset(glyphs); !errors.Is(err, font.ErrFont) {
			t.Errorf("%d glyphs: %v", len(glyphs), err)
		}
	}
}
