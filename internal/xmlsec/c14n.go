package xmlsec

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Method is a canonicalisation algorithm, written as its URI.
type Method string

// The canonicalisation algorithms: Canonical XML 1.0 and 1.1 and Exclusive XML
// Canonicalization 1.0 of the W3C.
const (
	C14N10                  Method = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
	C14N10WithComments      Method = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments"
	C14N11                  Method = "http://www.w3.org/2006/12/xml-c14n11"
	C14N11WithComments      Method = "http://www.w3.org/2006/12/xml-c14n11#WithComments"
	ExclusiveC14N           Method = "http://www.w3.org/2001/10/xml-exc-c14n#"
	ExclusiveC14NWithRemark Method = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"
)

type methodRules struct{ exclusive, comments, version11 bool }

var methods = map[Method]methodRules{
	C14N10:                  {},
	C14N10WithComments:      {comments: true},
	C14N11:                  {version11: true},
	C14N11WithComments:      {comments: true, version11: true},
	ExclusiveC14N:           {exclusive: true},
	ExclusiveC14NWithRemark: {exclusive: true, comments: true},
}

// Canonical says what to write and how.
type Canonical struct {
	Method Method
	// Apex is the element whose subtree is written; nil is the whole document.
	Apex *Element
	// Without is an element to leave out with everything in it, or nil.
	Without *Element
	// Prefixes are the InclusiveNamespaces of the exclusive methods;
	// "#default" is the default namespace.
	Prefixes []string
	// NoComments leaves comments out whatever the method says.
	NoComments bool
}

// WriteCanonical writes the canonical form to w. It answers [ErrAlgorithm] for
// an unknown method and [ErrXMLBase] where C14N 1.1 would join base URIs.
func (d *Document) WriteCanonical(w io.Writer, c Canonical) error {
	rules, ok := methods[c.Method]
	if !ok {
		return ErrAlgorithm
	}
	rules.comments = rules.comments && !c.NoComments
	out := bufio.NewWriterSize(w, 4<<10)
	k := &canonicaliser{out: out, rules: rules, without: c.Without, prefixes: c.Prefixes}
	apex := c.Apex
	if apex == nil {
		k.around(d.before, "", "\n")
		apex = d.Root
	}
	inherited, err := k.inherited(apex)
	if err != nil {
		return err
	}
	k.element(apex, inherited, nil)
	if c.Apex == nil {
		k.around(d.after, "\n", "")
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the canonical form: %w", err)
	}
	return nil
}

type canonicaliser struct {
	out      *bufio.Writer // keeps the first error until Flush
	rules    methodRules
	without  *Element
	prefixes []string
}

func (k *canonicaliser) write(parts ...string) {
	for _, s := range parts {
		_, _ = k.out.WriteString(s)
	}
}

// around writes what stands outside the root.
func (k *canonicaliser) around(nodes []Node, before, after string) {
	for i := range nodes {
		if nodes[i].Kind == CommentNode && !k.rules.comments {
			continue
		}
		k.write(before)
		k.leaf(&nodes[i])
		k.write(after)
	}
}

func (k *canonicaliser) leaf(n *Node) {
	switch n.Kind {
	case TextNode:
		k.escaped(n.Text, textEscapes)
	case CommentNode:
		if k.rules.comments {
			k.write("<!--", n.Text, "-->")
		}
	case InstructionNode:
		k.write("<?", n.Target)
		if n.Text != "" {
			k.write(" ", n.Text)
		}
		k.write("?>")
	case ElementNode:
	}
}

// element writes an element. rendered are the declarations that written
// ancestors show, innermost last.
func (k *canonicaliser) element(e *Element, inherited []Attribute, rendered []binding) {
	if e == k.without {
		return
	}
	name := e.name()
	k.write("<", name)
	for _, b := range k.declarations(e, rendered) {
		rendered = append(rendered, b)
		if b.prefix == "" {
			k.write(` xmlns="`)
		} else {
			k.write(" xmlns:", b.prefix, `="`)
		}
		k.escaped(b.uri, attributeEscapes)
		k.write(`"`)
	}
	k.attributes(e, inherited)
	k.write(">")
	for i := range e.Children {
		if n := &e.Children[i]; n.Kind == ElementNode {
			k.element(n.Element, nil, rendered)
		} else {
			k.leaf(n)
		}
	}
	k.write("</", name, ">")
}

// attributes are written in the order of namespace URI, then local name.
func (k *canonicaliser) attributes(e *Element, inherited []Attribute) {
	list := e.Attributes
	if len(inherited) > 0 {
		list = append(slices.Clone(list), inherited...)
	}
	if len(list) > 1 {
		list = slices.Clone(list)
		slices.SortFunc(list, func(a, b Attribute) int {
			if c := strings.Compare(a.Space, b.Space); c != 0 {
				return c
			}
			return strings.Compare(a.Local, b.Local)
		})
	}
	for i := range list {
		a := &list[i]
		k.write(" ")
		if a.Prefix != "" {
			k.write(a.Prefix, ":")
		}
		k.write(a.Local, `="`)
		k.escaped(a.Value, attributeEscapes)
		k.write(`"`)
	}
}

var (
	textEscapes      = escapes{'&': "&amp;", '<': "&lt;", '>': "&gt;", '\r': "&#xD;"}
	attributeEscapes = escapes{'&': "&amp;", '<': "&lt;", '"': "&quot;", '\t': "&#x9;", '\n': "&#xA;", '\r': "&#xD;"}
)

// escapes are the replacements of ASCII characters.
type escapes [128]string

func (k *canonicaliser) escaped(s string, table escapes) {
	from := 0
	for i := range len(s) {
		if c := s[i]; c < 128 && table[c] != "" {
			k.write(s[from:i], table[c])
			from = i + 1
		}
	}
	k.write(s[from:])
}
