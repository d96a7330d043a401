package xades

import (
	"crypto"
	"fmt"
	"hash"
	"io"

	"eidgate/internal/xmlsec"
	"eidgate/sign/internal/judge"
)

// Names of unsigned properties (EN 319 132-1 §5.3 to §5.5).
const (
	propTimestamp   = "SignatureTimeStamp"
	propCertValues  = "CertificateValues"
	propRevocations = "RevocationValues"
	propValidation  = "TimeStampValidationData"
	propArchive     = "ArchiveTimeStamp"
)

// Limits of what a signature carries.
const (
	maxStamps = 32
	maxItem   = 4 << 20
)

// evidence is what the unsigned properties carry to judge the signature by.
// What cannot be read is no evidence.
func (s *signature) evidence() judge.Evidence {
	e := s.carried()
	e.Merge(judge.Evidence{Certificates: s.certificates()})
	return e
}

// evidenceBefore is what stands before a place among the unsigned properties,
// and in KeyInfo: an archive time-stamp there is over it.
func (s *signature) evidenceBefore(place int) judge.Evidence {
	e := valuesIn(s.unsignedProperties()[:place])
	e.Merge(judge.Evidence{Certificates: s.certificates()})
	return e
}

// carried is the evidence without the certificates of KeyInfo.
func (s *signature) carried() judge.Evidence { return valuesIn(s.unsignedProperties()) }

func valuesIn(properties []*xmlsec.Element) judge.Evidence {
	var all []judge.Evidence
	for _, p := range properties {
		switch {
		case p.Is(nsXAdES, propCertValues), p.Is(nsXAdES, propRevocations):
			all = append(all, readValues(p))
		case p.Is(ns141, propValidation), p.Is(ns141, "AnyValidationData"):
			for _, inner := range p.Elements() {
				all = append(all, readValues(inner))
			}
		}
	}
	var e, once judge.Evidence
	for _, some := range all {
		e.Certificates = append(e.Certificates, some.Certificates...)
		e.OCSP, e.CRLs = append(e.OCSP, some.OCSP...), append(e.CRLs, some.CRLs...)
	}
	once.Merge(e) // in one go: each merging looks at all there is
	return once
}

// readValues reads CertificateValues or RevocationValues.
func readValues(p *xmlsec.Element) (e judge.Evidence) {
	values := func(parent *xmlsec.Element, name string) [][]byte {
		var out [][]byte
		for _, v := range parent.All(nsXAdES, name) {
			if der, err := decode(v, ErrUnsigned); err == nil && len(der) <= maxItem && len(out) < maxCertificates {
				out = append(out, der)
			}
		}
		return out
	}
	switch {
	case p.Is(nsXAdES, propCertValues):
		e.Certificates = parseCertificates(values(p, "EncapsulatedX509Certificate"))
	case p.Is(nsXAdES, propRevocations):
		for _, list := range p.All(nsXAdES, "OCSPValues") {
			e.OCSP = append(e.OCSP, values(list, "EncapsulatedOCSPValue")...)
		}
		for _, list := range p.All(nsXAdES, "CRLValues") {
			e.CRLs = append(e.CRLs, values(list, "EncapsulatedCRLValue")...)
		}
	}
	return e
}

// token is a time-stamp among the unsigned properties.
type token struct {
	der    []byte
	method Method
	at     int // its place among the unsigned properties
}

