package tsl

import (
	"crypto/sha1" //nolint:gosec // see digestOf
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"strings"
	"time"

	"eidgate/certs"
	"eidgate/internal/xmlsec"
)

func badProperties(what string) error {
	return certs.Refuse("tsl.signed-properties", nil, "the trusted list's signature %s", what)
}

// checkProperties checks the XAdES part of a baseline B signature (EN 319 132-1
// §6.3): signed properties at their place in this very signature, which name
// the signer's certificate by its digest and the time.
func checkProperties(s *xmlsec.Signature, properties *xmlsec.Element, signer *x509.Certificate) (time.Time, error) {
	if properties == nil {
		return time.Time{}, badProperties("does not cover its own properties")
	}
	qualifying := properties.Parent
	id, _ := s.Element.Attribute("Id")
	target, _ := qualifying.Attribute("Target")
	if !qualifying.Is(nsXAdES, "QualifyingProperties") || qualifying.Parent.Parent != s.Element ||
		!qualifying.Parent.Is(xmlsec.NSDSig, "Object") || id == "" || target != "#"+id {
		return time.Time{}, badProperties("covers properties that are not its own")
	}
	of := properties.One(nsXAdES, "SignedSignatureProperties")
	if of == nil {
		return time.Time{}, badProperties("has no signed properties")
	}
	if err := checkSigningCertificate(of, signer); err != nil {
		return time.Time{}, err
	}
	r := new(reader)
	signed := r.date(of.One(nsXAdES, "SigningTime"))
	if r.err != nil || signed.IsZero() {
		return time.Time{}, badProperties("does not say when it was made")
	}
	return signed, nil
}

// checkSigningCertificate compares the digest in SigningCertificateV2, or
// SigningCertificate in lists of version 5, with the pinned certificate.
func checkSigningCertificate(of *xmlsec.Element, signer *x509.Certificate) error {
	named := of.One(nsXAdES, "SigningCertificateV2")
	if named == nil {
		named = of.One(nsXAdES, "SigningCertificate")
	}
	if named == nil {
		return badProperties("does not name its certificate")
	}
	for _, c := range named.All(nsXAdES, "Cert") {
		digest := c.One(nsXAdES, "CertDigest")
		if digest == nil {
			continue
		}
		want, got, ok := digestOf(digest, signer.Raw)
		if !ok {
			return badProperties("names its certificate by a hash that is not accepted")
		}
		// The signer's is the first; certificates of its chain may follow.
		if subtle.ConstantTimeCompare(want, got) != 1 {
			return badProperties("was made for another certificate")
		}
		return nil
	}
	return badProperties("does not name its certificate")
}

// digestOf gives the digest that a CertDigest has and the one it should have.
func digestOf(e *xmlsec.Element, der []byte) (want, got []byte, ok bool) {
	method, value := e.One(xmlsec.NSDSig, "DigestMethod"), e.One(xmlsec.NSDSig, "DigestValue")
	if method == nil || value == nil {
		return nil, nil, false
	}
	text, pure := value.Text()
	want, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil || !pure {
		return nil, nil, false
	}
	name, _ := method.Attribute("Algorithm")
	switch name {
	case "http://www.w3.org/2001/04/xmlenc#sha256":
		sum := sha256.Sum256(der)
		return want, sum[:], true
	case "http://www.w3.org/2001/04/xmldsig-more#sha384":
		sum := sha512.Sum384(der)
		return want, sum[:], true
	case "http://www.w3.org/2001/04/xmlenc#sha512":
		sum := sha512.Sum512(der)
		return want, sum[:], true
	case xmlsec.NSDSig + "sha1":
		// The certificate is pinned by all of its bytes, so that this digest
		// adds nothing that SHA-1 could weaken; many version 5 lists have it.
		sum := sha1.Sum(der) //nolint:gosec // see above
		return want, sum[:], true
	}
	return nil, nil, false
}
