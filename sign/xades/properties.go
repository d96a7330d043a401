package xades

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"eidgate/internal/xmlsec"
)

// signedSignature is xades:SignedSignatureProperties.
func (s *signature) signedSignature() *xmlsec.Element {
	return s.signed.One(nsXAdES, "SignedSignatureProperties")
}

// binding is the digest of the signer's certificate among the signed
// properties.
type binding struct {
	hash   crypto.Hash
	digest []byte
	issuer []byte // IssuerSerialV2, or nil
	serial string // of the old IssuerSerial, or empty
	old    bool   // SigningCertificate of XAdES before 2016
}

// binding reads SigningCertificateV2 (EN 319 132-1 §5.2.2) or the older
// SigningCertificate. The first certificate named is the signer's.
func (s *signature) binding() (*binding, error) {
	props := s.signedSignature()
	if props == nil {
		return nil, ErrBindingMissing
	}
	v2, v1 := props.All(nsXAdES, "SigningCertificateV2"), props.All(nsXAdES, "SigningCertificate")
	list := append(v2, v1...)
	switch {
	case len(list) == 0:
		return nil, ErrBindingMissing
	case len(list) > 1:
		return nil, fmt.Errorf("%w: several", ErrBinding)
	}
	named := list[0].All(nsXAdES, "Cert")
	if len(named) == 0 {
		return nil, ErrBindingMissing
	}
	b := &binding{old: len(v1) == 1}
	digest := named[0].One(nsXAdES, "CertDigest")
	if digest == nil {
		return nil, fmt.Errorf("%w: no CertDigest", ErrProperty)
	}
	method, value := digest.One(xmlsec.NSDSig, "DigestMethod"), digest.One(xmlsec.NSDSig, "DigestValue")
	if method == nil || value == nil {
		return nil, fmt.Errorf("%w: CertDigest", ErrProperty)
	}
	uri, _ := method.Attribute("Algorithm")
	if b.hash = hashOf(uri); b.hash == 0 {
		return nil, ErrWeakBinding
	}
	var err error
	if b.digest, err = decode(value, ErrProperty); err != nil {
		return nil, err
	}
	if e := named[0].One(nsXAdES, "IssuerSerialV2"); e != nil {
		if b.issuer, err = decode(e, ErrProperty); err != nil {
			return nil, err
		}
	}
	if e := named[0].One(nsXAdES, "IssuerSerial"); e != nil {
		serial := e.One(xmlsec.NSDSig, "X509SerialNumber")
		if serial == nil {
			return nil, fmt.Errorf("%w: IssuerSerial", ErrProperty)
		}
		b.serial, _ = serial.Value()
	}
	return b, nil
}

// fits tells whether a certificate is the one that is bound.
func (b *binding) fits(cert *x509.Certificate) bool {
	h := b.hash.New()
	h.Write(cert.Raw)
	return bytes.Equal(h.Sum(nil), b.digest) && (b.issuer == nil || issuerSerialFits(b.issuer, cert)) &&
		(b.serial == "" || b.serial == cert.SerialNumber.String())
}

// bind refuses another certificate than the bound one.
func (s *signature) bind(cert *x509.Certificate) error {
	b, err := s.binding()
	if err != nil {
		return err
	}
	if cert == nil || !b.fits(cert) {
		return ErrBinding
	}
	return nil
}

// certificates are those of KeyInfo that can be parsed.
func (s *signature) certificates() []*x509.Certificate {
	return parseCertificates(s.xml.X509Certificates())
}

const maxCertificates = 128

func parseCertificates(list [][]byte) []*x509.Certificate {
	var out []*x509.Certificate
	for i, der := range list {
		if cert, err := x509.ParseCertificate(der); err == nil && i < maxCertificates {
			out = append(out, cert)
		}
	}
	return out
}

// signer finds the bound certificate among those in the signature.
func (s *signature) signer(more []*x509.Certificate) (*x509.Certificate, *binding, error) {
	b, err := s.binding()
	if err != nil {
		return nil, nil, err
	}
	own := s.certificates()
	for _, cert := range append(own, more...) {
		if b.fits(cert) {
			return cert, b, nil
		}
	}
	if len(own) == 0 {
		return nil, b, ErrNoCertificate
	}
	return nil, b, ErrBinding
}

