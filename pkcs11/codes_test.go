//go:build cgo && unix

package pkcs11_test

import (
	"context"
	"crypto"
	"errors"
	"testing"

	"eidgate/internal/fault"
	"eidgate/internal/pin"
	"eidgate/pkcs11"
)

func TestChangeAndUnblockPIN(t *testing.T) {
	h := newHSM(t)
	serial := h.token("codes")
	h.key(serial, "p256", keyOptions{id: 1})
	m, u := h.open(), &pkcs11.URI{Serial: serial}
	change := func(current, fresh string) error {
		return m.ChangePIN(t.Context(), u, pkcs11.CodeChange{Current: &asker{pin: current}, New: &asker{pin: fresh}})
	}
	unblock := func(puk, fresh string) error {
		return m.UnblockPIN(t.Context(), u, pkcs11.CodeChange{Current: &asker{pin: puk}, New: &asker{pin: fresh}})
	}
	var wrong *pkcs11.WrongPINError
	for _, step := range []struct {
		name string
		err  error
		code string
		puk  bool
	}{
		{"change", change(userPIN, "111111"), "", false},
		{"the old PIN", change(userPIN, "222222"), "pkcs11.pin-wrong", false},
		{"the same", change("111111", "111111"), "pkcs11.same-pin", false},
		{"short", change("111111", "1"), "pkcs11.pin-format", false},
		{"wrong PUK", unblock("00000000", "333333"), "pkcs11.pin-wrong", true},
		{"unblock", unblock("12345678", "333333"), "", false},
		{"what the PUK set", change("333333", userPIN), "", false},
	} {
		if fault.CodeOf(step.err) != step.code {
			t.Errorf("%s: %v, code %s", step.name, step.err, fault.CodeOf(step.err))
		}
		if errors.As(step.err, &wrong) && wrong.PUK != step.puk {
			t.Errorf("%s: %v", step.name, step.err)
		}
	}
	k := h.find(u, pkcs11.Options{PINs: &asker{pin: userPIN}})
	if _, err := k.Sign(nil, hashed(crypto.SHA256, "x"), crypto.SHA256); err != nil {
		t.Errorf("with the PIN of the last change: %v", err)
	}
}

// While one part of the process is logged in, another may change the PIN; never
// the code of the security officer in its place.
func TestChangeBesideALogin(t *testing.T) {
	h := newHSM(t)
	serial := h.token("held")
	h.key(serial, "p256", keyOptions{id: 1})
	m, u := h.open(), &pkcs11.URI{Serial: serial}
	k, err := m.Find(t.Context(), u, pkcs11.Options{PINs: &asker{pin: userPIN}})
	h.ok(err)
	held, err := k.Hold(t.Context())
	h.ok(err)
	codes := func(current, fresh string) pkcs11.CodeChange {
		return pkcs11.CodeChange{Current: &asker{pin: current}, New: &asker{pin: fresh}}
	}
	h.ok(m.ChangePIN(t.Context(), u, codes(userPIN, "111111")))
	if err := m.UnblockPIN(t.Context(), u, codes("12345678", "222222")); fault.CodeOf(err) == "" {
		t.Errorf("unblocked beside a login: %v", err)
	}
	h.ok(held.Close())
	h.ok(m.UnblockPIN(t.Context(), u, codes("12345678", "222222")))
}

func TestCodesNeedOneToken(t *testing.T) {
	h := newHSM(t)
	h.token("one")
	h.token("two")
	m := h.open()
	ask := &asker{pin: userPIN}
	err := m.ChangePIN(t.Context(), &pkcs11.URI{}, pkcs11.CodeChange{Current: ask, New: ask})
	if fault.CodeOf(err) != "pkcs11.several-tokens" || ask.asked.Load() != 0 {
		t.Errorf("%v, asked %d times", err, ask.asked.Load())
	}
	err = m.UnblockPIN(t.Context(), &pkcs11.URI{Serial: "none"}, pkcs11.CodeChange{Current: ask, New: ask})
	if !errors.Is(err, pkcs11.ErrNoToken) || ask.asked.Load() != 0 {
		t.Errorf("%v, asked %d times", err, ask.asked.Load())
	}
	// Whoever declines the second code has sent nothing of the first.
	declines := pin.SourceFunc(func(context.Context, pin.Request) (*pin.Buffer, error) { return nil, pin.ErrCancelled })
	err = m.ChangePIN(t.Context(), &pkcs11.URI{Token: "one"}, pkcs11.CodeChange{Current: &asker{pin: "000000"}, New: declines})
	if !errors.Is(err, pin.ErrCancelled) {
		t.Error(err)
	}
	tokens, err := m.Tokens(t.Context(), &pkcs11.URI{Token: "one"})
	h.ok(err)
	if left := tokens[0].TriesLeft(); left != 3 {
		t.Errorf("%d tries left after a change that nobody finished", left)
	}
}
