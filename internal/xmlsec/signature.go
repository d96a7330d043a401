package xmlsec

import (
	"crypto"
	"encoding/base64"
	"fmt"
	"strings"
)

// Bounds on the references of one signature. Each one into the document may
// mean to canonicalise and digest all of it.
const (
	maxReferences       = 1000
	maxInsideReferences = 16
)

// Signature is a ds:Signature as it is written; nothing of it is proven until
// [Signature.Verify].
type Signature struct {
	Element    *Element
	References []Reference
	KeyInfo    *Element   // nil when there is none
	Objects    []*Element // ds:Object
	Value      []byte
	MethodURI  string
	doc        *Document
	method     signatureMethod
	signedInfo *Element
	canonical  Method
	prefixes   []string
}

// Reference is a ds:Reference: what was signed and how it was digested.
type Reference struct {
	ID, Type string
	URI      string // "" is the whole document, "#id" an element, else something outside

	hash      crypto.Hash
	digest    []byte
	enveloped bool
	method    Method // canonicalisation; C14N 1.0 when none is written
	prefixes  []string
	plain     bool // no transform at all
}

// ReadSignature reads a ds:Signature element of doc. It refuses structure that
// the schema of XML-DSig does not have and algorithms and transforms that are
// not known here.
func ReadSignature(doc *Document, e *Element) (*Signature, error) {
	s := &Signature{doc: doc, Element: e}
	if err := s.read(); err != nil {
		return nil, fmt.Errorf("reading the XML signature: %w", err)
	}
	return s, nil
}

// read takes the children in the order of the schema: SignedInfo,
// SignatureValue, KeyInfo?, Object*.
func (s *Signature) read() error {
	children, err := only(s.Element)
	if err != nil || !s.Element.Is(NSDSig, "Signature") || len(children) < 2 ||
		children[0].Local != "SignedInfo" || children[1].Local != "SignatureValue" {
		return ErrSignatureForm
	}
	s.signedInfo = children[0]
	if s.Value, err = base64Text(children[1]); err != nil {
		return err
	}
	rest := children[2:]
	if len(rest) > 0 && rest[0].Local == "KeyInfo" {
		s.KeyInfo, rest = rest[0], rest[1:]
	}
	for _, o := range rest {
		if o.Local != "Object" {
			return ErrSignatureForm
		}
		s.Objects = append(s.Objects, o)
	}
	return s.readSignedInfo()
}

// only gives the child elements when all are of XML-DSig and nothing but
// white space and comments stands between them.
func only(e *Element) ([]*Element, error) {
	for i := range e.Children {
		n := &e.Children[i]
		switch n.Kind {
		case ElementNode:
			if n.Element.Space != NSDSig {
				return nil, ErrSignatureForm
			}
		case TextNode:
			if strings.Trim(n.Text, " \t\n\r") != "" {
				return nil, ErrSignatureForm
			}
		case CommentNode:
		case InstructionNode:
			return nil, ErrSignatureForm
		}
	}
	return e.Elements(), nil
}

func base64Text(e *Element) ([]byte, error) {
	text, ok := e.Text()
	if !ok {
		return nil, ErrSignatureForm
	}
	text = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\n\r", r) {
			return -1
		}
		return r
	}, text)
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(b) == 0 {
		return nil, ErrSignatureForm
	}
	return b, nil
}

// readSignedInfo reads CanonicalizationMethod, SignatureMethod, Reference+.
func (s *Signature) readSignedInfo() error {
	children, err := only(s.signedInfo)
	if err != nil || len(children) < 3 || children[0].Local != "CanonicalizationMethod" ||
		children[1].Local != "SignatureMethod" {
		return ErrSignatureForm
	}
	name, _ := children[0].Attribute("Algorithm")
	s.canonical = Method(name)
	if _, known := methods[s.canonical]; !known {
		return ErrAlgorithm
	}
	if s.prefixes, err = inclusivePrefixes(children[0], s.canonical); err != nil {
		return err
	}
	s.MethodURI, _ = children[1].Attribute("Algorithm")
	var known bool
	if s.method, known = signatureMethods[s.MethodURI]; !known || len(children[1].Elements()) > 0 {
		return ErrAlgorithm
	}
	if len(children)-2 > maxReferences {
		return ErrTooManyContents
	}
	inside := 0
	for _, c := range children[2:] {
		r, err := readReference(c)
		if err != nil {
			return err
		}
		if r.URI == "" || r.URI[0] == '#' {
			inside++
		}
		s.References = append(s.References, r)
	}
	if inside > maxInsideReferences {
		return ErrTooManyContents
	}
	return nil
}

func readReference(e *Element) (r Reference, err error) {
	children, err := only(e)
	if err != nil || e.Local != "Reference" {
		return r, ErrSignatureForm
	}
	uri, named := e.Attribute("URI")
	if !named {
		return r, ErrReference // a reference that only the application understands
	}
	r.URI = uri
	r.ID, _ = e.Attribute("Id")
	r.Type, _ = e.Attribute("Type")
	r.method, r.plain = C14N10, true
	if len(children) == 3 && children[0].Local == "Transforms" {
		if err := r.readTransforms(children[0]); err != nil {
			return r, err
		}
		children = children[1:]
	}
	if len(children) != 2 || children[0].Local != "DigestMethod" || children[1].Local != "DigestValue" {
		return r, ErrSignatureForm
	}
	name, _ := children[0].Attribute("Algorithm")
	var known bool
	if r.hash, known = digestMethods[name]; !known || len(children[0].Elements()) > 0 {
		return r, ErrAlgorithm
	}
	r.digest, err = base64Text(children[1])
	return r, err
}

// readTransforms accepts enveloped-signature first and one canonicalisation
// last, each at most once. XPath, XSLT and base64 change what is signed to
// something that the reader of the document does not see.
func (r *Reference) readTransforms(e *Element) error {
	children, err := only(e)
	if err != nil || len(children) == 0 {
		return ErrSignatureForm
	}
	r.plain = false
	for i, t := range children {
		name, _ := t.Attribute("Algorithm")
		_, canonical := methods[Method(name)]
		switch {
		case t.Local != "Transform":
			return ErrSignatureForm
		case name == uriEnveloped && i == 0 && len(t.Elements()) == 0:
			r.enveloped = true
		case canonical && i == len(children)-1:
			r.method = Method(name)
			if r.prefixes, err = inclusivePrefixes(t, r.method); err != nil {
				return err
			}
		default:
			return ErrTransform
		}
	}
	return nil
}

// inclusivePrefixes reads the PrefixList that the exclusive methods may have.
func inclusivePrefixes(e *Element, m Method) ([]string, error) {
	inside := e.Elements()
	if len(inside) == 0 {
		return nil, nil
	}
	list, ok := inside[0].Attribute("PrefixList")
	if !methods[m].exclusive || len(inside) > 1 || !inside[0].Is(nsExclusive, "InclusiveNamespaces") || !ok {
		return nil, ErrTransform
	}
	prefixes := strings.Fields(list)
	for _, p := range prefixes {
		if p != "#default" && !isNCName(p) {
			return nil, ErrTransform
		}
	}
	return prefixes, nil
}