// tokens reads the time-stamps of a property. One that cannot be read is an
// error: a forged proof is not passed over.
func (s *signature) tokens(space, name string) ([]token, error) {
	var out []token
	for i, p := range s.unsignedProperties() {
		if !p.Is(space, name) {
			continue
		}
		t := token{method: xmlsec.C14N10, at: i} // EN 319 132-1 §4.5: the default
		if m := p.One(xmlsec.NSDSig, "CanonicalizationMethod"); m != nil {
			uri, _ := m.Attribute("Algorithm")
			t.method = Method(uri)
			if len(m.Elements()) > 0 {
				return nil, ErrMethod
			}
		}
		if len(p.Elements()) > 2 || len(p.All(nsXAdES, "Include")) > 0 {
			return nil, fmt.Errorf("%w: %s", ErrUnsigned, name)
		}
		value := p.One(nsXAdES, "EncapsulatedTimeStamp")
		if value == nil {
			return nil, fmt.Errorf("%w: %s does not hold one token", ErrUnsigned, name)
		}
		var err error
		if t.der, err = decode(value, ErrUnsigned); err != nil {
			return nil, err
		}
		if out = append(out, t); len(out) > maxStamps {
			return nil, fmt.Errorf("%w: more than %d time-stamps", ErrLimit, maxStamps)
		}
	}
	return out, nil
}

// children of ds:Signature that time-stamps are about.
func (s *signature) signedInfo() *xmlsec.Element { return s.xml.Element.Elements()[0] }
func (s *signature) value() *xmlsec.Element      { return s.xml.Element.Elements()[1] }

// valueImprint is the digest a signature time-stamp is over: the canonical
// ds:SignatureValue element (EN 319 132-1 §5.3).
func (s *signature) valueImprint(method Method, hash crypto.Hash) ([]byte, error) {
	h := hash.New()
	if err := s.canonical(h, method, s.value()); err != nil {
		return nil, err
	}
	return h.Sum(nil), nil
}

func (s *signature) canonical(w io.Writer, method Method, e *xmlsec.Element) error {
	switch method {
	case xmlsec.C14N10, xmlsec.C14N11, xmlsec.ExclusiveC14N:
	default:
		return ErrMethod
	}
	return s.doc.WriteCanonical(w, xmlsec.Canonical{Method: method, Apex: e, NoComments: true})
}

// Content opens a signed file by its name in the container.
type Content func(name string) (io.ReadCloser, error)

// archiveImprint is the digest an archive time-stamp is over, when before is
// its place among the unsigned properties (EN 319 132-1 §5.5.2.2): what each
// reference is over, in order, then SignedInfo, SignatureValue and KeyInfo, then
// the unsigned properties before it.
func (s *signature) archiveImprint(method Method, algorithm crypto.Hash, before int, open Content) ([]byte, error) {
	h, err := s.referenced(algorithm, open)
	if err != nil {
		return nil, err
	}
	parts := []*xmlsec.Element{s.signedInfo(), s.value()}
	if s.xml.KeyInfo != nil {
		parts = append(parts, s.xml.KeyInfo)
	}
	for _, e := range append(parts, s.unsignedProperties()[:before]...) {
		if err := s.canonical(h, method, e); err != nil {
			return nil, err
		}
	}
	return h.Sum(nil), nil
}

// referenced hashes what the references are over. All archive time-stamps begin
// with it: the files are read once, however many there are.
func (s *signature) referenced(algorithm crypto.Hash, open Content) (hash.Hash, error) {
	known := s.begun[algorithm]
	if known == nil {
		h := algorithm.New()
		for i := range s.xml.References {
			r := &s.xml.References[i]
			write := func() error { return copyContent(h, r.URI, open) }
			if r.Type == typeSignedProperties {
				write = func() error { return s.xml.WriteReference(h, i) }
			}
			if err := write(); err != nil {
				return nil, err
			}
		}
		cloner, ok := h.(hash.Cloner)
		if !ok {
			return h, nil
		}
		if s.begun == nil {
			s.begun = map[crypto.Hash]hash.Cloner{}
		}
		s.begun[algorithm], known = cloner, cloner
	}
	return known.Clone()
}

func copyContent(h io.Writer, uri string, open Content) error {
	name, err := DecodeURI(uri)
	if err != nil {
		return err
	}
	in, err := open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	_, err = io.CopyBuffer(struct{ io.Writer }{h}, struct{ io.Reader }{in}, make([]byte, 128<<10))
	return err
}
