package pkcs11

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/asn1"
	"math/big"
)

var curves = map[string]elliptic.Curve{
	"1.2.840.10045.3.1.7": elliptic.P256(),
	"1.3.132.0.34":        elliptic.P384(),
	"1.3.132.0.35":        elliptic.P521(),
}

// ecPublicKey reads CKA_EC_PARAMS (a named curve) and CKA_EC_POINT: a DER
// OCTET STRING around the point by PKCS#11 v2.40 §2.3.3, the bare point with
// some modules.
func ecPublicKey(parameters, point []byte) (crypto.PublicKey, error) {
	var name asn1.ObjectIdentifier
	if rest, err := asn1.Unmarshal(parameters, &name); err != nil || len(rest) > 0 {
		return nil, ErrUnsupportedKey
	}
	curve, ok := curves[name.String()]
	if !ok {
		return nil, ErrUnsupportedKey
	}
	var inner []byte
	if rest, err := asn1.Unmarshal(point, &inner); err == nil && len(rest) == 0 {
		point = inner
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil, ErrUnsupportedKey
	}
	return key, nil
}

// rsaPublicKey reads CKA_MODULUS and CKA_PUBLIC_EXPONENT.
func rsaPublicKey(modulus, exponent []byte) (crypto.PublicKey, error) {
	n, e := new(big.Int).SetBytes(modulus), new(big.Int).SetBytes(exponent)
	if n.BitLen() < 1024 || n.BitLen() > 16384 || e.BitLen() > 31 || e.Cmp(big.NewInt(2)) < 0 {
		return nil, ErrUnsupportedKey
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
}

// supported tells whether signatures of the key can be made and verified here.
func supported(public crypto.PublicKey) bool {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return true
	case *ecdsa.PublicKey:
		for _, c := range curves {
			if key.Curve == c {
				return true
			}
		}
	}
	return false
}
