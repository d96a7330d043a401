// Package xmlsectest makes XML signatures for tests: documents with every kind
// of reference, and forgeries of them.
package xmlsectest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"strings"
	"testing"

	"eidgate/internal/rawsig"
	"eidgate/internal/xmlsec"
)

// Blank stands in a document for a digest or signature value that [Sign]
// fills in.
const Blank = "AAAA"

// Sign fills in the first ds:Signature of text: each DigestValue that is
// Blank, in order, then the SignatureValue.
func Sign(t testing.TB, text string, key crypto.Signer) string {
	t.Helper()
	s := read(t, text)
	for i := range s.References {
		digest, err := s.ReferenceDigest(i, xmlsec.Rules{})
		if err != nil {
			t.Fatal(err)
		}
		text = fill(t, text, "DigestValue", digest)
	}
	return SignInfo(t, text, key)
}

// SignInfo fills in the SignatureValue over ds:SignedInfo as it is.
func SignInfo(t testing.TB, text string, key crypto.Signer) string {
	t.Helper()
	s := read(t, text)
	digest, err := s.SignedInfoDigest()
	if err != nil {
		t.Fatal(err)
	}
	return fill(t, text, "SignatureValue", value(t, key, digest, s))
}

func read(t testing.TB, text string) *xmlsec.Signature {
	t.Helper()
	doc, err := xmlsec.Parse([]byte(text), xmlsec.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := xmlsec.ReadSignature(doc, First(doc.Root))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// First is the first ds:Signature in or below e, or nil.
func First(e *xmlsec.Element) *xmlsec.Element {
	if e.Is(xmlsec.NSDSig, "Signature") {
		return e
	}
	for _, c := range e.Elements() {
		if s := First(c); s != nil {
			return s
		}
	}
	return nil
}

func fill(t testing.TB, text, element string, value []byte) string {
	t.Helper()
	blank := "<ds:" + element + ">" + Blank + "<"
	if !strings.Contains(text, blank) {
		return text // filled in by the test
	}
	return strings.Replace(text, blank, "<ds:"+element+">"+base64.StdEncoding.EncodeToString(value)+"<", 1)
}

func value(t testing.TB, key crypto.Signer, digest []byte, s *xmlsec.Signature) []byte {
	t.Helper()
	var opts crypto.SignerOpts = s.Hash()
	if strings.HasSuffix(s.MethodURI, "MGF1") {
		opts = &rsa.PSSOptions{Hash: s.Hash(), SaltLength: rsa.PSSSaltLengthEqualsHash}
	}
	signature, err := key.Sign(rand.Reader, digest, opts)
	if err != nil {
		t.Fatal(err)
	}
	if public, ok := key.Public().(*ecdsa.PublicKey); ok {
		if signature, err = rawsig.FromDER(public, signature); err != nil {
			t.Fatal(err)
		}
	}
	return signature
}

// Template is an unsigned ds:Signature with one reference per entry.
type Template struct {
	Canonical  xmlsec.Method
	Method     string // signature method URI
	References []Ref
	Prefixes   string // InclusiveNamespaces of CanonicalizationMethod
	KeyInfo    string // content of ds:KeyInfo; empty for none
	Objects    string // ds:Object elements
	ID         string // Id of ds:Signature; empty for none
}

// Ref is one reference.
type Ref struct {
	URI, Type  string
	Transforms []string // URIs; a blank and a PrefixList may follow
	Digest     string   // method URI; SHA-256 when empty
}

// String writes the template.
func (x Template) String() string {
	var b strings.Builder
	b.WriteString(`<ds:Signature xmlns:ds="` + xmlsec.NSDSig + `"`)
	if x.ID != "" {
		b.WriteString(` Id="` + x.ID + `"`)
	}
	b.WriteString(`><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="` + string(x.Canonical) + `">` + inclusive(x.Prefixes) +
		`</ds:CanonicalizationMethod><ds:SignatureMethod Algorithm="` + x.Method + `"/>`)
	for _, r := range x.References {
		r.write(&b)
	}
	b.WriteString(`</ds:SignedInfo><ds:SignatureValue>` + Blank + `</ds:SignatureValue>`)
	if x.KeyInfo != "" {
		b.WriteString(`<ds:KeyInfo>` + x.KeyInfo + `</ds:KeyInfo>`)
	}
	b.WriteString(x.Objects + `</ds:Signature>`)
	return b.String()
}

func (r Ref) write(b *strings.Builder) {
	b.WriteString(`<ds:Reference URI="` + r.URI + `"`)
	if r.Type != "" {
		b.WriteString(` Type="` + r.Type + `"`)
	}
	b.WriteString(`>`)
	if len(r.Transforms) > 0 {
		b.WriteString(`<ds:Transforms>`)
		for _, t := range r.Transforms {
			name, prefixes, _ := strings.Cut(t, " ")
			b.WriteString(`<ds:Transform Algorithm="` + name + `">` + inclusive(prefixes) + `</ds:Transform>`)
		}
		b.WriteString(`</ds:Transforms>`)
	}
	digest := r.Digest
	if digest == "" {
		digest = "http://www.w3.org/2001/04/xmlenc#sha256"
	}
	b.WriteString(`<ds:DigestMethod Algorithm="` + digest + `"/><ds:DigestValue>` + Blank + `</ds:DigestValue></ds:Reference>`)
}

func inclusive(prefixes string) string {
	if prefixes == "" {
		return ""
	}
	return `<ec:InclusiveNamespaces xmlns:ec="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="` + prefixes + `"/>`
}
