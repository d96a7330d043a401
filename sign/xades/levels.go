package xades

import (
	"context"
	"crypto"
	"fmt"
	"strings"

	"eidgate/internal/xmlsec"
	"eidgate/sign"
	"eidgate/sign/internal/judge"
)

// Evidence is what level LT puts into a signature: certificates and revocation
// answers for the signer's chain, the time-stamp authority's and those of the
// responders.
type Evidence = judge.Evidence

// load parses a file and wants one signature in it whose form holds.
func load(text []byte) (*signature, error) {
	f, err := parse(text)
	if err != nil {
		return nil, err
	}
	s, err := f.one()
	if err != nil {
		return nil, err
	}
	return s, s.checkReferences()
}

// AddTimestamp lifts a signature to level T: it has the signature value stamped
// (EN 319 132-1 §5.3). The imprint's hash is hash, SHA-256 when zero.
func AddTimestamp(ctx context.Context, text []byte, tsa sign.Timestamper, hash crypto.Hash) ([]byte, error) {
	s, err := load(text)
	if err != nil {
		return nil, err
	}
	if hash == 0 {
		hash = crypto.SHA256
	}
	method := s.method()
	digest, err := s.valueImprint(method, hash)
	if err != nil {
		return nil, err
	}
	token, err := tsa.Stamp(ctx, hash, digest)
	if err != nil {
		return nil, fmt.Errorf("getting the time-stamp: %w", err)
	}
	return s.insert(s.stampXML("xades", nsXAdES, propTimestamp, "T", method, token.DER))
}

// method is the canonicalisation of the signature itself, when new parts can
// use it.
func (s *signature) method() Method {
	if m := s.signedInfo().One(xmlsec.NSDSig, "CanonicalizationMethod"); m != nil {
		uri, _ := m.Attribute("Algorithm")
		if known := Method(uri); known == C14N11 || known == Exclusive || known == xmlsec.C14N10 {
			return known
		}
	}
	return C14N11
}

// stampXML is a time-stamp property. It declares what it uses: the signature it
// goes into may use other prefixes.
func (s *signature) stampXML(prefix, space, name, letter string, method Method, der []byte) string {
	declared := ` xmlns:` + prefix + `="` + space + `" xmlns:ds="` + xmlsec.NSDSig + `"`
	if prefix != "xades" {
		declared += ` xmlns:xades="` + nsXAdES + `"`
	}
	return `<` + prefix + `:` + name + declared + ` Id="` + s.freeID(letter) + `"><ds:CanonicalizationMethod Algorithm="` + string(method) +
		`"/><xades:EncapsulatedTimeStamp>` + encodeDER(der) + `</xades:EncapsulatedTimeStamp></` + prefix + `:` + name + `>`
}

// freeID is an Id that the document does not have, a name by the rules of XML
// whatever the signature's own is.
func (s *signature) freeID(letter string) string {
	base := s.id
	if base == "" || base[0] >= '0' && base[0] <= '9' {
		base = "S" + base
	}
	for i := 0; ; i++ {
		id := fmt.Sprintf("%s-%s%d", base, letter, i)
		if !strings.Contains(s.doc.Text, `"`+id+`"`) && !strings.Contains(s.doc.Text, `'`+id+`'`) {
			return id
		}
	}
}

// AddEvidence lifts a signature from level T to LT (EN 319 132-1 §5.4). To a
// signature with evidence it adds more, about an archive time-stamp or because
// some was missing. Evidence without anything in it changes nothing.
func AddEvidence(text []byte, e *Evidence) ([]byte, error) {
	s, err := load(text)
	if err != nil {
		return nil, err
	}
	stamps, err := s.tokens(nsXAdES, propTimestamp)
	if err != nil {
		return nil, err
	}
	if len(e.Certificates)+len(e.OCSP)+len(e.CRLs) == 0 {
		return text, nil
	}
	if len(stamps) == 0 {
		return nil, fmt.Errorf("%w: it has no time-stamp", ErrLevel)
	}
	for _, p := range s.unsignedProperties() {
		if p.Is(nsXAdES, propCertValues) || p.Is(nsXAdES, propRevocations) {
			return s.insert(s.validationXML(e)) // never two of either
		}
	}
	return s.insert(s.valuesXML(e))
}

// valuesXML is CertificateValues and RevocationValues, each when there is
// something for it.
func (s *signature) valuesXML(e *Evidence) string {
	const declared = ` xmlns:xades="` + nsXAdES + `">`
	var certificates [][]byte
	for _, cert := range e.Certificates {
		certificates = append(certificates, cert.Raw)
	}
	list := func(name string, values [][]byte) string {
		var b strings.Builder
		for _, der := range values {
			b.WriteString(`<xades:` + name + `>` + encodeDER(der) + `</xades:` + name + `>`)
		}
		return b.String()
	}
	wrap := func(name, inner, declared string) string {
		if inner == "" {
			return ""
		}
		return `<xades:` + name + declared + inner + `</xades:` + name + `>`
	}
	return wrap(propCertValues, list("EncapsulatedX509Certificate", certificates), declared) +
		wrap(propRevocations, wrap("CRLValues", list("EncapsulatedCRLValue", e.CRLs), ">")+
			wrap("OCSPValues", list("EncapsulatedOCSPValue", e.OCSP), ">"), declared)
}

// validationXML is further evidence for a signature that has some already
// (EN 319 132-1 §5.5.1).
func (s *signature) validationXML(e *Evidence) string {
	return `<xades141:TimeStampValidationData xmlns:xades141="` + ns141 + `" Id="` + s.freeID("V") + `">` + s.valuesXML(e) + `</xades141:TimeStampValidationData>`
}

// AddArchiveTimestamp lifts a signature from level LT to LTA, or renews LTA
// (EN 319 132-1 §5.5.2). open gives the signed files again; they are read as
// streams.
func AddArchiveTimestamp(ctx context.Context, text []byte, open Content, tsa sign.Timestamper, hash crypto.Hash) ([]byte, error) {
	s, err := load(text)
	if err != nil {
		return nil, err
	}
	if e := s.evidence(); len(e.OCSP)+len(e.CRLs) == 0 {
		return nil, fmt.Errorf("%w: it carries no revocation answers", ErrLevel)
	}
	if hash == 0 {
		hash = crypto.SHA256
	}
	digest, err := s.archiveImprint(s.method(), hash, len(s.unsignedProperties()), open)
	if err != nil {
		return nil, fmt.Errorf("preparing the archive time-stamp: %w", err)
	}
	token, err := tsa.Stamp(ctx, hash, digest)
	if err != nil {
		return nil, fmt.Errorf("getting the archive time-stamp: %w", err)
	}
	return s.insert(s.stampXML("xades141", ns141, propArchive, "A", s.method(), token.DER))
}
