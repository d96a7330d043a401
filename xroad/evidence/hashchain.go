package evidence

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"eidgate/internal/xmlsec"
)

// Namespaces and limits of hash chains (X-Road's hashchain.xsd).
const (
	nsChain  = "http://cyber.ee/hashchain"
	maxChain = 1 << 20 // bytes of a file
	maxSteps = 4096
	maxDepth = 64
)

// Input is something a hash chain is over: the digest of its bytes, and of its
// canonical form when the chain asks for one. ok is false when it is not there.
type Input func(uri string, hash crypto.Hash, canonical bool) (digest []byte, ok bool, err error)

// chain is a hash chain on its way to a result.
type chain struct {
	hash  crypto.Hash
	steps map[string]*xmlsec.Element
	input Input
	busy  map[string]bool
	// used are the inputs that were referred to; missing those among them that
	// are not there, with the digest the chain has for them.
	used    map[string]bool
	missing map[string][]byte
	refs    []reference
}

// reference is where a chain refers to an input.
type reference struct {
	uri       string
	step      *xmlsec.Element
	place     int // among the values of its step
	values    int // of its step
	canonical bool
}

// Covered is what a hash chain proves to be part of its result.
type Covered struct {
	Used    map[string]bool   // URIs of inputs
	Missing map[string][]byte // those that were not there, with their digests

	refs []reference
}

// VerifyChain computes a hash chain and compares it with its result. result's
// own bytes are what a signature or time-stamp is over; name is what its URI
// must point to, such as "/sig-hashchain.xml". Every Input that is there must
// have the digest that the chain says; which inputs must be referred to is for
// the caller, who compares with Covered.
func VerifyChain(result, chainText []byte, name string, input Input) (*Covered, error) {
	doc, err := parseChain(result, "HashChainResult")
	if err != nil {
		return nil, err
	}
	hash, err := hashMethod(doc.Root, "DigestMethod", xmlsec.NSDSig)
	if err != nil {
		return nil, err
	}
	want, err := digestValue(doc.Root)
	if err != nil {
		return nil, err
	}
	uri, _ := doc.Root.Attribute("URI")
	first, ok := strings.CutPrefix(uri, name+"#")
	if !ok || first == "" {
		return nil, refuse(CodeHashChainRef, nil, "the result is of %q, not of %s", uri, name)
	}
	c, err := newChain(chainText, input)
	if err != nil {
		return nil, err
	}
	if c.hash != hash {
		return nil, refuse(CodeHashChain, nil, "chain and result use different digests")
	}
	got, err := c.step(first, 0)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(got, want) {
		return nil, refuse(CodeHashChainResult, nil, "the hash chain does not lead to its result")
	}
	return &Covered{c.used, c.missing, c.refs}, nil
}

func parseChain(text []byte, root string) (*xmlsec.Document, error) {
	doc, err := xmlsec.Parse(text, xmlsec.Limits{Size: maxChain, Depth: 10, Elements: 8 * maxSteps})
	if err != nil {
		return nil, refuse(CodeHashChain, err, "the hash chain cannot be read")
	}
	if !doc.Root.Is(nsChain, root) {
		return nil, refuse(CodeHashChain, nil, "it is a %s", doc.Root.Local)
	}
	return doc, nil
}

func newChain(text []byte, input Input) (*chain, error) {
	doc, err := parseChain(text, "HashChain")
	if err != nil {
		return nil, err
	}
	c := &chain{steps: map[string]*xmlsec.Element{}, input: input, busy: map[string]bool{}, used: map[string]bool{}, missing: map[string][]byte{}}
	for i, e := range doc.Root.Elements() {
		id, _ := e.Attribute("id")
		switch {
		case i == 0 && e.Is(nsChain, "DefaultDigestMethod"):
			if c.hash, err = hashMethod(doc.Root, "DefaultDigestMethod", nsChain); err != nil {
				return nil, err
			}
		case i == 0 || !e.Is(nsChain, "HashStep") || id == "" || c.steps[id] != nil || len(c.steps) == maxSteps:
			return nil, refuse(CodeHashChain, nil, "the chain is not a list of steps with names of their own")
		default:
			c.steps[id] = e
		}
	}
	return c, nil
}

func hashMethod(e *xmlsec.Element, local, space string) (crypto.Hash, error) {
	if m := e.One(space, local); m != nil {
		uri, _ := m.Attribute("Algorithm")
		if h, ok := hashes[uri]; ok {
			return h, nil
		}
	}
	return 0, refuse(CodeHashChain, nil, "the digest method is not of the SHA-2 family")
}

// hashes by their URIs (RFC 6931 §2.1).
var hashes = map[string]crypto.Hash{
	"http://www.w3.org/2001/04/xmlenc#sha256":       crypto.SHA256,
	"http://www.w3.org/2001/04/xmldsig-more#sha384": crypto.SHA384,
	"http://www.w3.org/2001/04/xmlenc#sha512":       crypto.SHA512,
}

