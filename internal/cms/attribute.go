package cms

import (
	"bytes"
	"encoding/asn1"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Attribute is one attribute of a signer: a type and its values, each one DER
// element (RFC 5652 §5.3).
type Attribute struct {
	Type   asn1.ObjectIdentifier
	Values [][]byte
}

// Attributes is a set of attributes in the order of the message.
type Attributes []Attribute

// All returns the values of every attribute of a type.
func (as Attributes) All(oid asn1.ObjectIdentifier) [][]byte {
	var values [][]byte
	for _, a := range as {
		if a.Type.Equal(oid) {
			values = append(values, a.Values...)
		}
	}
	return values
}

// Has tells whether there is an attribute of the type.
func (as Attributes) Has(oid asn1.ObjectIdentifier) bool {
	return slices.ContainsFunc(as, func(a Attribute) bool { return a.Type.Equal(oid) })
}

// One returns the single value of the attribute of a type; [ErrAttributeMissing]
// when there is none, [ErrAttributeValue] when there are several.
func (as Attributes) One(oid asn1.ObjectIdentifier) ([]byte, error) {
	values := as.All(oid)
	switch {
	case !as.Has(oid):
		return nil, refuse(ErrAttributeMissing, "%s", attributeName(oid))
	case len(values) != 1:
		return nil, refuse(ErrAttributeValue, "%s has %d values", attributeName(oid), len(values))
	}
	return values[0], nil
}

// attributeName is the field's own word for an attribute type.
func attributeName(oid asn1.ObjectIdentifier) string {
	for _, known := range []struct {
		oid  asn1.ObjectIdentifier
		name string
	}{
		{OIDContentType, "content-type"},
		{OIDMessageDigest, "message-digest"},
		{OIDSigningTime, "signing-time"},
		{OIDSigningCertificate, "signing-certificate"},
		{OIDSigningCertificateV2, "signing-certificate-v2"},
		{OIDAlgorithmProtection, "cms-algorithm-protection"},
		{OIDCommitmentType, "commitment-type-indication"},
		{OIDSignaturePolicy, "signature-policy-identifier"},
		{OIDCertificateValues, "certificate-values"},
		{OIDRevocationValues, "revocation-values"},
	} {
		if oid.Equal(known.oid) {
			return known.name
		}
	}
	return oid.String()
}

const maxAttributes = 64

// parseAttributes reads the content of a SET OF Attribute.
func parseAttributes(s cryptobyte.String) (Attributes, error) {
	var as Attributes
	for !s.Empty() {
		if len(as) == maxAttributes {
			return nil, refuse(ErrTooLarge, "more than %d attributes", maxAttributes)
		}
		var body, values cryptobyte.String
		var a Attribute
		if !s.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&a.Type) ||
			!body.ReadASN1(&values, cbasn1.SET) || !body.Empty() {
			return nil, refuse(ErrMalformed, "an attribute")
		}
		for !values.Empty() {
			var value cryptobyte.String
			if len(a.Values) == maxAttributes || !values.ReadAnyASN1Element(&value, new(cbasn1.Tag)) {
				return nil, refuse(ErrMalformed, "the values of attribute %s", attributeName(a.Type))
			}
			a.Values = append(a.Values, value)
		}
		as = append(as, a)
	}
	return as, nil
}

// marshal is the DER of one attribute.
func (a Attribute) marshal() ([]byte, error) {
	values := slices.Clone(a.Values)
	slices.SortFunc(values, bytes.Compare)
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(a.Type)
		b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
			for _, v := range values {
				b.AddBytes(v)
			}
		})
	})
	return b.Bytes()
}

// sorted is the attributes in DER order (X.690 §11.6), each with its values in
// DER order.
func (as Attributes) sorted() (Attributes, error) {
	type keyed struct {
		der []byte
		a   Attribute
	}
	all := make([]keyed, len(as))
	for i, a := range as {
		der, err := a.marshal()
		if err != nil {
			return nil, err
		}
		all[i] = keyed{der, a}
	}
	slices.SortFunc(all, func(x, y keyed) int { return bytes.Compare(x.der, y.der) })
	out := make(Attributes, len(all))
	for i, k := range all {
		out[i] = k.a
	}
	return out, nil
}

// sortedContent is the content of the DER SET OF the attributes.
func (as Attributes) sortedContent() ([]byte, error) {
	encoded := make([][]byte, len(as))
	for i, a := range as {
		der, err := a.marshal()
		if err != nil {
			return nil, err
		}
		encoded[i] = der
	}
	slices.SortFunc(encoded, bytes.Compare)
	return bytes.Join(encoded, nil), nil
}

// setOf puts the SET tag around content: what is signed in place of the
// implicit [0] of the message (RFC 5652 §5.4).
func setOf(content []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) { b.AddBytes(content) })
	return b.Bytes()
}
