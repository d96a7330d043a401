package xmlsec

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits bound a document. The zero value of a field means the default.
type Limits struct {
	Size       int // bytes; default 16 MiB
	Depth      int // nested elements; default 100
	Elements   int // default 1,000,000
	Attributes int // of one element, declarations included; default 100
	Prefixes   int // declared at once, on an element and all around it; default 200
}

func (l Limits) orDefault() Limits {
	for _, f := range []struct {
		field *int
		usual int
	}{{&l.Size, 16 << 20}, {&l.Depth, 100}, {&l.Elements, 1_000_000}, {&l.Attributes, 100}, {&l.Prefixes, 200}} {
		if *f.field == 0 {
			*f.field = f.usual
		}
	}
	return l
}

// Parse reads a whole document: XML 1.0 with namespaces, in UTF-8, without a
// document type. It is stricter than encoding/xml, which lets through
// attributes given twice, prefixes without a namespace and several roots, and
// does not normalise attribute values.
func Parse(text []byte, limits Limits) (*Document, error) {
	l := limits.orDefault()
	if len(text) > l.Size {
		return nil, ErrLimit
	}
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	if !utf8.Valid(text) {
		return nil, ErrEncoding
	}
	p := &parser{limits: l, text: lineEnds(text), doc: &Document{ids: make(map[string]*Element)}}
	p.doc.Text = p.text
	if err := p.document(); err != nil {
		return nil, fmt.Errorf("reading XML at byte %d: %w", p.at, err)
	}
	p.doc.Elements = p.elements
	return p.doc, nil
}

// lineEnds makes every line end a line feed (XML 1.0 §2.11), and gives the
// text as a string whose parts the document keeps.
func lineEnds(text []byte) string {
	s := string(text)
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

type parser struct {
	limits   Limits
	text     string
	at       int
	doc      *Document
	open     *Element // the innermost element that is open
	depth    int
	prefixes int // declared on the open elements
	elements int
	pending  []string // text not yet a node: neighbouring text, CDATA and references
}

func (p *parser) rest() string { return p.text[p.at:] }

// take moves over a literal when it is next.
func (p *parser) take(literal string) bool {
	if strings.HasPrefix(p.rest(), literal) {
		p.at += len(literal)
		return true
	}
	return false
}

// until takes everything before end, and end.
func (p *parser) until(end string) (string, error) {
	i := strings.Index(p.rest(), end)
	if i < 0 {
		return "", ErrMalformed
	}
	s := p.text[p.at : p.at+i]
	p.at += i + len(end)
	return s, nil
}

func (p *parser) space() bool {
	from := p.at
	for p.at < len(p.text) && isSpace(p.text[p.at]) {
		p.at++
	}
	return p.at > from
}

func (p *parser) document() error {
	if strings.HasPrefix(p.rest(), "<?xml") && len(p.rest()) > 5 && isSpace(p.rest()[5]) {
		if err := p.declaration(); err != nil {
			return err
		}
	}
	for p.at < len(p.text) {
		if err := p.next(); err != nil {
			return err
		}
	}
	if p.doc.Root == nil || p.open != nil {
		return ErrMalformed
	}
	return nil
}

// next reads one piece of markup or text.
func (p *parser) next() error {
	switch {
	case !strings.HasPrefix(p.rest(), "<"):
		return p.chars()
	case p.take("<!--"):
		return p.comment()
	case p.take("<![CDATA["):
		return p.cdata()
	case strings.HasPrefix(p.rest(), "<!"):
		return ErrDTD
	case p.take("<?"):
		return p.instruction()
	case p.take("</"):
		return p.endTag()
	default:
		p.at++
		return p.startTag()
	}
}

// declaration reads <?xml version="1.0" encoding="UTF-8" standalone="no"?>.
func (p *parser) declaration() error {
	inside, err := p.until("?>")
	if err != nil {
		return err
	}
	want := []string{"version", "encoding", "standalone"}
	d := &parser{text: inside[len("<?xml"):], limits: p.limits}
	if d.space(); !strings.HasPrefix(d.rest(), "version") {
		return ErrMalformed
	}
	for d.at < len(d.text) {
		name, value, err := d.pseudoAttribute()
		if err != nil {
			return err
		}
		i := 0
		for i < len(want) && want[i] != name {
			i++
		}
		if i == len(want) {
			return ErrMalformed
		}
		switch {
		case name == "version" && value != "1.0",
			name == "encoding" && !strings.EqualFold(value, "UTF-8"):
			return ErrEncoding
		case name == "standalone" && value != "yes" && value != "no":
			return ErrMalformed
		}
		want = want[i+1:]
		if !d.space() && d.at < len(d.text) {
			return ErrMalformed
		}
	}
	return nil
}

func (p *parser) pseudoAttribute() (name, value string, err error) {
	if name, err = p.name(); err != nil {
		return "", "", err
	}
	p.space()
	if !p.take("=") {
		return "", "", ErrMalformed
	}
	p.space()
	value, err = p.quoted()
	return name, value, err
}

func (p *parser) quoted() (string, error) {
	for _, quote := range []string{`"`, "'"} {
		if p.take(quote) {
			return p.until(quote)
		}
	}
	return "", ErrMalformed
}

// name reads a name with at most one colon, not at either end.
func (p *parser) name() (string, error) {
	from := p.at
	for p.at < len(p.text) {
		r, size := utf8.DecodeRuneInString(p.rest())
		if !isNameChar(r) && r != ':' {
			break
		}
		p.at += size
	}
	name := p.text[from:p.at]
	prefix, local, qualified := strings.Cut(name, ":")
	if !isNCName(prefix) || qualified && !isNCName(local) {
		return "", ErrMalformed
	}
	return name, nil
}
