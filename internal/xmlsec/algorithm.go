package xmlsec

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha1" //nolint:gosec // named by old signatures; refused unless a rule allows it
	_ "crypto/sha256"
	_ "crypto/sha512"

	"eidgate/internal/rawsig"
)

// NSDSig is the namespace of XML signatures.
const NSDSig = "http://www.w3.org/2000/09/xmldsig#"

// Other namespaces and URIs (RFC 6931, RFC 9231).
const (
	nsExclusive  = "http://www.w3.org/2001/10/xml-exc-c14n#"
	uriEnveloped = NSDSig + "enveloped-signature"
	uriMore      = "http://www.w3.org/2001/04/xmldsig-more#"
	uriMore2007  = "http://www.w3.org/2007/05/xmldsig-more#"
	uriXMLEnc    = "http://www.w3.org/2001/04/xmlenc#"
)

var digestMethods = map[string]crypto.Hash{
	NSDSig + "sha1":      crypto.SHA1,
	uriMore + "sha224":   crypto.SHA224,
	uriXMLEnc + "sha256": crypto.SHA256,
	uriMore + "sha384":   crypto.SHA384,
	uriXMLEnc + "sha512": crypto.SHA512,
}

type scheme uint8

const (
	pkcs1 scheme = iota + 1
	pss
	ecdsaRaw
)

type signatureMethod struct {
	scheme scheme
	hash   crypto.Hash
}

var signatureMethods = map[string]signatureMethod{
	NSDSig + "rsa-sha1":             {pkcs1, crypto.SHA1},
	uriMore + "rsa-sha256":          {pkcs1, crypto.SHA256},
	uriMore + "rsa-sha384":          {pkcs1, crypto.SHA384},
	uriMore + "rsa-sha512":          {pkcs1, crypto.SHA512},
	uriMore2007 + "sha256-rsa-MGF1": {pss, crypto.SHA256},
	uriMore2007 + "sha384-rsa-MGF1": {pss, crypto.SHA384},
	uriMore2007 + "sha512-rsa-MGF1": {pss, crypto.SHA512},
	uriMore + "ecdsa-sha1":          {ecdsaRaw, crypto.SHA1},
	uriMore + "ecdsa-sha256":        {ecdsaRaw, crypto.SHA256},
	uriMore + "ecdsa-sha384":        {ecdsaRaw, crypto.SHA384},
	uriMore + "ecdsa-sha512":        {ecdsaRaw, crypto.SHA512},
}

// minRSA is the shortest RSA modulus in bits that is accepted.
const minRSA = 2048

// verify checks a signature value over a digest. ECDSA values are r||s, each
// as long as the order of the curve (RFC 4051 §2.3.6).
func (m signatureMethod) verify(public crypto.PublicKey, digest, value []byte) error {
	var good bool
	switch key := public.(type) {
	case *rsa.PublicKey:
		if m.scheme == ecdsaRaw || key.N.BitLen() < minRSA {
			return ErrUnsupportedKey
		}
		if m.scheme == pss {
			options := &rsa.PSSOptions{SaltLength: m.hash.Size()} // RFC 6931 §2.3.10
			good = rsa.VerifyPSS(key, m.hash, digest, value, options) == nil
		} else {
			good = rsa.VerifyPKCS1v15(key, m.hash, digest, value) == nil
		}
	case *ecdsa.PublicKey:
		if m.scheme != ecdsaRaw {
			return ErrUnsupportedKey
		}
		good = rawsig.Verify(key, digest, value)
	default:
		return ErrUnsupportedKey
	}
	if !good {
		return ErrSignatureValue
	}
	return nil
}
