package cms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// scheme is how a signature value is made from a digest: the key family, the
// hash and, for RSASSA-PSS, the length of the salt.
type scheme struct {
	family family
	hash   crypto.Hash
	salt   int
}

type family int

const (
	familyECDSA family = iota + 1
	familyPKCS1
	familyPSS
)

const minRSABits = 2048 // ETSI TS 119 312 §6.2: below is not for new signatures

// schemeOf reads a signatureAlgorithm. digest is the message's digest
// algorithm: it must be the one inside the signature too.
func schemeOf(a Algorithm, digest crypto.Hash) (scheme, error) {
	s := scheme{hash: digest}
	if a.OID.Equal(oidPSS) {
		return pssScheme(a, digest)
	}
	if !a.plain() {
		return s, refuse(ErrUnsupported, "signature algorithm %s with parameters", a.OID)
	}
	var inside crypto.Hash
	switch {
	case a.OID.Equal(oidRSA): // RFC 3370 §3.2: the digest algorithm says the hash
		s.family, inside = familyPKCS1, digest
	case a.OID.Equal(oidRSAWith256):
		s.family, inside = familyPKCS1, crypto.SHA256
	case a.OID.Equal(oidRSAWith384):
		s.family, inside = familyPKCS1, crypto.SHA384
	case a.OID.Equal(oidRSAWith512):
		s.family, inside = familyPKCS1, crypto.SHA512
	case a.OID.Equal(oidECDSAWith256):
		s.family, inside = familyECDSA, crypto.SHA256
	case a.OID.Equal(oidECDSAWith384):
		s.family, inside = familyECDSA, crypto.SHA384
	case a.OID.Equal(oidECDSAWith512):
		s.family, inside = familyECDSA, crypto.SHA512
	case a.OID.Equal(oidRSAWithSHA1), a.OID.Equal(oidECDSAWithSHA1):
		return s, refuse(ErrWeakDigest, "SHA-1")
	default:
		return s, refuse(ErrUnsupported, "signature algorithm %s", a.OID)
	}
	if inside != digest {
		return s, refuse(ErrAlgorithmMismatch, "the signature is with %v, the digest with %v", inside, digest)
	}
	return s, nil
}

// pssScheme reads RSASSA-PSS-params (RFC 4055 §3.1). The defaults are SHA-1,
// so every field that matters must be written out.
func pssScheme(a Algorithm, digest crypto.Hash) (scheme, error) {
	s := scheme{family: familyPSS, hash: digest}
	params := cryptobyte.String(a.Parameters)
	var body, hashField, mgfField, mgfBody cryptobyte.String
	if !params.ReadASN1(&body, cbasn1.SEQUENCE) || !params.Empty() {
		return s, refuse(ErrMalformed, "the RSASSA-PSS parameters")
	}
	tag := func(n int) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }
	if !body.ReadASN1(&hashField, tag(0)) || !body.ReadASN1(&mgfField, tag(1)) {
		return s, refuse(ErrWeakDigest, "RSASSA-PSS with its default SHA-1")
	}
	var trailer int
	if !readOptionalInteger(&body, &s.salt, tag(2), 20) || !readOptionalInteger(&body, &trailer, tag(3), 1) ||
		!body.Empty() || trailer != 1 || s.salt < 20 || s.salt > 1024 {
		return s, refuse(ErrUnsupported, "these RSASSA-PSS parameters")
	}
	var mgf asn1.ObjectIdentifier
	if !mgfField.ReadASN1(&mgfBody, cbasn1.SEQUENCE) || !mgfField.Empty() ||
		!mgfBody.ReadASN1ObjectIdentifier(&mgf) || !mgf.Equal(oidMGF1) {
		return s, refuse(ErrUnsupported, "a mask generation function other than MGF1")
	}
	for _, field := range []*cryptobyte.String{&hashField, &mgfBody} {
		inner, err := parseAlgorithm(field)
		if err != nil {
			return s, err
		}
		hash, err := inner.Hash()
		if err != nil {
			return s, err
		}
		if hash != digest || !field.Empty() {
			return s, refuse(ErrAlgorithmMismatch, "RSASSA-PSS is with %v, the digest with %v", hash, digest)
		}
	}
	return s, nil
}

