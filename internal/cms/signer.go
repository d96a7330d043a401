package cms

import (
	"bytes"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// parseSigner reads the content of a SignerInfo (RFC 5652 §5.3).
func parseSigner(s cryptobyte.String) (*Signer, error) {
	whole := s
	si := &Signer{}
	if !s.ReadASN1Integer(&si.Version) || (si.Version != 1 && si.Version != 3) {
		return nil, refuse(ErrMalformed, "SignerInfo version")
	}
	if err := si.parseIdentifier(&s); err != nil {
		return nil, err
	}
	var err error
	if si.DigestAlgorithm, err = parseAlgorithm(&s); err != nil {
		return nil, err
	}
	var signed cryptobyte.String
	if !s.ReadOptionalASN1(&signed, &si.hasSigned, tagSigned) {
		return nil, refuse(ErrMalformed, "the signed attributes")
	}
	si.signedContent = signed
	if si.Signed, err = parseAttributes(signed); err != nil {
		return nil, err
	}
	if si.SignatureAlgorithm, err = parseAlgorithm(&s); err != nil {
		return nil, err
	}
	var signature cryptobyte.String
	if !s.ReadASN1(&signature, cbasn1.OCTET_STRING) {
		return nil, refuse(ErrMalformed, "the signature value")
	}
	si.Signature = signature
	si.head = whole[:len(whole)-len(s)]
	return si, si.parseUnsigned(s)
}

// parseIdentifier reads the SignerIdentifier: issuer and serial number, or the
// subject key identifier.
func (si *Signer) parseIdentifier(s *cryptobyte.String) error {
	if s.PeekASN1Tag(tagKeyID) {
		var id cryptobyte.String
		if !s.ReadASN1(&id, tagKeyID) || len(id) == 0 {
			return refuse(ErrMalformed, "the subject key identifier")
		}
		si.KeyID = id
		return nil
	}
	var body, issuer cryptobyte.String
	si.Serial = new(big.Int)
	if !s.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1Element(&issuer, cbasn1.SEQUENCE) ||
		!body.ReadASN1Integer(si.Serial) || !body.Empty() {
		return refuse(ErrMalformed, "the signer identifier")
	}
	si.Issuer = issuer
	return nil
}

func (si *Signer) parseUnsigned(s cryptobyte.String) error {
	var unsigned cryptobyte.String
	var has bool
	if !s.ReadOptionalASN1(&unsigned, &has, tagUnsigned) || !s.Empty() {
		return refuse(ErrMalformed, "the unsigned attributes")
	}
	var err error
	si.Unsigned, err = parseAttributes(unsigned)
	return err
}

// signedBytes is the DER SET OF that the signature is over. The message must
// hold it in that very order: two readers must not see two documents.
func (si *Signer) signedBytes() ([]byte, error) {
	if !si.hasSigned || len(si.Signed) == 0 {
		return nil, ErrNoSignedAttributes
	}
	sorted, err := si.Signed.sortedContent()
	if err != nil {
		return nil, refuse(ErrMalformed, "the signed attributes: %v", err)
	}
	if !bytes.Equal(sorted, si.signedContent) {
		return nil, ErrAttributesNotDER
	}
	return setOf(si.signedContent)
}
