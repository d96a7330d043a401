//go:build cgo && unix

package pkcs11_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
	"eidgate/internal/fault"
	"eidgate/internal/pin"
	"eidgate/internal/vreader/vreadertest"
	"eidgate/pkcs11"
)

// insert puts a new simulated card into a reader of the private PC/SC daemon,
// where OpenSC takes it for a real one.
func insert(t *testing.T, reader int, number string) *sim.Card {
	t.Helper()
	vreadertest.Require(t)
	c, err := sim.New(simtest.Person(t, number))
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Insert(t.Context(), reader, c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Remove(context.Background(), reader); err != nil {
			t.Error(err)
		}
	})
	return c
}

func opensc(t *testing.T) *pkcs11.Module {
	t.Helper()
	m, err := pkcs11.Open(need(t, "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so", "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so", "/usr/lib64/opensc-pkcs11.so", "/usr/lib/opensc-pkcs11.so"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// verifies and signatures count what the card was asked: VERIFY, INTERNAL
// AUTHENTICATE, and PERFORM SECURITY OPERATION for a signature.
func asked(c *sim.Card) (verifies, signatures int) {
	for _, x := range c.Trace() {
		command := strings.ToUpper(x.Command)
		switch {
		case strings.HasPrefix(command, "0020") && len(command) > 8:
			verifies++
		case strings.HasPrefix(command, "0088"), strings.HasPrefix(command, "002A9E9A"):
			signatures++
		}
	}
	return verifies, signatures
}

// keyOf finds the card's key for a usage by its certificate.
func keyOf(t *testing.T, m *pkcs11.Module, serial string, usage x509.KeyUsage, o pkcs11.Options) *pkcs11.Key {
	t.Helper()
	uris, err := m.List(t.Context(), &pkcs11.URI{Serial: serial})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range uris {
		k, err := m.Find(t.Context(), u, o)
		if err != nil {
			t.Fatal(err)
		}
		if k.Certificate() != nil && k.Certificate().KeyUsage&usage != 0 {
			return k
		}
	}
	t.Fatalf("no key with usage %v among %v", usage, uris)
	return nil
}

func TestCardThroughOpenSC(t *testing.T) {
	c := insert(t, 0, "AS0010001")
	m := opensc(t)
	tokens, err := m.Tokens(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range tokens {
		if token.Serial != "AS0010001" {
			t.Errorf("token %q has serial %q", token.Label, token.Serial)
		}
	}
	for _, k := range []struct {
		usage   x509.KeyUsage
		pin     string
		purpose pin.Purpose
	}{
		{x509.KeyUsageDigitalSignature, simtest.PIN1, pin.Authenticate},
		{x509.KeyUsageContentCommitment, simtest.PIN2, pin.Sign},
	} {
		ask := &asker{pin: k.pin}
		key := keyOf(t, m, "AS0010001", k.usage, pkcs11.Options{PINs: ask})
		for _, hash := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			c.ClearTrace()
			before := ask.asked.Load()
			digest := hashed(hash, "card")
			signature, err := key.Sign(nil, digest, hash)
			if err != nil {
				t.Fatalf("%v, %v: %v", key.URI(), hash, err)
			}
			verifies(t, key.Public(), digest, signature, hash)
			if v, s := asked(c); v != 1 || s != 1 || ask.asked.Load() != before+1 {
				t.Errorf("%s: PIN asked %d times, %d VERIFY, %d signatures; want one of each", key.URI(), ask.asked.Load()-before, v, s)
			}
		}
		if r := ask.last.Load(); r.Purpose != k.purpose || r.Left != 3 || !strings.Contains(r.Token, "PIN") {
			t.Errorf("the user is told %+v", r)
		}
	}
}

// A card has one key for signing and one for logging in; its serial number and
// the use are enough to name one of them.
func TestKeyByItsUse(t *testing.T) {
	insert(t, 0, "AS0010008")
	m := opensc(t)
	u := &pkcs11.URI{Serial: "AS0010008"}
	for _, usage := range []x509.KeyUsage{x509.KeyUsageContentCommitment, x509.KeyUsageDigitalSignature} {
		k, err := m.Find(t.Context(), u, pkcs11.Options{KeyUsage: usage})
		if err != nil {
			t.Fatal(err)
		}
		if k.Certificate().KeyUsage&usage == 0 {
			t.Errorf("usage %v gives a key with %v", usage, k.Certificate().KeyUsage)
		}
	}
	for _, usage := range []x509.KeyUsage{0, x509.KeyUsageCRLSign} {
		if _, err := m.Find(t.Context(), u, pkcs11.Options{KeyUsage: usage}); fault.CodeOf(err) != "pkcs11.several-keys" {
			t.Errorf("usage %v: %v", usage, err)
		}
	}
}

func TestWrongPINOnACard(t *testing.T) {
	c := insert(t, 0, "AS0010002")
	m := opensc(t)
	ask := &asker{pin: "00000"}
	key := keyOf(t, m, "AS0010002", x509.KeyUsageContentCommitment, pkcs11.Options{PINs: ask})
	digest := hashed(crypto.SHA384, "x")
	sign := func() error {
		c.ClearTrace()
		_, err := key.Sign(nil, digest, crypto.SHA384)
		return err
	}
	var wrong *pkcs11.WrongPINError
	for _, left := range []int{2, 1} {
		if err := sign(); !errors.As(err, &wrong) || wrong.Left != left {
			t.Fatalf("%v, want %d left", err, left)
		}
		if v, s := asked(c); v != 1 || s != 0 {
			t.Errorf("%d VERIFY and %d signatures for a wrong PIN", v, s)
		}
	}
	before := ask.asked.Load()
	if err := sign(); !errors.Is(err, pkcs11.ErrLastTry) || ask.asked.Load() != before {
		t.Errorf("the last try without consent: %v", err)
	}
	if v, _ := asked(c); v != 0 {
		t.Error("a PIN was sent for the last try without consent")
	}

	key = keyOf(t, m, "AS0010002", x509.KeyUsageContentCommitment, pkcs11.Options{PINs: ask, LastTry: true})
	if err := sign(); fault.CodeOf(err) != "pkcs11.pin-wrong" || !errors.Is(err, pkcs11.ErrPINLocked) {
		t.Errorf("the last try: %v", err)
	}
	before = ask.asked.Load()
	if err := sign(); !errors.Is(err, pkcs11.ErrPINLocked) || ask.asked.Load() != before {
		t.Errorf("a locked PIN: %v, asked %d times", err, ask.asked.Load()-before)
	}
}

func TestCardRemoved(t *testing.T) {
	insert(t, 0, "AS0010003")
	m := opensc(t)
	key := keyOf(t, m, "AS0010003", x509.KeyUsageDigitalSignature, pkcs11.Options{PINs: &asker{pin: simtest.PIN1}})
	if err := host.Remove(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := key.Sign(nil, hashed(crypto.SHA384, "x"), crypto.SHA384); !errors.Is(err, pkcs11.ErrTokenRemoved) {
		t.Errorf("after removal: %v", err)
	}

	// Another person's card in the same reader is not the one that was chosen.
	insert(t, 0, "AS0010004")
	ask := &asker{pin: simtest.PIN1}
	if _, err := key.Sign(nil, hashed(crypto.SHA384, "x"), crypto.SHA384); !errors.Is(err, pkcs11.ErrTokenRemoved) || ask.asked.Load() != 0 {
		t.Errorf("with another card inserted: %v", err)
	}
}

func TestCardPulledOutDuringTheQuestion(t *testing.T) {
	insert(t, 0, "AS0010005")
	m := opensc(t)
	key := keyOf(t, m, "AS0010005", x509.KeyUsageDigitalSignature, pkcs11.Options{
		PINs: pin.SourceFunc(func(ctx context.Context, _ pin.Request) (*pin.Buffer, error) {
			if err := host.Remove(ctx, 0); err != nil {
				t.Error(err)
			}
			return pin.FromBytes([]byte(simtest.PIN1))
		}),
	})
	if _, err := key.Sign(nil, hashed(crypto.SHA384, "x"), crypto.SHA384); !errors.Is(err, pkcs11.ErrTokenRemoved) {
		t.Errorf("%v (%s)", err, fault.CodeOf(err))
	}
}

func TestTwoCards(t *testing.T) {
	insert(t, 0, "AS0010006")
	insert(t, 1, "AS0010007")
	m := opensc(t)
	uris, err := m.List(t.Context(), nil)
	if err != nil || len(uris) != 4 {
		t.Fatalf("%d keys on two cards: %v, %v", len(uris), uris, err)
	}
	for _, serial := range []string{"AS0010006", "AS0010007"} {
		key := keyOf(t, m, serial, x509.KeyUsageContentCommitment, pkcs11.Options{PINs: &asker{pin: simtest.PIN2}})
		if key.Token().Serial != serial {
			t.Errorf("%s: the key of %s", serial, key.Token().Serial)
		}
		digest := hashed(crypto.SHA384, serial)
		signature, err := key.Sign(nil, digest, crypto.SHA384)
		if err != nil {
			t.Fatal(err)
		}
		verifies(t, key.Public(), digest, signature, crypto.SHA384)
	}
	// The first reader is emptied: slot numbers stay or move, the key does not.
	key := keyOf(t, m, "AS0010007", x509.KeyUsageDigitalSignature, pkcs11.Options{PINs: &asker{pin: simtest.PIN1}})
	if err := host.Remove(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := key.Sign(nil, hashed(crypto.SHA384, "x"), crypto.SHA384); err != nil {
		t.Error(err)
	}
}
