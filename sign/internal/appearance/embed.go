package appearance

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"eidgate/sign/internal/font"
	"eidgate/sign/internal/pdf"
)

// dict makes a dictionary of keys and values.
func dict(pairs ...any) pdf.Dict {
	var d pdf.Dict
	for pair := range slices.Chunk(pairs, 2) {
		if key, ok := pair[0].(string); ok && len(pair) == 2 {
			d = d.With(pdf.Name(key), pair[1])
		}
	}
	return d
}

// real writes a number with three digits after the point, which is less than a
// printer can show.
func real(v float64) pdf.Object {
	return pdf.Real(strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64))
}

// deflater compresses a stream. Writing to memory cannot fail.
type deflater struct {
	b bytes.Buffer
	w *zlib.Writer
}

func newDeflater() *deflater {
	d := &deflater{}
	d.w = zlib.NewWriter(&d.b)
	return d
}

func (d *deflater) write(b []byte) { _, _ = d.w.Write(b) }

func (d *deflater) finish() []byte {
	_ = d.w.Close()
	return d.b.Bytes()
}

func deflate(b []byte) []byte {
	d := newDeflater()
	d.write(b)
	return d.finish()
}

// putDeflated writes a compressed stream.
func putDeflated(u *pdf.Update, d pdf.Dict, data []byte) pdf.Ref {
	ref := u.Alloc()
	u.PutStream(ref, d.With("Filter", pdf.Name("FlateDecode")), deflate(data))
	return ref
}

// embedded is a subset ready to be written.
type embedded struct {
	face    *face
	program *font.Program
}

// embed makes the subset of the characters that a face has drawn.
func (f *face) embed() (*embedded, error) {
	program, err := f.font.Subset(f.glyphs)
	if err != nil {
		return nil, err
	}
	return &embedded{f, program}, nil
}

// write adds the objects of a composite font: ISO 32000-1 §9.7. Codes are two
// bytes (Identity-H) and CIDs are glyphs of the subset.
func (e *embedded) write(u *pdf.Update) pdf.Ref {
	name := e.name()
	fileKey, fileDict, kind := "FontFile2", dict("Length1", pdf.Integer(len(e.program.Data))), "CIDFontType2"
	if e.program.CFF {
		fileKey, fileDict, kind = "FontFile3", dict("Subtype", pdf.Name("CIDFontType0C")), "CIDFontType0"
	}
	file := putDeflated(u, fileDict, e.program.Data)
	descriptor := u.Alloc()
	u.Put(descriptor, e.descriptor(name).With(pdf.Name(fileKey), file).With("CIDSet", putDeflated(u, nil, e.cidSet())))
	cid := dict("Type", pdf.Name("Font"), "Subtype", pdf.Name(kind), "BaseFont", name,
		"CIDSystemInfo", dict("Registry", pdf.EncodeText("Adobe"), "Ordering", pdf.EncodeText("Identity"), "Supplement", pdf.Integer(0)),
		"FontDescriptor", descriptor, "DW", e.thousandths(0), "W", pdf.Array{pdf.Integer(0), e.widths()})
	if !e.program.CFF {
		cid = cid.With("CIDToGIDMap", pdf.Name("Identity"))
	}
	descendant := u.Alloc()
	u.Put(descendant, cid)
	ref := u.Alloc()
	base := name
	if e.program.CFF { // ISO 32000-1 table 121: CIDFont name, hyphen, CMap name
		base += "-Identity-H"
	}
	u.Put(ref, dict("Type", pdf.Name("Font"), "Subtype", pdf.Name("Type0"), "BaseFont", base, "Encoding", pdf.Name("Identity-H"),
		"DescendantFonts", pdf.Array{descendant}, "ToUnicode", putDeflated(u, nil, e.toUnicode())))
	return ref
}

// name is the font's with the tag of a subset: ISO 32000-1 §9.6.4.
func (e *embedded) name() pdf.Name {
	sum := sha256.Sum256(e.program.Data)
	tag := make([]byte, 6)
	for i := range tag {
		tag[i] = 'A' + sum[i]%26
	}
	return pdf.Name(string(tag) + "+" + e.face.font.Name)
}

// symbolic: the font has other characters than the standard Latin ones (ISO
// 32000-1 table 123).
const symbolic = 4

func (e *embedded) descriptor(name pdf.Name) pdf.Dict {
	f := e.face.font
	scaled := func(v int) pdf.Object { return pdf.Integer(math.Round(1000 * em(f, v))) }
	return dict("Type", pdf.Name("FontDescriptor"), "FontName", name, "Flags", pdf.Integer(symbolic),
		"FontBBox", pdf.Array{scaled(f.Box[0]), scaled(f.Box[1]), scaled(f.Box[2]), scaled(f.Box[3])},
		"ItalicAngle", pdf.Integer(0), "Ascent", scaled(f.Ascent), "Descent", scaled(f.Descent),
		"CapHeight", scaled(f.Ascent*3/4), "StemV", pdf.Integer(80))
}

// widths of all codes, in thousandths of an em.
func (e *embedded) widths() pdf.Array {
	var out pdf.Array
	for i := range e.face.width {
		out = append(out, e.thousandths(i))
	}
	return out
}

func (e *embedded) thousandths(code int) pdf.Object { return real(1000 * e.face.width[code]) }

// cidSet names every glyph of the subset: PDF/A-1 asks for it.
func (e *embedded) cidSet() []byte {
	out := make([]byte, (e.program.Glyphs+7)/8)
	for i := range e.program.Glyphs {
		out[i/8] |= 0x80 >> (i % 8)
	}
	return out
}

// maxMapped is how many lines one block of a CMap may have.
const maxMapped = 100

// toUnicode leads from codes back to characters: ISO 32000-1 §9.10.3.
func (e *embedded) toUnicode() []byte {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	var codes []int // glyphs that stand for nothing alone have their text beside them
	for code, text := range e.face.texts {
		if text != "" {
			codes = append(codes, code)
		}
	}
	for chunk := range slices.Chunk(codes, maxMapped) {
		fmt.Fprintf(&b, "%d beginbfchar\n", len(chunk))
		for _, code := range chunk {
			fmt.Fprintf(&b, "<%04X> <%s>\n", code, utf16Hex([]rune(e.face.texts[code])))
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.Bytes()
}

// utf16Hex writes text in UTF-16BE, in hexadecimal.
func utf16Hex(text []rune) string {
	var b strings.Builder
	for _, unit := range utf16.Encode(text) {
		fmt.Fprintf(&b, "%04X", unit)
	}
	return b.String()
}
