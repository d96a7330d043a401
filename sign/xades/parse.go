package xades

import (
	"crypto"
	"encoding/base64"
	"fmt"
	"hash"
	"strings"

	"eidgate/internal/xmlsec"
)

// Limits of one file of signatures.
const (
	maxFile       = 16 << 20
	maxSignatures = 64
	// MaxElements is how many XML elements a file may have.
	MaxElements = 100_000
	// maxValues is how many certificates and answers a signature may carry: one
	// renewed for fifty years has a few hundred.
	maxValues = 1024
)

// file is a parsed file of signatures.
type file struct {
	doc        *xmlsec.Document
	signatures []*signature
}

// signature is one ds:Signature with its properties found. A signature that
// could not be read has only an error.
type signature struct {
	doc        *xmlsec.Document
	xml        *xmlsec.Signature
	id         string
	qualifying *xmlsec.Element // xades:QualifyingProperties
	signed     *xmlsec.Element // xades:SignedProperties
	unsigned   *xmlsec.Element // xades:UnsignedSignatureProperties, or nil
	err        error

	begun map[crypto.Hash]hash.Cloner // see referenced
}

// parse reads a file: its root holds signatures and nothing else.
func parse(text []byte) (*file, error) { return parseWithin(text, MaxElements) }

func parseWithin(text []byte, elements int) (*file, error) {
	doc, err := xmlsec.Parse(text, xmlsec.Limits{Size: maxFile, Depth: 40, Elements: max(1, min(elements, MaxElements))})
	if err != nil {
		return nil, err
	}
	if !doc.Root.Is(nsASiC, "XAdESSignatures") {
		return nil, fmt.Errorf("%w: its root is %q", ErrForm, doc.Root.Local)
	}
	f := &file{doc: doc}
	children, err := only(doc.Root, ErrForm)
	if err != nil {
		return nil, err
	}
	for _, e := range children {
		if !e.Is(xmlsec.NSDSig, "Signature") {
			return nil, fmt.Errorf("%w: it holds %q", ErrForm, e.Local)
		}
		if len(f.signatures) == maxSignatures {
			return nil, fmt.Errorf("%w: more than %d signatures", ErrLimit, maxSignatures)
		}
		s := &signature{doc: doc}
		s.id, _ = e.Attribute("Id")
		s.err = s.read(e)
		f.signatures = append(f.signatures, s)
	}
	if len(f.signatures) == 0 {
		return nil, fmt.Errorf("%w: it holds no signature", ErrForm)
	}
	return f, nil
}

// only gives the child elements when nothing but white space and comments
// stands between them.
func only(e *xmlsec.Element, refusal error) ([]*xmlsec.Element, error) {
	for i := range e.Children {
		switch n := &e.Children[i]; n.Kind {
		case xmlsec.TextNode:
			if strings.Trim(n.Text, " \t\n\r") != "" {
				return nil, fmt.Errorf("%w: text in %q", refusal, e.Local)
			}
		case xmlsec.InstructionNode:
			return nil, fmt.Errorf("%w: an instruction in %q", refusal, e.Local)
		case xmlsec.ElementNode, xmlsec.CommentNode:
		}
	}
	return e.Elements(), nil
}

// one is the only signature of a file.
func (f *file) one() (*signature, error) {
	if len(f.signatures) != 1 {
		return nil, ErrSeveral
	}
	return f.signatures[0], f.signatures[0].err
}

// read finds the properties by their exact place: one Object that holds one
// QualifyingProperties that holds SignedProperties (EN 319 132-1 §4.3).
func (s *signature) read(e *xmlsec.Element) error {
	var err error
	if s.xml, err = xmlsec.ReadSignature(s.doc, e); err != nil {
		return err
	}
	if s.id == "" {
		return fmt.Errorf("%w: it has no Id", ErrTarget)
	}
	switch len(s.xml.Objects) {
	case 0:
		return ErrNoProperties
	case 1:
	default:
		return ErrObject
	}
	inside, err := only(s.xml.Objects[0], ErrObject)
	if err != nil {
		return err
	}
	if len(inside) != 1 || !inside[0].Is(nsXAdES, "QualifyingProperties") {
		return ErrObject
	}
	s.qualifying = inside[0]
	if target, _ := s.qualifying.Attribute("Target"); target != "#"+s.id {
		return ErrTarget
	}
	return s.readQualifying()
}

