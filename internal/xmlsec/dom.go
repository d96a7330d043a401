package xmlsec

import "strings"

// Namespaces that XML itself reserves.
const (
	nsXML   = "http://www.w3.org/XML/1998/namespace"
	nsXMLNS = "http://www.w3.org/2000/xmlns/"
)

// Document is a parsed document. It is not changed after parsing.
type Document struct {
	Root *Element
	// Text is what was read, line ends made line feeds; [Element.Inside] points
	// into it.
	Text string
	// Elements is how many elements there are.
	Elements int
	// before and after are the comments and processing instructions around the
	// root.
	before, after []Node

	ids       map[string]*Element
	duplicate bool // two elements have the same Id
}

// Kind tells nodes apart.
type Kind uint8

// The kinds of nodes.
const (
	ElementNode Kind = iota + 1
	TextNode
	CommentNode
	InstructionNode
)

// Node is a child of an element.
type Node struct {
	Kind    Kind
	Element *Element // of an ElementNode
	Text    string   // of the others
	Target  string   // of an InstructionNode
}

// Element is an element with its name resolved.
type Element struct {
	Space  string // namespace URI, empty for none
	Prefix string
	Local  string

	Attributes []Attribute // without namespace declarations, in document order
	Children   []Node
	Parent     *Element

	declared []binding // namespace declarations on this element

	inside [2]int // the content in Document.Text; equal ends for <a/>
	empty  bool   // written as <a/>
}

// Inside is where the element's content stands in [Document.Text], for adding
// to a document without writing the rest again. It is not ok for an element
// written as an empty tag, which has no inside.
func (e *Element) Inside() (from, to int, ok bool) { return e.inside[0], e.inside[1], !e.empty }

// Attribute is an attribute with its name resolved. Space is empty for an
// attribute without a prefix.
type Attribute struct {
	Space, Prefix, Local string
	Value                string
}

type binding struct{ prefix, uri string }

// Is tells whether the element has this expanded name.
func (e *Element) Is(space, local string) bool { return e.Space == space && e.Local == local }

// Attribute gives the value of an attribute without a namespace.
func (e *Element) Attribute(local string) (value string, ok bool) {
	for i := range e.Attributes {
		if a := &e.Attributes[i]; a.Space == "" && a.Local == local {
			return a.Value, true
		}
	}
	return "", false
}

// Language is the element's xml:lang, its own or inherited.
func (e *Element) Language() string {
	for ; e != nil; e = e.Parent {
		for i := range e.Attributes {
			if a := &e.Attributes[i]; a.Space == nsXML && a.Local == "lang" {
				return a.Value
			}
		}
	}
	return ""
}

// Elements are the child elements.
func (e *Element) Elements() []*Element {
	var list []*Element
	for i := range e.Children {
		if e.Children[i].Kind == ElementNode {
			list = append(list, e.Children[i].Element)
		}
	}
	return list
}

// All are the child elements of a name.
func (e *Element) All(space, local string) []*Element {
	var list []*Element
	for _, c := range e.Elements() {
		if c.Is(space, local) {
			list = append(list, c)
		}
	}
	return list
}

// One is the only child element of a name, or nil when there is none or more
// than one.
func (e *Element) One(space, local string) *Element {
	if list := e.All(space, local); len(list) == 1 {
		return list[0]
	}
	return nil
}

// Text is the element's content when it is nothing but text. A comment inside
// is not skipped: most canonical forms drop comments, so anyone may put one
// into signed content, and programs differ in what they read then.
func (e *Element) Text() (text string, ok bool) {
	switch len(e.Children) {
	case 0:
		return "", true
	case 1:
		return e.Children[0].Text, e.Children[0].Kind == TextNode
	}
	return "", false // the parser joins neighbouring text
}

// Value is Text without white space around it.
func (e *Element) Value() (text string, ok bool) {
	text, ok = e.Text()
	return strings.Trim(text, " \t\n\r"), ok
}

// Has tells whether o is the element or inside it.
func (e *Element) Has(o *Element) bool {
	for ; o != nil; o = o.Parent {
		if o == e {
			return true
		}
	}
	return false
}

// lookup resolves a prefix where the element stands; "" is the default
// namespace.
func (e *Element) lookup(prefix string) (uri string, ok bool) {
	if prefix == "xml" {
		return nsXML, true
	}
	for ; e != nil; e = e.Parent {
		for _, b := range e.declared {
			if b.prefix == prefix {
				return b.uri, true
			}
		}
	}
	return "", prefix == ""
}

// ByID is the element with the attribute Id="id". It is nil when there is none
// and when any two elements of the document share an Id.
func (d *Document) ByID(id string) *Element {
	if d.duplicate {
		return nil
	}
	return d.ids[id]
}

// index remembers an element's Id. Without a document type no attribute has
// the type ID; "Id" is what XML-DSig, XAdES and trusted lists give that type.
func (d *Document) index(e *Element) {
	id, ok := e.Attribute("Id")
	if !ok {
		return
	}
	if d.ids[id] != nil {
		d.duplicate = true
	}
	d.ids[id] = e
}