func uriOf(h crypto.Hash) string {
	for uri, known := range hashes {
		if known == h {
			return uri
		}
	}
	return ""
}

func digestValue(e *xmlsec.Element) ([]byte, error) {
	if v := e.One(xmlsec.NSDSig, "DigestValue"); v != nil {
		text, ok := v.Value()
		b, err := base64.StdEncoding.Strict().DecodeString(strings.Join(strings.Fields(text), ""))
		if ok && err == nil && len(b) > 0 && len(b) <= 64 {
			return b, nil
		}
	}
	return nil, refuse(CodeHashChain, nil, "a digest is missing or not base64")
}

// step computes one step: the digest of the DER list of its values, or the
// value itself where the schema's single leaf has nothing to combine.
func (c *chain) step(id string, depth int) ([]byte, error) {
	e := c.steps[id]
	if e == nil || c.busy[id] || depth > maxDepth {
		return nil, refuse(CodeHashChainRef, nil, "the step %q is not there, part of a circle or too deep", id)
	}
	c.busy[id] = true
	defer delete(c.busy, id)
	values := e.Elements()
	if len(values) == 0 || len(values) > maxSteps {
		return nil, refuse(CodeHashChain, nil, "a step without values")
	}
	var list cryptobyte.Builder
	var failed error
	list.AddASN1(asn1.SEQUENCE, func(list *cryptobyte.Builder) {
		for i, v := range values {
			digest, err := c.value(v, depth, reference{step: e, place: i, values: len(values)})
			if err != nil {
				failed = err
				return
			}
			addDigest(list, digest, c.hash)
		}
	})
	if failed != nil {
		return nil, failed
	}
	h := c.hash.New()
	h.Write(list.BytesOrPanic())
	return h.Sum(nil), nil
}

// addDigest is a SingleDigest: OCTET STRING, the digest method, and a list of
// transforms that is empty even where there is one.
func addDigest(b *cryptobyte.Builder, digest []byte, hash crypto.Hash) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1OctetString(digest)
		b.AddASN1(asn1.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(uriOf(hash))) })
		b.AddASN1(asn1.SEQUENCE, func(*cryptobyte.Builder) {})
	})
}

func (c *chain) value(e *xmlsec.Element, depth int, at reference) (digest []byte, err error) {
	uri, _ := e.Attribute("URI")
	switch {
	case e.Is(nsChain, "HashValue"):
		digest, err = digestValue(e)
	case e.Is(nsChain, "StepRef") && strings.HasPrefix(uri, "#"):
		digest, err = c.step(uri[1:], depth+1)
	case e.Is(nsChain, "DataRef") && uri != "":
		at.uri = uri
		return c.data(e, at)
	default:
		err = refuse(CodeHashChain, nil, "a value that is none: %q", e.Local)
	}
	return digest, err
}

// data compares an input that is there with what the chain says about it.
func (c *chain) data(e *xmlsec.Element, at reference) ([]byte, error) {
	uri := at.uri
	digest, err := digestValue(e)
	if err != nil {
		return nil, err
	}
	if c.used[uri] {
		return nil, refuse(CodeHashChain, nil, "%s is referred to twice", uri)
	}
	c.used[uri] = true
	if at.canonical, err = canonicalised(e); err != nil {
		return nil, err
	}
	c.refs = append(c.refs, at)
	got, there, err := c.input(uri, c.hash, at.canonical)
	switch {
	case err != nil:
		return nil, refuse(CodeHashChainRef, err, "reading %s", uri)
	case !there:
		c.missing[uri] = digest
	case !bytes.Equal(got, digest):
		return nil, refuse(CodeSignature, nil, "%s is not what was signed", uri)
	}
	return digest, nil
}

// canonicalised accepts Canonical XML 1.0 as a transform and nothing else.
func canonicalised(e *xmlsec.Element) (bool, error) {
	list := e.All(xmlsec.NSDSig, "Transforms")
	if len(list) == 0 {
		return false, nil
	}
	if len(list) == 1 {
		if t := list[0].Elements(); len(t) == 1 && t[0].Is(xmlsec.NSDSig, "Transform") {
			if uri, _ := t[0].Attribute("Algorithm"); uri == string(xmlsec.C14N10) {
				return true, nil
			}
		}
	}
	return false, refuse(CodeHashChain, nil, "a transform that is not accepted")
}

// Canonical is the digest of an XML input's canonical form.
func Canonical(text []byte, hash crypto.Hash) ([]byte, error) {
	doc, err := xmlsec.Parse(text, xmlsec.Limits{})
	if err != nil {
		return nil, err
	}
	h := hash.New()
	err = doc.WriteCanonical(h, xmlsec.Canonical{Method: xmlsec.C14N10})
	return h.Sum(nil), err
}