func (s *signature) readQualifying() error {
	children, err := only(s.qualifying, ErrProperties)
	if err != nil {
		return err
	}
	if len(children) == 0 || len(children) > 2 || !children[0].Is(nsXAdES, "SignedProperties") {
		return ErrProperties
	}
	s.signed = children[0]
	if count(s.xml.Element, nsXAdES, "SignedProperties") != 1 || count(s.xml.Element, nsXAdES, "QualifyingProperties") != 1 {
		return ErrProperties
	}
	if err := s.once(); err != nil {
		return err
	}
	if len(children) == 1 {
		return nil
	}
	if !children[1].Is(nsXAdES, "UnsignedProperties") {
		return ErrProperties
	}
	values := 0
	for _, name := range []string{"EncapsulatedX509Certificate", "EncapsulatedOCSPValue", "EncapsulatedCRLValue", "EncapsulatedTimeStamp"} {
		values += count(children[1], nsXAdES, name)
	}
	if values > maxValues {
		return fmt.Errorf("%w: it carries %d certificates, answers and time-stamps", ErrLimit, values)
	}
	list := children[1].All(nsXAdES, "UnsignedSignatureProperties")
	switch len(list) {
	case 0:
	case 1:
		s.unsigned = list[0]
	default:
		return ErrProperties
	}
	return nil
}

// count counts elements of a name in a subtree.
func count(e *xmlsec.Element, space, local string) int {
	n := 0
	if e.Is(space, local) {
		n++
	}
	for i := range e.Children {
		if c := &e.Children[i]; c.Kind == xmlsec.ElementNode {
			n += count(c.Element, space, local)
		}
	}
	return n
}

// unsignedProperties are the properties in their order.
func (s *signature) unsignedProperties() []*xmlsec.Element {
	if s.unsigned == nil {
		return nil
	}
	return s.unsigned.Elements()
}

// checkReferences wants files, each once, and the signed properties, once and
// by their type. It is the only rule by which something counts as signed.
func (s *signature) checkReferences() error {
	id, _ := s.signed.Attribute("Id")
	properties := 0
	names := map[string]bool{}
	for i := range s.xml.References {
		r := &s.xml.References[i]
		switch {
		case r.Type == typeSignedProperties:
			if properties++; id == "" || r.URI != "#"+id || s.doc.ByID(id) != s.signed {
				return ErrUnreferenced
			}
		case r.URI == "" || strings.HasPrefix(r.URI, "#"):
			return fmt.Errorf("%w: %q", ErrReferences, r.URI)
		default:
			name, err := DecodeURI(r.URI)
			if err != nil {
				return err
			}
			if names[name] {
				return fmt.Errorf("%w: %q", ErrDuplicateRef, name)
			}
			names[name] = true
		}
	}
	switch {
	case properties != 1:
		return ErrUnreferenced
	case len(names) == 0:
		return fmt.Errorf("%w: it signs no file", ErrReferences)
	}
	return nil
}

// objects are the signed files with their digests.
func (s *signature) objects() ([]Object, crypto.Hash, error) {
	var out []Object
	var hash crypto.Hash
	for i := range s.xml.References {
		r := &s.xml.References[i]
		if r.Type == typeSignedProperties {
			continue
		}
		name, err := DecodeURI(r.URI)
		if err != nil {
			return nil, 0, err
		}
		hash = r.Hash()
		out = append(out, Object{Name: name, Digest: r.Digest()})
	}
	return out, hash, nil
}

// written gives the digest that a reference itself says, for checking a
// signature value before the files are at hand.
func (s *signature) written(uri string, _ crypto.Hash) ([]byte, error) {
	for i := range s.xml.References {
		if r := &s.xml.References[i]; r.URI == uri {
			return r.Digest(), nil
		}
	}
	return nil, ErrReferences
}

// decode reads base64 with white space in it.
func decode(e *xmlsec.Element, refusal error) ([]byte, error) {
	text, ok := e.Text()
	if !ok {
		return nil, refusal
	}
	b, err := base64.StdEncoding.Strict().DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil || len(b) == 0 {
		return nil, refusal
	}
	return b, nil
}

// Over tells what the only signature of a file says it signs, and the hash of
// the digests. It proves nothing.
func Over(text []byte) ([]Object, crypto.Hash, error) {
	s, err := load(text)
	if err != nil {
		return nil, 0, err
	}
	return s.objects()
}
