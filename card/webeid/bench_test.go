package webeid_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha512"
	"testing"

	"eidgate/card/webeid"
)

// A validation is one token signature, one certificate signature and one
// signature under an OCSP answer, all on P-384 here, and the responder's own
// signature, which is made in this process too. BenchmarkRawSignatures is the
// sum of these four and the floor of BenchmarkValidate.
func BenchmarkValidate(b *testing.B) {
	w := newWorld(b)
	key := newKey(b, elliptic.P384())
	token := w.token(key, w.login(key.Public()), webeid.Request{Origin: site, Nonce: nonce("a")})
	for b.Loop() {
		if _, err := w.validator.Validate(b.Context(), token, nonce("a")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRawSignatures(b *testing.B) {
	key := newKey(b, elliptic.P384())
	digest := sha512.Sum384([]byte("x"))
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for range 3 {
			if !ecdsa.VerifyASN1(&key.PublicKey, digest[:], signature) {
				b.Fatal("does not verify")
			}
		}
		if _, err := ecdsa.SignASN1(rand.Reader, key, digest[:]); err != nil {
			b.Fatal(err)
		}
	}
}
