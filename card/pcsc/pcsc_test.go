//go:build cgo

package pcsc_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha512"
	"testing"

	"eidgate/card"
	"eidgate/card/sim/simtest"
)

func TestBothKeysSign(t *testing.T) {
	insert(t, 0, "AS0010001")
	s := open(t)
	digest := sha512.Sum384([]byte("document"))
	for _, c := range []struct {
		usage card.Usage
		pin   string
	}{{card.Authentication, simtest.PIN1}, {card.Signing, simtest.PIN2}} {
		key, err := card.Signer(t.Context(), s.Card, c.usage, enters(c.pin))
		if err != nil {
			t.Fatal(err)
		}
		signature, err := key.Sign(nil, digest[:], crypto.SHA384)
		if err != nil {
			t.Fatal(err)
		}
		if !ecdsa.VerifyASN1(key.Public().(*ecdsa.PublicKey), digest[:], signature) {
			t.Errorf("%s: the signature does not verify", c.usage)
		}
	}
	if n, err := s.Card.DocumentNumber(t.Context()); err != nil || n != "AS0010001" {
		t.Errorf("document number %q, %v", n, err)
	}
	p, err := s.Card.PersonalData(t.Context())
	if err != nil || p.PersonalCode != "38001085718" || p.Surname != "JÕEORG" {
		t.Errorf("personal data: %v", err)
	}
}
