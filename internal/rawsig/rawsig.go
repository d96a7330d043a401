// Package rawsig turns ECDSA signatures from one form into the other: r||s of
// fixed length, which cards, tokens, JSON and XML use (IEEE P1363), and the
// Ecdsa-Sig-Value of RFC 3279 §2.2.3, which crypto.Signer and X.509 use.
package rawsig

import (
	"crypto/ecdsa"
	"encoding/asn1"
	"errors"
	"math/big"
)

// ErrForm says that the bytes are not an ECDSA signature of that form.
var ErrForm = errors.New("not an ECDSA signature of the expected form")

type value struct{ R, S *big.Int }

// Size is the length in bytes of r||s for a key: twice that of its order.
func Size(key *ecdsa.PublicKey) int { return 2 * ((key.Params().N.BitLen() + 7) / 8) }

// ToDER turns r||s into DER. It takes any even length and does not verify.
func ToDER(raw []byte) ([]byte, error) {
	if len(raw) == 0 || len(raw)%2 != 0 {
		return nil, ErrForm
	}
	half := len(raw) / 2
	return asn1.Marshal(value{new(big.Int).SetBytes(raw[:half]), new(big.Int).SetBytes(raw[half:])})
}

// FromDER turns DER into r||s as long as the key wants it.
func FromDER(key *ecdsa.PublicKey, der []byte) ([]byte, error) {
	var v value
	if rest, err := asn1.Unmarshal(der, &v); err != nil || len(rest) > 0 {
		return nil, ErrForm
	}
	raw := make([]byte, Size(key))
	half := len(raw) / 2
	if v.R.Sign() <= 0 || v.S.Sign() <= 0 || v.R.BitLen() > 8*half || v.S.BitLen() > 8*half {
		return nil, ErrForm
	}
	v.R.FillBytes(raw[:half])
	v.S.FillBytes(raw[half:])
	return raw, nil
}

// Verify tells whether r||s, of exactly the key's length, signs the digest.
func Verify(key *ecdsa.PublicKey, digest, raw []byte) bool {
	if len(raw) != Size(key) {
		return false
	}
	der, err := ToDER(raw)
	return err == nil && ecdsa.VerifyASN1(key, digest, der)
}
