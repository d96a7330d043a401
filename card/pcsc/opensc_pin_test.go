//go:build cgo

package pcsc_test

import (
	"context"
	"crypto"
	"crypto/sha512"
	"testing"

	"eidgate/card"
	"eidgate/card/sim/simtest"
)

// TestChangedAndUnblockedPINsAgree changes, blocks and unblocks each PIN
// through OpenSC and through us in turn.
func TestChangedAndUnblockedPINsAgree(t *testing.T) {
	insert(t, 0, "AS0010001")
	digest := sha512.Sum384([]byte("document"))
	for _, k := range keys {
		ref := card.PINOf(k.usage)
		sign := func(code string) error {
			s := open(t)
			defer s.Close()
			_, err := s.Card.Sign(t.Context(), card.SignRequest{Usage: k.usage, Digest: digest[:], Hash: crypto.SHA384, PINs: enters(code), LastTry: true})
			return err
		}
		ours := func(do func(card.Card, context.Context, card.ChangeRequest) error, current, fresh string) {
			t.Helper()
			s := open(t)
			defer s.Close()
			if err := do(s.Card, t.Context(), card.ChangeRequest{Ref: ref, Current: enters(current), New: enters(fresh)}); err != nil {
				t.Fatalf("%s: %v", ref, err)
			}
		}
		theirs := func(arguments ...string) {
			t.Helper()
			if out, err := tool(t, "pkcs15-tool", append(arguments, "--auth-id", k.id)...); err != nil {
				t.Fatalf("%s: %v: %s", ref, err, out)
			}
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", ref, err)
			}
		}
		theirs("--change-pin", "--pin", k.pin, "--new-pin", "111111")
		must(sign("111111"))
		ours(card.Card.ChangePIN, "111111", "222222")
		if _, text, err := openSCSigns(t, k.slot, k.id, "222222", digest[:]); err != nil {
			t.Fatalf("%s: OpenSC with the PIN we set: %v: %s", ref, err, text)
		}
		for range 3 {
			_ = sign("999999")
		}
		if n := status(t, ref); n != 0 {
			t.Fatalf("%s: %d tries left of a blocked PIN", ref, n)
		}
		theirs("--unblock-pin", "--puk", simtest.PUK, "--new-pin", "333333")
		must(sign("333333"))
		for range 3 {
			_, _, _ = openSCSigns(t, k.slot, k.id, "999999", digest[:])
		}
		ours(card.Card.UnblockPIN, simtest.PUK, "444444")
		if _, text, err := openSCSigns(t, k.slot, k.id, "444444", digest[:]); err != nil {
			t.Fatalf("%s: OpenSC with the PIN we unblocked: %v: %s", ref, err, text)
		}
	}
}
