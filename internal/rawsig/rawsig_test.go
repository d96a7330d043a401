package rawsig_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"testing"

	"eidgate/internal/rawsig"
)

func TestBothWays(t *testing.T) {
	digest := sha256.Sum256([]byte("x"))
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 { // short values of r and s come up
			der, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
			if err != nil {
				t.Fatal(err)
			}
			raw, err := rawsig.FromDER(&key.PublicKey, der)
			if err != nil || len(raw) != rawsig.Size(&key.PublicKey) || !rawsig.Verify(&key.PublicKey, digest[:], raw) {
				t.Fatalf("%d bytes, %v", len(raw), err)
			}
			back, err := rawsig.ToDER(raw)
			if err != nil || !bytes.Equal(back, der) {
				t.Fatalf("%x became %x, %v", der, back, err)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("x"))
	der, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	raw, err := rawsig.FromDER(&key.PublicKey, der)
	if err != nil {
		t.Fatal(err)
	}
	longer := append([]byte{0}, append(bytes.Clone(raw[:32]), append([]byte{0}, raw[32:]...)...)...)
	for name, r := range map[string][]byte{
		"nothing": nil, "zeros": make([]byte, 64), "cut": raw[:63], "padded": longer, "DER": der, "one more": append(bytes.Clone(raw), 0),
	} {
		if rawsig.Verify(&key.PublicKey, digest[:], r) {
			t.Errorf("%s verifies", name)
		}
	}
	for name, d := range map[string][]byte{
		"nothing": nil, "raw": raw, "trailing byte": append(bytes.Clone(der), 0), "zero r": {0x30, 6, 2, 1, 0, 2, 1, 1},
		"negative s": {0x30, 6, 2, 1, 1, 2, 1, 0xff}, "too long": append([]byte{0x30, 0x26, 2, 0x21}, append(bytes.Repeat([]byte{0x7f}, 33), 2, 1, 1)...),
	} {
		if got, err := rawsig.FromDER(&key.PublicKey, d); !errors.Is(err, rawsig.ErrForm) {
			t.Errorf("%s: %x, %v", name, got, err)
		}
	}
	for _, raw := range [][]byte{nil, {1}, {1, 2, 3}} {
		if _, err := rawsig.ToDER(raw); !errors.Is(err, rawsig.ErrForm) {
			t.Errorf("%x: %v", raw, err)
		}
	}
}
