package revisions

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"eidgate/sign/internal/pdf"
)

var errFont = errors.New("its font does not say which characters it draws")

// font is one whose codes stand for characters that can be told.
type font struct {
	base        pdf.Name        // encoding
	name        pdf.Name        // of the font
	first       int             // code of the first width
	widths      []float64       // in thousandths of the font size, nil when not known
	differences map[byte]string // glyph names
	bad         error           // why it cannot be read
}

// maxFonts bounds the fonts of one appearance.
const maxFonts = 64

// fontsOf reads the fonts that an appearance may use. Resources of other kinds
// are refused unless the document had the whole dictionary before.
func (s *step) fontsOf(value pdf.Object, d *drawing) error {
	resources, err := s.new.Dict(value)
	if err != nil {
		return err
	}
	if s.writes(value) && !onlyDiffer(nil, resources, "Font", "ProcSet") {
		return fmt.Errorf("%w: it uses %s", ErrFillAppearance, differing(nil, resources, "Font", "ProcSet"))
	}
	fonts, err := s.new.Dict(resources.Get("Font"))
	if err != nil {
		return err
	}
	if fonts.Repeated() != "" || len(fonts) > maxFonts {
		return fmt.Errorf("%w: its fonts", ErrFillAppearance)
	}
	for _, e := range fonts {
		if d.fonts[e.Key], err = s.fontOf(e.Value); err != nil {
			return err
		}
	}
	return nil
}

// writes tells whether a value was not there when the document was signed: it
// stands in what a filling writes, or refers to an object that a later revision
// wrote. An update may bring objects that nothing uses, for the next one to use.
func (s *step) writes(value pdf.Object) bool {
	ref, ok := value.(pdf.Ref)
	if !ok {
		return true
	}
	_, revision, found, err := s.new.Lookup(ref.Num)
	return err != nil || !found || revision > s.base
}

// fontOf reads a font. One that the revision brings must be one of the standard
// fonts, which every program draws with its own glyphs; one of the document may
// bring its glyphs along, they are signed.
func (s *step) fontOf(value pdf.Object) (*font, error) {
	d, err := s.new.Dict(value)
	if err != nil {
		return nil, err
	}
	out := &font{differences: map[byte]string{}}
	kind := d.Name("Subtype")
	simple := kind == "Type1" || kind == "TrueType" || kind == "MMType1"
	own := []pdf.Name{"Type", "Subtype", "Name", "BaseFont", "Encoding"}
	switch {
	case !simple || d.Repeated() != "" || d.Name("BaseFont") == "Symbol" || d.Name("BaseFont") == "ZapfDingbats":
		out.bad = errFont
	case s.writes(value) && (!onlyDiffer(nil, d, own...) || !standardFont(d.Name("BaseFont"))):
		return nil, fmt.Errorf("%w: it brings a font of its own", ErrFillAppearance)
	}
	encoding, err := s.new.Resolve(d.Get("Encoding"))
	if err != nil {
		return nil, err
	}
	if err := out.measure(s.new, d); err != nil {
		return nil, err
	}
	switch e := encoding.(type) {
	case nil:
		if !standardFont(d.Name("BaseFont")) {
			out.bad = errFont
		}
	case pdf.Name:
		out.base = e
	case pdf.Dict:
		if e.Repeated() != "" {
			out.bad = errFont
		}
		out.base = e.Name("BaseEncoding")
		out.bad = errors.Join(out.bad, out.differ(e.Get("Differences")))
	default:
		out.bad = errFont
	}
	if !slices.Contains([]pdf.Name{"", "StandardEncoding", "WinAnsiEncoding", "PDFDocEncoding", "MacRomanEncoding"}, out.base) {
		out.bad = errFont
	}
	return out, nil
}

// standardFont tells whether a font is one of the 14 with letters (ISO 32000-1
// §9.6.2.2).
func standardFont(name pdf.Name) bool {
	family, style, _ := strings.Cut(string(name), "-")
	switch family {
	case "Helvetica", "Courier":
		return style == "" || style == "Bold" || style == "Oblique" || style == "BoldOblique"
	case "Times":
		return style == "Roman" || style == "Bold" || style == "Italic" || style == "BoldItalic"
	}
	return false
}

