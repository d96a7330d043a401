//go:build cgo && linux

package modulecard_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"eidgate/card"
	"eidgate/card/pcsc"
	"eidgate/card/sim/simtest"
	"eidgate/internal/fault"
)

func TestCardThroughOpenSC(t *testing.T) {
	c := insert(t, 0, "AS0010001")
	insert(t, 1, "AS0020002") // must not be taken for the first
	s := open(t, 0, rule(c, opensc(t)))
	number, err := s.Card.DocumentNumber(t.Context())
	if err != nil || number != "AS0010001" {
		t.Fatalf("%s, %v", number, err)
	}
	for usage, code := range map[card.Usage]string{card.Authentication: simtest.PIN1, card.Signing: simtest.PIN2} {
		status, err := s.Card.PINStatus(t.Context(), card.PINOf(usage))
		if err != nil || status.Left != 3 || !status.Activated {
			t.Errorf("%+v, %v", status, err)
		}
		ask := &asker{code: code}
		key, err := card.Signer(t.Context(), s.Card, usage, ask)
		if err != nil {
			t.Fatal(err)
		}
		c.ClearTrace()
		d := digest(t, crypto.SHA384)
		signature, err := key.Sign(nil, d, crypto.SHA384)
		if err != nil {
			t.Fatal(err)
		}
		if !ecdsa.VerifyASN1(key.Public().(*ecdsa.PublicKey), d, signature) {
			t.Error("the signature does not verify")
		}
		verifies, signatures := asked(c)
		if ask.asked != 1 || verifies != 1 || signatures != 1 {
			t.Errorf("%s: asked %d times, %d VERIFY, %d signatures", usage, ask.asked, verifies, signatures)
		}
		if ask.last.Left != 3 || ask.last.Label != card.PINOf(usage).String() || ask.last.Token != "AS0010001" {
			t.Errorf("%+v", ask.last)
		}
	}
}

func TestTriesThroughOpenSC(t *testing.T) {
	c := insert(t, 0, "AS0010001")
	rules := rule(c, opensc(t))
	sign := func(code string, lastTry bool) error {
		s := open(t, 0, rules)
		defer s.Close()
		_, err := s.Card.Sign(t.Context(), card.SignRequest{
			Usage: card.Authentication, Digest: digest(t, crypto.SHA256), Hash: crypto.SHA256,
			PINs: &asker{code: code}, LastTry: lastTry,
		})
		return err
	}
	var wrong *card.WrongPINError
	if err := sign("4321", false); !errors.As(err, &wrong) || wrong.Left != 2 || wrong.Ref != card.PIN1 {
		t.Fatalf("first wrong entry: %v", err)
	}
	if err := sign("4321", false); !errors.As(err, &wrong) || wrong.Left != 1 {
		t.Fatalf("second wrong entry: %v", err)
	}
	c.ClearTrace()
	if err := sign("4321", false); !errors.Is(err, card.ErrLastTry) {
		t.Errorf("without consent: %v", err)
	}
	if verifies, _ := asked(c); verifies != 0 {
		t.Errorf("%d VERIFY without consent", verifies)
	}
	if err := sign("4321", true); !errors.Is(err, card.ErrPINBlocked) {
		t.Errorf("last wrong entry: %v", err)
	}
	if err := sign("1234", true); !errors.Is(err, card.ErrPINBlocked) {
		t.Errorf("blocked: %v", err)
	}
	var format *card.PINFormatError
	s := open(t, 0, rules)
	_, err := s.Card.Sign(t.Context(), card.SignRequest{
		Usage: card.Signing, Digest: digest(t, crypto.SHA256), Hash: crypto.SHA256, PINs: &asker{code: "1"},
	})
	if !errors.As(err, &format) || format.Ref != card.PIN2 {
		t.Errorf("short: %v", err)
	}
}

func TestNobodyInheritsThePIN(t *testing.T) {
	c := insert(t, 0, "AS0010001")
	s := open(t, 0, rule(c, opensc(t)))
	_, err := s.Card.Sign(t.Context(), card.SignRequest{
		Usage: card.Authentication, Digest: digest(t, crypto.SHA256), Hash: crypto.SHA256, PINs: &asker{code: simtest.PIN1},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	thief, err := pcsc.New().Connect(t.Context(), readers.Reader(0))
	if err != nil {
		t.Fatal(err)
	}
	defer thief.Close()
	var answer []byte
	for _, command := range []string{
		"00A4040C0DE828BD080FF2504F5420415750", "002241A406800104840181", // the application, the key
		"0088000030" + strings.Repeat("5A", 48) + "00",
	} {
		apdu, _ := hex.DecodeString(command)
		if answer, err = thief.Transmit(t.Context(), apdu); err != nil {
			t.Fatal(err)
		}
	}
	if hex.EncodeToString(answer) != "6982" {
		t.Errorf("without a PIN the card answered %X", answer)
	}
}

func TestTokenOfSoftHSM(t *testing.T) {
	for name, newKey := range map[string]func() crypto.Signer{"P-256": p256, "RSA": rsa2048} {
		t.Run(name, func(t *testing.T) {
			token(t, "holder", newKey)
			s, err := new(shelf).take(t, t.Context(), softhsm(t))
			if err != nil {
				t.Fatal(err)
			}
			for _, usage := range []card.Usage{card.Authentication, card.Signing} {
				certificate, err := s.Card.Certificate(t.Context(), usage)
				if err != nil || (certificate.KeyUsage&x509.KeyUsageContentCommitment != 0) != (usage == card.Signing) {
					t.Fatalf("%s: %v", usage, err)
				}
				algorithms, err := s.Card.Algorithms(t.Context(), usage)
				if err != nil || len(algorithms) < 4 {
					t.Fatalf("%v, %v", algorithms, err)
				}
				for _, a := range algorithms {
					d := digest(t, a.Hash)
					signature, err := s.Card.Sign(t.Context(), card.SignRequest{
						Usage: usage, Digest: d, Hash: a.Hash, Padding: a.Padding, PINs: &asker{code: softPIN},
					})
					if err != nil || !right(certificate, a, d, signature) {
						t.Errorf("%+v: %v", a, err)
					}
				}
			}
			if _, err := s.Card.PersonalData(t.Context()); !errors.Is(err, card.ErrUnsupported) {
				t.Error(err)
			}
			_, err = s.Card.Sign(t.Context(), card.SignRequest{
				Usage: card.Signing, Digest: []byte{1}, Hash: crypto.SHA256, PINs: &asker{code: softPIN},
				Padding: algorithmsPadding(t, s.Card),
			})
			if fault.CodeOf(err) != "card.bad-digest" {
				t.Errorf("short digest: %v", err)
			}
		})
	}
}

func algorithmsPadding(t *testing.T, c card.Card) card.Padding {
	t.Helper()
	all, err := c.Algorithms(t.Context(), card.Signing)
	if err != nil {
		t.Fatal(err)
	}
	return all[0].Padding
}

func right(c *x509.Certificate, a card.Algorithm, digest, signature []byte) bool {
	if key, ok := c.PublicKey.(*rsa.PublicKey); ok {
		if a.Padding == card.PSS {
			return rsa.VerifyPSS(key, a.Hash, digest, signature, nil) == nil
		}
		return rsa.VerifyPKCS1v15(key, a.Hash, digest, signature) == nil
	}
	return len(signature) == 64
}
