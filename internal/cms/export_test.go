package cms

import (
	"bytes"
	"crypto"
	"crypto/rand"
)

// Forge makes a message the way Prepare and Complete do, without their checks:
// change alters the signed attributes, and the key signs what comes out.
func Forge(t Template, key crypto.Signer, change func(Attributes) Attributes) ([]byte, error) {
	s, err := schemeFor(t.Certificate.PublicKey, t.Hash, t.PSS)
	if err != nil {
		return nil, err
	}
	attributes, err := t.attributes()
	if err != nil {
		return nil, err
	}
	message, err := t.encode(s, change(attributes))
	if err != nil {
		return nil, err
	}
	sd, err := Parse(message)
	if err != nil {
		return nil, err
	}
	tbs, err := setOf(sd.Signers[0].signedContent)
	if err != nil {
		return nil, err
	}
	h := t.Hash.New()
	h.Write(tbs)
	signature, err := key.Sign(rand.Reader, h.Sum(nil), s.options())
	if err != nil {
		return nil, err
	}
	if sd, err = sd.withSignature(signature); err != nil {
		return nil, err
	}
	return sd.encode(), nil
}

// TwoSigners doubles the only signer.
func TwoSigners(message []byte) []byte {
	sd, err := Parse(message)
	if err != nil {
		panic(err)
	}
	sd.Signers = append(sd.Signers, sd.Signers[0])
	return sd.encode()
}

// NoSigners takes the only signer away.
func NoSigners(message []byte) []byte {
	sd, err := Parse(message)
	if err != nil {
		panic(err)
	}
	sd.Signers = nil
	return sd.encode()
}

// BindingAttribute makes signing-certificate-v2 for any certificate.
var BindingAttribute = signingCertificateV2

// Disorder writes the signed attributes in another order, which no DER has.
func Disorder(message []byte) []byte {
	sd, err := Parse(message)
	if err != nil {
		panic(err)
	}
	var reversed []byte
	for _, a := range sd.Signers[0].Signed {
		der, err := a.marshal()
		if err != nil {
			panic(err)
		}
		reversed = append(der, reversed...)
	}
	return bytes.Replace(message, sd.Signers[0].signedContent, reversed, 1)
}
