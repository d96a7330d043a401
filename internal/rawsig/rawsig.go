// Package rawsig turns ECDSA signatures from one form into the other: r||s of
// fixed length, which cards, tokens, JSON and XML use (IEEE P1363), and the
// Ecdsa-Sig-Value of RFC 3279 §2.2.3, which crypto.Signer and X.509 use.
package rawsig

import (
	"crypto/ecdsa"
	"encoding/asn1"
	"errors"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	asn1tag "golang.org/x/crypto/cryptobyte/asn1"
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
	// Every signature passes here: encoding/asn1 costs a tenth of an ES256.
	input, value := cryptobyte.String(der), cryptobyte.String(nil)
	var r, ss []byte // positive and without leading zeros
	if !input.ReadASN1(&value, asn1tag.SEQUENCE) || !input.Empty() ||
		!value.ReadASN1Integer(&r) || !value.ReadASN1Integer(&ss) || !value.Empty() {
		return nil, ErrForm
	}
	raw := make([]byte, Size(key))
	half := len(raw) / 2
	if zero(r) || zero(ss) || len(r) > half || len(ss) > half {
		return nil, ErrForm
	}
	copy(raw[half-len(r):], r)
	copy(raw[2*half-len(ss):], ss)
	return raw, nil
}

func zero(number []byte) bool { return len(number) == 0 || len(number) == 1 && number[0] == 0 }

// Verify tells whether r||s, of exactly the key's length, signs the digest.
func Verify(key *ecdsa.PublicKey, digest, raw []byte) bool {
	if len(raw) != Size(key) {
		return false
	}
	der, err := ToDER(raw)
	return err == nil && ecdsa.VerifyASN1(key, digest, der)
}