// readOptionalInteger reads an explicitly tagged INTEGER with a default.
func readOptionalInteger(s *cryptobyte.String, out *int, tag cbasn1.Tag, def int) bool {
	*out = def
	var field cryptobyte.String
	var has bool
	if !s.ReadOptionalASN1(&field, &has, tag) {
		return false
	}
	return !has || (field.ReadASN1Integer(out) && field.Empty())
}

// schemeFor is the scheme a key signs with.
func schemeFor(key crypto.PublicKey, hash crypto.Hash, pss bool) (scheme, error) {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if pss {
			return scheme{}, refuse(ErrKeyUnsupported, "RSASSA-PSS with an ECDSA key")
		}
		return scheme{family: familyECDSA, hash: hash}, nil
	case *rsa.PublicKey:
		if k.N.BitLen() < minRSABits {
			return scheme{}, refuse(ErrKeyUnsupported, "RSA of %d bits", k.N.BitLen())
		}
		if pss {
			return scheme{family: familyPSS, hash: hash, salt: hash.Size()}, nil
		}
		return scheme{family: familyPKCS1, hash: hash}, nil
	}
	return scheme{}, refuse(ErrKeyUnsupported, "%T", key)
}

// verify checks a signature value over digest.
func (s scheme) verify(key crypto.PublicKey, digest, signature []byte) error {
	good := false
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		good = s.family == familyECDSA && ecdsa.VerifyASN1(k, digest, signature)
	case *rsa.PublicKey:
		switch {
		case k.N.BitLen() < minRSABits:
			return refuse(ErrKeyUnsupported, "RSA of %d bits", k.N.BitLen())
		case s.family == familyPKCS1:
			good = rsa.VerifyPKCS1v15(k, s.hash, digest, signature) == nil
		case s.family == familyPSS:
			good = rsa.VerifyPSS(k, s.hash, digest, signature, &rsa.PSSOptions{SaltLength: s.salt}) == nil
		}
	default:
		return refuse(ErrKeyUnsupported, "%T", key)
	}
	if !good {
		return ErrWrongSignature
	}
	return nil
}

// algorithm is the AlgorithmIdentifier of the scheme.
func (s scheme) algorithm() (Algorithm, error) {
	switch s.family {
	case familyECDSA: // RFC 5754 §3.3: parameters absent
		return Algorithm{OID: map[crypto.Hash]asn1.ObjectIdentifier{
			crypto.SHA256: oidECDSAWith256, crypto.SHA384: oidECDSAWith384, crypto.SHA512: oidECDSAWith512,
		}[s.hash]}, nil
	case familyPKCS1: // RFC 4055 §5: parameters NULL
		return Algorithm{OID: map[crypto.Hash]asn1.ObjectIdentifier{
			crypto.SHA256: oidRSAWith256, crypto.SHA384: oidRSAWith384, crypto.SHA512: oidRSAWith512,
		}[s.hash], Parameters: asn1.NullBytes}, nil
	default:
		return pssAlgorithm(s.hash, s.salt)
	}
}

// pssAlgorithm writes RSASSA-PSS-params with MGF1 on the same hash.
func pssAlgorithm(h crypto.Hash, salt int) (Algorithm, error) {
	hash, err := HashAlgorithm(h)
	if err != nil {
		return Algorithm{}, err
	}
	tag := func(n int) cbasn1.Tag { return cbasn1.Tag(n).ContextSpecific().Constructed() }
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag(0), hash.add)
		b.AddASN1(tag(1), func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidMGF1)
				hash.add(b)
			})
		})
		b.AddASN1(tag(2), func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(salt)) })
	})
	parameters, err := b.Bytes()
	return Algorithm{OID: oidPSS, Parameters: parameters}, err
}

// options is what a crypto.Signer is asked for.
func (s scheme) options() crypto.SignerOpts {
	if s.family == familyPSS {
		return &rsa.PSSOptions{SaltLength: s.salt, Hash: s.hash}
	}
	return s.hash
}

// maxSignature is the most bytes a signature value of the key can have.
func maxSignature(key crypto.PublicKey) int {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		size := (k.Curve.Params().BitSize + 7) / 8
		return 2*(size+3) + 4
	case *rsa.PublicKey:
		return k.Size()
	}
	return 0
}
