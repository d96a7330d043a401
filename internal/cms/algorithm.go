package cms

import (
	"bytes"
	"crypto"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Algorithm is an AlgorithmIdentifier (RFC 5280 §4.1.1.2).
type Algorithm struct {
	OID        asn1.ObjectIdentifier
	Parameters []byte // one DER element; nil when absent
}

func parseAlgorithm(s *cryptobyte.String) (Algorithm, error) {
	var a Algorithm
	var body cryptobyte.String
	if !s.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&a.OID) {
		return a, refuse(ErrMalformed, "an algorithm identifier")
	}
	if !body.Empty() {
		var parameters cryptobyte.String
		if !body.ReadAnyASN1Element(&parameters, new(cbasn1.Tag)) || !body.Empty() {
			return a, refuse(ErrMalformed, "the parameters of algorithm %s", a.OID)
		}
		a.Parameters = parameters
	}
	return a, nil
}

func (a Algorithm) add(b *cryptobyte.Builder) {
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(a.OID)
		b.AddBytes(a.Parameters)
	})
}

// plain tells whether the parameters are absent or NULL, which RFC 5754 §2
// tells readers to accept alike.
func (a Algorithm) plain() bool {
	return a.Parameters == nil || bytes.Equal(a.Parameters, asn1.NullBytes)
}

// Hash returns the digest algorithm, [ErrWeakDigest] for SHA-1 and
// [ErrUnsupported] for anything but the SHA-2 family.
func (a Algorithm) Hash() (crypto.Hash, error) {
	switch {
	case !a.plain():
		return 0, refuse(ErrUnsupported, "digest %s with parameters", a.OID)
	case a.OID.Equal(oidSHA256):
		return crypto.SHA256, nil
	case a.OID.Equal(oidSHA384):
		return crypto.SHA384, nil
	case a.OID.Equal(oidSHA512):
		return crypto.SHA512, nil
	case a.OID.Equal(oidSHA1):
		return 0, refuse(ErrWeakDigest, "SHA-1")
	}
	return 0, refuse(ErrUnsupported, "digest %s", a.OID)
}

// HashAlgorithm is the identifier of a SHA-2 digest, parameters absent
// (RFC 5754 §2).
func HashAlgorithm(h crypto.Hash) (Algorithm, error) {
	switch h {
	case crypto.SHA256:
		return Algorithm{OID: oidSHA256}, nil
	case crypto.SHA384:
		return Algorithm{OID: oidSHA384}, nil
	case crypto.SHA512:
		return Algorithm{OID: oidSHA512}, nil
	default:
		return Algorithm{}, refuse(ErrUnsupported, "digest %v", h)
	}
}
