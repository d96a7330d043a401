package evidence

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"strings"

	"eidgate/certs"
	"eidgate/internal/xmlsec"
)

// Namespaces and types of XAdES as X-Road writes it.
const (
	nsASiC    = "http://uri.etsi.org/02918/v1.2.1#"
	nsXAdES   = "http://uri.etsi.org/01903/v1.3.2#"
	typeProps = "http://uri.etsi.org/01903#SignedProperties"
	maxXAdES  = 4 << 20 // bytes
)

// signature is a container's only signature, verified with the key of the
// certificate it carries; whether that may sign is not decided yet.
type signature struct {
	doc         *xmlsec.Document
	xml         *xmlsec.Signature
	certificate *x509.Certificate
	chain       []*x509.Certificate
	files       map[string]bool // URIs signed
	properties  *xmlsec.Element // xades:SignedProperties, signed
	unsigned    *xmlsec.Element // xades:UnsignedSignatureProperties, or nil
}

// readSignature parses and verifies the signature over the container's files.
func readSignature(c container) (*signature, error) {
	text, ok := c[nameSignatures]
	if !ok {
		return nil, refuse(CodeMissingSignature, nil, "the container has no signature")
	}
	malformed := func(err error) error { return refuse(CodeMalformed, err, "the signature is not one of X-Road") }
	doc, err := xmlsec.Parse(text, xmlsec.Limits{Size: maxXAdES, Depth: 40, Elements: 10_000})
	if err != nil {
		return nil, malformed(err)
	}
	e := doc.Root
	if e.Is(nsASiC, "XAdESSignatures") { // X-Road 7; the 8 form has the signature as the root
		if len(e.Elements()) != 1 {
			return nil, malformed(errors.New("there is not exactly one signature"))
		}
		e = e.Elements()[0]
	}
	s := &signature{doc: doc, files: map[string]bool{}}
	if s.xml, err = xmlsec.ReadSignature(doc, e); err != nil {
		return nil, malformed(err)
	}
	if err := s.readProperties(); err != nil {
		return nil, malformed(err)
	}
	if err := s.readCertificates(); err != nil {
		return nil, malformed(err)
	}
	if err := s.verify(c); err != nil {
		return nil, err
	}
	return s, nil
}

// readProperties finds the properties by their exact place.
func (s *signature) readProperties() error {
	if len(s.xml.Objects) != 1 || len(s.xml.Objects[0].Elements()) != 1 {
		return errors.New("it has not exactly one object")
	}
	q := s.xml.Objects[0].Elements()[0]
	id, _ := s.xml.Element.Attribute("Id")
	target, _ := q.Attribute("Target")
	children := q.Elements()
	if !q.Is(nsXAdES, "QualifyingProperties") || id == "" || target != "#"+id || len(children) == 0 || len(children) > 2 ||
		!children[0].Is(nsXAdES, "SignedProperties") || s.doc.ByID(id) != s.xml.Element {
		return errors.New("its properties are not in their place")
	}
	s.properties = children[0]
	if len(children) == 2 {
		if !children[1].Is(nsXAdES, "UnsignedProperties") {
			return errors.New("its properties are not in their place")
		}
		s.unsigned = children[1].One(nsXAdES, "UnsignedSignatureProperties")
	}
	return nil
}

func (s *signature) readCertificates() error {
	for _, der := range s.xml.X509Certificates() {
		cert, err := certs.ParseCertificate(der)
		if err != nil {
			return err
		}
		s.chain = append(s.chain, cert)
	}
	if len(s.chain) == 0 {
		return errors.New("it has no certificate")
	}
	s.certificate, s.chain = s.chain[0], s.chain[1:]
	return s.bound()
}

// bound sees that the signed properties name the certificate by its digest,
// as the first one (XAdES 1.3.2 §7.2.2, EN 319 132-1 §5.2.2).
func (s *signature) bound() error {
	p := s.properties.One(nsXAdES, "SignedSignatureProperties")
	if p == nil {
		return errors.New("it has no signed signature properties")
	}
	for _, name := range []string{"SigningCertificate", "SigningCertificateV2"} {
		b := p.One(nsXAdES, name)
		if b == nil || len(b.Elements()) == 0 || !b.Elements()[0].Is(nsXAdES, "Cert") {
			continue
		}
		d := b.Elements()[0].One(nsXAdES, "CertDigest")
		if d == nil {
			break
		}
		hash, err := hashMethod(d, "DigestMethod", xmlsec.NSDSig)
		if err != nil {
			return err
		}
		want, err := digestValue(d)
		if err != nil {
			return err
		}
		h := hash.New()
		h.Write(s.certificate.Raw)
		if bytes.Equal(h.Sum(nil), want) {
			return nil
		}
		return errors.New("its signed properties name another certificate")
	}
	return errors.New("its signed properties name no certificate")
}

// verify checks references and value. Files and the signed properties, each
// once, are all that may be signed.
func (s *signature) verify(c container) error {
	id, _ := s.properties.Attribute("Id")
	properties := 0
	for i := range s.xml.References {
		r := &s.xml.References[i]
		switch {
		case r.Type == typeProps && id != "" && r.URI == "#"+id && s.doc.ByID(id) == s.properties:
			properties++
		case r.Type == "" && strings.HasPrefix(r.URI, "/") && !s.files[r.URI]:
			s.files[r.URI] = true
		default:
			return refuse(CodeMalformed, nil, "the signature refers to %q", r.URI)
		}
	}
	if properties != 1 {
		return refuse(CodeMalformed, nil, "the signed properties are not signed")
	}
	covered, err := s.xml.Verify(s.certificate.PublicKey, xmlsec.Rules{Digest: func(uri string, hash crypto.Hash) ([]byte, error) {
		digest, ok, err := c.input(uri, hash, false)
		if !ok {
			return nil, refuse(CodeMalformed, nil, "%s is signed and not in the container", uri)
		}
		return digest, err
	}})
	var own *Refusal
	switch {
	case errors.As(err, &own):
		return own
	case errors.Is(err, xmlsec.ErrDigest), errors.Is(err, xmlsec.ErrSignatureValue):
		return refuse(CodeSignature, err, "the signature does not hold")
	case err != nil:
		return refuse(CodeMalformed, err, "the signature cannot be verified")
	}
	for i := range covered {
		if covered[i].Element != nil && covered[i].Element != s.properties {
			return refuse(CodeMalformed, nil, "something else than the properties is signed")
		}
	}
	return nil
}

// values are the DER contents of an unsigned property's descendants.
func (s *signature) values(path ...string) (out [][]byte, err error) {
	if s.unsigned == nil {
		return nil, nil
	}
	level := []*xmlsec.Element{s.unsigned}
	for _, name := range path {
		var next []*xmlsec.Element
		for _, e := range level {
			next = append(next, e.All(nsXAdES, name)...)
		}
		level = next
	}
	for _, e := range level {
		text, ok := e.Value()
		b, err := base64.StdEncoding.Strict().DecodeString(strings.Join(strings.Fields(text), ""))
		if !ok || err != nil || len(out) == 64 {
			return nil, refuse(CodeMalformed, err, "an unsigned property cannot be read")
		}
		out = append(out, b)
	}
	return out, nil
}
