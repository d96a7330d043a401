package cms

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"

	"go.mozilla.org/pkcs7"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// encode makes the message with an empty signature value.
//
// go.mozilla.org/pkcs7 asks for the private key when a signer is added, and
// this key is on a card. Its structures are reachable though unnamed, so the
// signer is filled in field by field and no key is involved.
func (t Template) encode(s scheme, signed Attributes) ([]byte, error) {
	message, err := pkcs7.NewSignedData(nil)
	if err != nil {
		return nil, err
	}
	digest, err := HashAlgorithm(t.Hash)
	if err != nil {
		return nil, err
	}
	signature, err := s.algorithm()
	if err != nil {
		return nil, err
	}
	body := message.GetSignedData()
	body.Version = 1
	body.DigestAlgorithmIdentifiers = []pkix.AlgorithmIdentifier{digest.pkix()}
	body.ContentInfo.Content = asn1.RawValue{}
	if t.ContentType != nil && !t.ContentType.Equal(OIDData) {
		body.Version = 3 // RFC 5652 §5.1
		body.ContentInfo.ContentType = t.ContentType
	}
	if t.Content != nil {
		octets := build(func(b *cryptobyte.Builder) { b.AddASN1OctetString(t.Content) })
		body.ContentInfo.Content = asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: octets}
	}
	signer := grow(&body.SignerInfos)
	signer.Version = 1
	signer.IssuerAndSerialNumber.IssuerName = asn1.RawValue{FullBytes: t.Certificate.RawIssuer}
	signer.IssuerAndSerialNumber.SerialNumber = t.Certificate.SerialNumber
	signer.DigestAlgorithm = digest.pkix()
	signer.DigestEncryptionAlgorithm = signature.pkix()
	ordered, err := signed.sorted()
	if err != nil {
		return nil, err
	}
	for _, a := range ordered {
		attribute := grow(&signer.AuthenticatedAttributes)
		attribute.Type = a.Type
		attribute.Value = asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: bytes.Join(a.Values, nil)}
	}
	if !t.OmitCertificates {
		for _, cert := range certificateSet(t.Certificate, t.Chain) {
			message.AddCertificate(cert)
		}
	}
	return message.Finish()
}

// grow appends a zero element and returns it; it names a type its package does
// not.
func grow[T any](s *[]T) *T {
	*s = append(*s, *new(T))
	return &(*s)[len(*s)-1]
}

func (a Algorithm) pkix() pkix.AlgorithmIdentifier {
	out := pkix.AlgorithmIdentifier{Algorithm: a.OID}
	if a.Parameters != nil {
		out.Parameters = asn1.RawValue{FullBytes: a.Parameters}
	}
	return out
}

// certificateSet is each certificate once, in DER order.
func certificateSet(leaf *x509.Certificate, chain []*x509.Certificate) []*x509.Certificate {
	set := append([]*x509.Certificate{leaf}, chain...)
	slices.SortFunc(set, func(a, b *x509.Certificate) int { return bytes.Compare(a.Raw, b.Raw) })
	return slices.CompactFunc(set, func(a, b *x509.Certificate) bool { return a.Equal(b) })
}

// encode writes the message again from the bytes it was read from, with the
// signers as they now are.
func (sd *SignedData) encode() []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(OIDSignedData)
			b.AddASN1(tagContent, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, sd.addBody)
			})
		})
	})
}

func (sd *SignedData) addBody(b *cryptobyte.Builder) {
	b.AddBytes(sd.version)
	b.AddBytes(sd.digestAlgorithms)
	b.AddBytes(sd.encapsulated)
	for _, set := range []struct {
		tag     cbasn1.Tag
		content []byte
	}{{tagCerts, sd.certificates}, {tagCRLs, sd.revocations}} {
		if set.content != nil {
			b.AddASN1(set.tag, func(b *cryptobyte.Builder) { b.AddBytes(set.content) })
		}
	}
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
		for _, signer := range sd.Signers {
			b.AddASN1(cbasn1.SEQUENCE, signer.addBody)
		}
	})
}

func (si *Signer) addBody(b *cryptobyte.Builder) {
	b.AddBytes(si.head)
	if len(si.Unsigned) == 0 {
		return
	}
	content, err := si.Unsigned.sortedContent()
	if err != nil {
		b.SetError(err)
		return
	}
	b.AddASN1(tagUnsigned, func(b *cryptobyte.Builder) { b.AddBytes(content) })
}
