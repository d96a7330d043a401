package cms

import (
	"crypto/ecdsa"
	"crypto/x509"
	"math/big"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// AddUnsigned returns the message with unsigned attributes added to its only
// signer: a signature time-stamp, for one. Everything that was there keeps its
// bytes.
func AddUnsigned(message []byte, attributes ...Attribute) ([]byte, error) {
	sd, err := Parse(message)
	if err != nil {
		return nil, err
	}
	signer, err := sd.One()
	if err != nil {
		return nil, err
	}
	for _, a := range attributes {
		if a.Type == nil || len(a.Values) == 0 {
			return nil, refuse(ErrAttributeValue, "an unsigned attribute without type or value")
		}
	}
	signer.Unsigned = append(slices.Clone(signer.Unsigned), attributes...)
	return sd.encode(), nil
}

// withSignature returns the message with the only signer's value replaced.
func (sd *SignedData) withSignature(signature []byte) (*SignedData, error) {
	signer, err := sd.One()
	if err != nil {
		return nil, err
	}
	old := build(func(b *cryptobyte.Builder) { b.AddASN1OctetString(signer.Signature) })
	value := build(func(b *cryptobyte.Builder) { b.AddASN1OctetString(signature) })
	changed := *signer
	changed.head = slices.Concat(signer.head[:len(signer.head)-len(old)], value)
	changed.Signature = signature
	out := *sd
	out.Signers = []*Signer{&changed}
	return &out, nil
}

// MarshalBinary is the message with an empty signature value: the whole state
// between the two steps. Who stores it must protect it against change; what
// comes back is checked against the certificate it names.
func (p *Prepared) MarshalBinary() ([]byte, error) { return p.data.encode(), nil }

// Restore reads what MarshalBinary wrote. cert is the signer's: it must be the
// one the signed attributes bind.
func Restore(state []byte, cert *x509.Certificate) (*Prepared, error) {
	data, err := Parse(state)
	if err != nil {
		return nil, err
	}
	return newPrepared(data, cert)
}

// ECDSAFromRaw turns r and s of equal length, as browsers and XML signatures
// write them, into the DER that CMS wants.
func ECDSAFromRaw(raw []byte, key *ecdsa.PublicKey) ([]byte, error) {
	size := (key.Curve.Params().BitSize + 7) / 8
	if len(raw) != 2*size {
		return nil, refuse(ErrWrongSignature, "%d bytes are no pair of %d-byte numbers", len(raw), size)
	}
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1BigInt(new(big.Int).SetBytes(raw[:size]))
			b.AddASN1BigInt(new(big.Int).SetBytes(raw[size:]))
		})
	}), nil
}