// differ reads Differences (§9.6.6.1).
func (f *font) differ(value pdf.Object) error {
	list, ok := value.(pdf.Array)
	if value != nil && !ok {
		return errFont
	}
	code := -1
	for _, item := range list {
		switch v := item.(type) {
		case pdf.Integer:
			code = int(v)
		case pdf.Name:
			if code < 0 || code > 255 {
				return errFont
			}
			f.differences[byte(code)] = string(v)
			code++
		default:
			return errFont
		}
	}
	return nil
}

// decode tells which characters a string shows.
func (f *font) decode(text []byte) (string, error) {
	if f.bad != nil {
		return "", f.bad
	}
	var out strings.Builder
	for _, c := range text {
		r, ok := f.character(c)
		if !ok {
			return "", fmt.Errorf("%w: code %d", errFont, c)
		}
		out.WriteRune(r)
	}
	return out.String(), nil
}

func (f *font) character(c byte) (rune, bool) {
	if name, ok := f.differences[c]; ok {
		return glyph(name)
	}
	switch {
	case c == ' ' || c == '\n' || c == '\r' || c == '\t':
		return ' ', true
	case c < ' ' || c == 0x7f:
		return 0, false
	case f.base == "WinAnsiEncoding" && c >= 0x80:
		return winAnsi(c)
	case f.base == "PDFDocEncoding" && c >= 0x80:
		return []rune(pdf.DecodeText([]byte{c}))[0], true
	case c >= 0x80:
		return 0, false
	case (f.base == "" || f.base == "StandardEncoding") && c == '\'':
		return '’', true
	case (f.base == "" || f.base == "StandardEncoding") && c == '`':
		return '‘', true
	}
	return rune(c), true
}

// winAnsi is annex D.2 for codes from 128: Windows code page 1252.
func winAnsi(c byte) (rune, bool) {
	const high = "€\x00‚ƒ„…†‡ˆ‰Š‹Œ\x00Ž\x00\x00‘’“”•–—˜™š›œ\x00žŸ"
	if c == 0xad { // drawn as a hyphen
		return '-', true
	}
	if c >= 0xa0 {
		return rune(c), true
	}
	r := []rune(high)[c-0x80]
	return r, r != 0
}

// glyph is the character of a glyph name that form fonts use (Adobe Glyph List).
func glyph(name string) (rune, bool) {
	if len(name) == 1 && (name[0] >= 'a' && name[0] <= 'z' || name[0] >= 'A' && name[0] <= 'Z') {
		return rune(name[0]), true
	}
	const list = "space= exclam=! quotedbl=\" numbersign=# dollar=$ percent=% ampersand=& quotesingle=' quoteright=’ quoteleft=‘ " +
		"parenleft=( parenright=) asterisk=* plus=+ comma=, hyphen=- period=. slash=/ zero=0 one=1 two=2 three=3 four=4 five=5 six=6 " +
		"seven=7 eight=8 nine=9 colon=: semicolon=; less=< equal== greater=> question=? at=@ bracketleft=[ backslash=\\ bracketright=] " +
		"asciicircum=^ underscore=_ grave=` braceleft={ bar=| braceright=} asciitilde=~ bullet=• Euro=€ endash=– emdash=— " +
		"scaron=š Scaron=Š zcaron=ž Zcaron=Ž adieresis=ä Adieresis=Ä odieresis=ö Odieresis=Ö udieresis=ü Udieresis=Ü otilde=õ Otilde=Õ " +
		"ellipsis=… quotedblleft=“ quotedblright=” quotedblbase=„ quotesinglbase=‚ trademark=™ dagger=† daggerdbl=‡ fraction=⁄ " +
		"guilsinglleft=‹ guilsinglright=› minus=− perthousand=‰ fi=ﬁ fl=ﬂ Lslash=Ł lslash=ł OE=Œ oe=œ Ydieresis=Ÿ dotlessi=ı florin=ƒ " +
		"breve=˘ caron=ˇ circumflex=ˆ dotaccent=˙ hungarumlaut=˝ ogonek=˛ ring=˚ tilde=˜"
	if name == "space" {
		return ' ', true
	}
	_, rest, ok := strings.Cut(" "+list, " "+name+"=")
	if !ok || rest == "" || strings.ContainsAny(name, " =") {
		return 0, false
	}
	return []rune(rest)[0], true
}
