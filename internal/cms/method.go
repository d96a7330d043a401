package cms

import (
	"crypto"
	"fmt"
)

// ToBeSigned is what the signer's key signed: the signed attributes as a SET
// (RFC 5652 §5.4).
func (si *Signer) ToBeSigned() ([]byte, error) { return si.signedBytes() }

// MethodURI names the signature algorithm as XML signatures do (RFC 9231 §2.3);
// empty for one that is not accepted.
func (si *Signer) MethodURI() string {
	hash, err := si.DigestAlgorithm.Hash()
	if err != nil {
		return ""
	}
	s, err := schemeOf(si.SignatureAlgorithm, hash)
	if err != nil {
		return ""
	}
	const more = "http://www.w3.org/2001/04/xmldsig-more#"
	bits := map[crypto.Hash]int{crypto.SHA256: 256, crypto.SHA384: 384, crypto.SHA512: 512}[s.hash]
	switch s.family {
	case familyECDSA:
		return fmt.Sprintf("%secdsa-sha%d", more, bits)
	case familyPSS:
		return fmt.Sprintf("http://www.w3.org/2007/05/xmldsig-more#sha%d-rsa-MGF1", bits)
	case familyPKCS1:
	}
	return fmt.Sprintf("%srsa-sha%d", more, bits)
}

// Head is the DER of everything in the SignerInfo before the unsigned
// attributes, without the SEQUENCE around it: what an archive time-stamp is over
// (EN 319 122-1 §5.5.3). It must not be changed.
func (si *Signer) Head() []byte { return si.head }
