package card_test

import (
	"errors"
	"testing"

	"eidgate/card"
	"eidgate/card/sim/simtest"
)

func change(ref card.PINRef, current, fresh string) card.ChangeRequest {
	return card.ChangeRequest{Ref: ref, Current: &asked{code: current}, New: &asked{code: fresh}}
}

func codes() map[card.PINRef]string {
	return map[card.PINRef]string{card.PIN1: simtest.PIN1, card.PIN2: simtest.PIN2, card.PUK: simtest.PUK}
}

func TestCodesChange(t *testing.T) { eachKind(t, codesChange) }

func codesChange(t *testing.T, k kind) {
	for ref, old := range codes() {
		svc, c := k.newCard(t)
		s := open(t, svc)
		if err := s.Card.ChangePIN(t.Context(), change(ref, old, "87654321")); err != nil {
			t.Fatalf("%s: %v", ref, err)
		}
		if n := count(c, "24") + count(c, "20"); n != 1 {
			t.Errorf("%s: %d commands with a code", ref, n)
		}
		err := s.Card.ChangePIN(t.Context(), change(ref, old, "11223344"))
		var wrong *card.WrongPINError
		if !errors.As(err, &wrong) || wrong.Ref != ref || wrong.Left != 2 {
			t.Errorf("%s: the old code: %v", ref, err)
		}
		if err := s.Card.ChangePIN(t.Context(), change(ref, "87654321", old)); err != nil {
			t.Errorf("%s: back: %v", ref, err)
		}
	}
}

func TestNewCodesOfTheWrongFormAreNotSent(t *testing.T) { eachKind(t, newCodesOfTheWrongFormAreNotSent) }

func newCodesOfTheWrongFormAreNotSent(t *testing.T, k kind) {
	for ref, old := range codes() {
		svc, c := k.newCard(t)
		s := open(t, svc)
		for _, fresh := range []string{"123", "1234567890123", "1234567a", ""} {
			var e *card.PINFormatError
			if err := s.Card.ChangePIN(t.Context(), change(ref, old, fresh)); !errors.As(err, &e) {
				t.Errorf("%s to %q: %v", ref, fresh, err)
			}
		}
		if err := s.Card.ChangePIN(t.Context(), change(ref, old, old)); !errors.Is(err, card.ErrSameCode) {
			t.Errorf("%s to itself: %v", ref, err)
		}
		if n := count(c, "24"); n != 0 {
			t.Errorf("%s: %d commands sent", ref, n)
		}
	}
}

func TestBlockedPINsAreUnblockedByThePUK(t *testing.T) { eachKind(t, blockedPINsAreUnblockedByThePUK) }

func blockedPINsAreUnblockedByThePUK(t *testing.T, k kind) {
	for _, u := range usages() {
		svc, c := k.newCard(t)
		for range 3 {
			r := request(u, "999999")
			r.LastTry = true
			_, _ = sign(t.Context(), svc, r)
		}
		ref := card.PINOf(u)
		s := open(t, svc)
		c.ClearTrace()
		if err := s.Card.UnblockPIN(t.Context(), change(ref, "11111111", "654321")); err == nil {
			t.Fatalf("%s: unblocked by a wrong PUK", ref)
		}
		if count(c, "20") != 1 || count(c, "2c") != 0 {
			t.Errorf("%s: the wrong PUK was sent %d times, the new code %d", ref, count(c, "20"), count(c, "2c"))
		}
		if err := s.Card.UnblockPIN(t.Context(), change(ref, simtest.PUK, "654321")); err != nil {
			t.Fatalf("%s: %v", ref, err)
		}
		s.Close()
		if _, err := sign(t.Context(), svc, request(u, "654321")); err != nil {
			t.Errorf("%s: the new code: %v", ref, err)
		}
		if n := left(t, svc, card.PUK); n != 3 {
			t.Errorf("%d tries of the PUK left", n)
		}
	}
}

func TestAPUKIsNeitherUnblockedNorSentWhenBlocked(t *testing.T) {
	svc, c := newCard(t)
	s := open(t, svc)
	if err := s.Card.UnblockPIN(t.Context(), change(card.PUK, simtest.PUK, "87654321")); !errors.Is(err, card.ErrUnsupported) {
		t.Errorf("unblocking the PUK: %v", err)
	}
	for range 3 {
		r := change(card.PIN1, "99999999", "4321")
		r.LastTry = true
		_ = s.Card.UnblockPIN(t.Context(), r)
	}
	c.ClearTrace()
	r := change(card.PIN1, simtest.PUK, "4321")
	r.LastTry = true
	if err := s.Card.UnblockPIN(t.Context(), r); !errors.Is(err, card.ErrPUKBlocked) || count(c, "20") != 0 {
		t.Errorf("blocked PUK: %v, sent %d times", err, count(c, "20"))
	}
}
