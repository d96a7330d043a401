package xades

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// blank stands for a digest or value that is not yet known.
const blank = "AAAA"

// rendering is a signature on its way into text. The text is written once by
// hand and read back by the same parser that judges signatures: what is signed
// is what a reader will see.
type rendering struct {
	strings.Builder
	o  *Options
	id string
}

// render writes the whole file.
func render(objects []Object, o *Options, propertiesDigest, value string) (string, error) {
	method, err := signatureURI(o.Certificate.PublicKey, o.Hash, o.PSS)
	if err != nil {
		return "", err
	}
	r := &rendering{o: o, id: fmt.Sprintf("S%d", o.Index)}
	r.add(`<?xml version="1.0" encoding="UTF-8" standalone="no"?>`, "\n",
		`<asic:XAdESSignatures xmlns:asic="`, nsASiC, `" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" xmlns:xades="`, nsXAdES, `">`,
		`<ds:Signature Id="`, r.id, `"><ds:SignedInfo>`,
		`<ds:CanonicalizationMethod Algorithm="`, string(o.Canonicalization), `"/>`,
		`<ds:SignatureMethod Algorithm="`, method, `"/>`)
	for i := range objects {
		r.add(`<ds:Reference Id="`, r.reference(i), `" URI="`, escape(EncodeURI(objects[i].Name)), `">`)
		r.digest(base64.StdEncoding.EncodeToString(objects[i].Digest))
		r.add(`</ds:Reference>`)
	}
	r.add(`<ds:Reference Id="`, r.id, `-RefSP" Type="`, typeSignedProperties, `" URI="#`, r.id, `-SignedProperties"><ds:Transforms>`,
		`<ds:Transform Algorithm="`, string(o.Canonicalization), `"/></ds:Transforms>`)
	r.digest(propertiesDigest)
	r.add(`</ds:Reference></ds:SignedInfo><ds:SignatureValue Id="`, r.id, `-SIG">`, value, `</ds:SignatureValue>`,
		`<ds:KeyInfo><ds:X509Data>`)
	for _, cert := range append([]*x509.Certificate{o.Certificate}, o.Chain...) {
		r.add(`<ds:X509Certificate>`, base64.StdEncoding.EncodeToString(cert.Raw), `</ds:X509Certificate>`)
	}
	r.add(`</ds:X509Data></ds:KeyInfo><ds:Object><xades:QualifyingProperties Target="#`, r.id, `">`)
	r.properties(objects)
	r.add(`</xades:QualifyingProperties></ds:Object></ds:Signature></asic:XAdESSignatures>`)
	return r.String(), nil
}

func (r *rendering) add(parts ...string) {
	for _, p := range parts {
		r.WriteString(p)
	}
}

func (r *rendering) reference(i int) string { return fmt.Sprintf("%s-RefId%d", r.id, i) }

func (r *rendering) digest(value string) {
	r.add(`<ds:DigestMethod Algorithm="`, digestURI(r.o.Hash), `"/><ds:DigestValue>`, value, `</ds:DigestValue>`)
}

// properties in the order of the schema (EN 319 132-1 §4.3.5).
func (r *rendering) properties(objects []Object) {
	r.add(`<xades:SignedProperties Id="`, r.id, `-SignedProperties"><xades:SignedSignatureProperties>`,
		`<xades:SigningTime>`, r.o.Time.UTC().Format(time.RFC3339), `</xades:SigningTime>`,
		`<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>`)
	h := r.o.Hash.New()
	h.Write(r.o.Certificate.Raw)
	r.digest(base64.StdEncoding.EncodeToString(h.Sum(nil)))
	r.add(`</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>`)
	r.place()
	r.roles()
	r.add(`</xades:SignedSignatureProperties><xades:SignedDataObjectProperties>`)
	for i := range objects {
		r.add(`<xades:DataObjectFormat ObjectReference="#`, r.reference(i), `"><xades:MimeType>`,
			escape(objects[i].MediaType), `</xades:MimeType></xades:DataObjectFormat>`)
	}
	r.add(`</xades:SignedDataObjectProperties></xades:SignedProperties>`)
}

func (r *rendering) place() {
	p := &r.o.Place
	if *p == (Place{}) {
		return
	}
	r.add(`<xades:SignatureProductionPlaceV2>`)
	for _, part := range []struct{ name, value string }{
		{"City", p.City}, {"StreetAddress", p.Street}, {"StateOrProvince", p.Province}, {"PostalCode", p.PostalCode}, {"CountryName", p.Country},
	} {
		if part.value != "" {
			r.add(`<xades:`, part.name, `>`, escape(part.value), `</xades:`, part.name, `>`)
		}
	}
	r.add(`</xades:SignatureProductionPlaceV2>`)
}

func (r *rendering) roles() {
	if len(r.o.Roles) == 0 {
		return
	}
	r.add(`<xades:SignerRoleV2><xades:ClaimedRoles>`)
	for _, role := range r.o.Roles {
		r.add(`<xades:ClaimedRole>`, escape(role), `</xades:ClaimedRole>`)
	}
	r.add(`</xades:ClaimedRoles></xades:SignerRoleV2>`)
}

// escape makes text safe in content and in attributes.
func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder does not fail
	return b.String()
}

// signatureURI is the SignatureMethod (RFC 6931 §2.3). The curve decides
// nothing: ECDSA takes any of the hashes.
func signatureURI(key crypto.PublicKey, hash crypto.Hash, pss bool) (string, error) {
	bits := fmt.Sprint(hash.Size() * 8)
	const more = "http://www.w3.org/2001/04/xmldsig-more#"
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if !pss {
			return more + "ecdsa-sha" + bits, nil
		}
	case *rsa.PublicKey:
		switch {
		case k.N.BitLen() < 2048:
			return "", fmt.Errorf("%w: RSA of %d bits", ErrKey, k.N.BitLen())
		case pss:
			return "http://www.w3.org/2007/05/xmldsig-more#sha" + bits + "-rsa-MGF1", nil
		}
		return more + "rsa-sha" + bits, nil
	}
	return "", fmt.Errorf("%w: %T", ErrKey, key)
}