// time is the claimed signing time; ok is false when it is not there or no
// time.
func (s *signature) time() (time.Time, bool) {
	props := s.signedSignature()
	if props == nil {
		return time.Time{}, false
	}
	e := props.One(nsXAdES, "SigningTime")
	if e == nil {
		return time.Time{}, false
	}
	text, _ := e.Value()
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// once refuses signed properties that the schema has once and that are there
// twice, in their old and new form too: one reader shows the first, another the
// last, a third none.
//
// Comments are refused too: the canonical form drops them, so anyone may put one
// into a value, and what is in two pieces is not read here.
func (s *signature) once() error {
	if commented(s.signed) {
		return fmt.Errorf("%w: a comment among what is signed", ErrProperties)
	}
	var trees []*xmlsec.Element
	for _, props := range s.signed.Elements() {
		if props.Is(nsXAdES, "SignedSignatureProperties") {
			trees = append(trees, props)
			for _, e := range props.Elements() {
				if e.Local != "SigningCertificate" && e.Local != "SigningCertificateV2" { // see binding
					trees = append(trees, e)
				}
			}
		}
		trees = append(trees, props.All(nsXAdES, "DataObjectFormat")...)
		trees = append(trees, props.All(nsXAdES, "CommitmentTypeIndication")...)
	}
	for _, e := range append(trees, s.signed) {
		seen := map[string]bool{}
		for _, child := range e.Elements() {
			name := strings.TrimSuffix(child.Local, "V2")
			if seen[name] && name != "SigningCertificate" && child.Local != "ObjectReference" {
				return fmt.Errorf("%w: %q is there twice", ErrProperties, child.Local)
			}
			seen[name] = true
		}
	}
	return nil
}

// commented tells whether a comment stands anywhere inside an element.
func commented(e *xmlsec.Element) bool {
	for i := range e.Children {
		if n := &e.Children[i]; n.Kind == xmlsec.CommentNode || n.Kind == xmlsec.ElementNode && commented(n.Element) {
			return true
		}
	}
	return false
}

// commitments are the kinds of commitment that the signer claims to make
// (EN 319 132-1 §5.2.3), as URIs.
func (s *signature) commitments() []string {
	props := s.signed.One(nsXAdES, "SignedDataObjectProperties")
	if props == nil {
		return nil
	}
	var out []string
	for _, c := range props.All(nsXAdES, "CommitmentTypeIndication") {
		if id := c.One(nsXAdES, "CommitmentTypeId"); id != nil {
			if e := id.One(nsXAdES, "Identifier"); e != nil {
				if text, ok := e.Value(); ok && text != "" && !slices.Contains(out, text) {
					out = append(out, text)
				}
			}
		}
	}
	return out
}

// place is the claimed place in one line, and roles are the claimed roles.
func (s *signature) place() string {
	props := s.signedSignature()
	if props == nil {
		return ""
	}
	var parts []string
	for _, name := range []string{"SignatureProductionPlaceV2", "SignatureProductionPlace"} {
		if e := props.One(nsXAdES, name); e != nil {
			for _, child := range e.Elements() {
				if text, ok := child.Value(); ok && text != "" {
					parts = append(parts, text)
				}
			}
		}
	}
	return strings.Join(parts, ", ")
}

func (s *signature) roles() []string {
	props := s.signedSignature()
	if props == nil {
		return nil
	}
	var roles []string
	for _, name := range []string{"SignerRoleV2", "SignerRole"} {
		e := props.One(nsXAdES, name)
		if e == nil {
			continue
		}
		if e = e.One(nsXAdES, "ClaimedRoles"); e == nil {
			continue
		}
		for _, role := range e.All(nsXAdES, "ClaimedRole") {
			if text, ok := role.Value(); ok && text != "" {
				roles = append(roles, text)
			}
		}
	}
	return roles
}

// formats are the media types by file name. Each description must be about a
// signed file, and no file may have two (EN 319 132-1 §5.2.4).
func (s *signature) formats() (map[string]string, error) {
	out := map[string]string{}
	props := s.signed.One(nsXAdES, "SignedDataObjectProperties")
	if props == nil {
		return out, nil
	}
	byID := map[string]string{}
	for i := range s.xml.References {
		r := &s.xml.References[i]
		if r.Type == typeSignedProperties || r.ID == "" {
			continue
		}
		name, err := DecodeURI(r.URI)
		if err != nil {
			return nil, err
		}
		if _, twice := byID[r.ID]; twice {
			return nil, fmt.Errorf("%w: two references have one Id", ErrDataFormat)
		}
		byID[r.ID] = name
	}
	for _, f := range props.All(nsXAdES, "DataObjectFormat") {
		reference, _ := f.Attribute("ObjectReference")
		name, known := byID[strings.TrimPrefix(reference, "#")]
		if !known || !strings.HasPrefix(reference, "#") {
			return nil, fmt.Errorf("%w: %q is no reference", ErrDataFormat, reference)
		}
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("%w: %q has two", ErrDataFormat, name)
		}
		out[name] = ""
		if mime := f.One(nsXAdES, "MimeType"); mime != nil {
			out[name], _ = mime.Value()
		}
	}
	return out, nil
}

// encodeDER is base64 as the schema has it.
func encodeDER(der []byte) string { return base64.StdEncoding.EncodeToString(der) }
