package card_test

import (
	"errors"
	"testing"

	"eidgate/card"
	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
)

func change(ref card.PINRef, current, fresh string) card.ChangeRequest {
	return card.ChangeRequest{Ref: ref, Current: &asked{code: current}, New: &asked{code: fresh}}
}

// codes are those of a kind of card that can be changed.
func (k kind) codes() map[card.PINRef]string {
	all := map[card.PINRef]string{card.PIN1: simtest.PIN1, card.PIN2: k.code(card.Signing)}
	if k == "esteid2018" {
		all[card.PUK] = simtest.PUK
	}
	return all
}

func TestCodesChange(t *testing.T) { eachKind(t, codesChange) }

func codesChange(t *testing.T, k kind) {
	for ref, old := range k.codes() {
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
		if !errors.As(err, &wrong) || wrong.Ref != ref || wrong.Left != k.tries()-1 {
			t.Errorf("%s: the old code: %v", ref, err)
		}
		if err := s.Card.ChangePIN(t.Context(), change(ref, "87654321", old)); err != nil {
			t.Errorf("%s: back: %v", ref, err)
		}
	}
}

func TestNewCodesOfTheWrongFormAreNotSent(t *testing.T) {
	eachKind(t, newCodesOfTheWrongFormAreNotSent)
}

func newCodesOfTheWrongFormAreNotSent(t *testing.T, k kind) {
	for ref, old := range k.codes() {
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

func TestBlockedPINsAreUnblockedByThePUK(t *testing.T) {
	eachKind(t, blockedPINsAreUnblocked)
}

func blockedPINsAreUnblocked(t *testing.T, k kind) {
	for _, u := range usages() {
		svc, c := k.newCard(t)
		for range k.tries() {
			r := request(u, "999999")
			r.LastTry = true
			_, _ = sign(t.Context(), svc, r)
		}
		ref := card.PINOf(u)
		if n := left(t, svc, ref); n != 0 {
			t.Fatalf("%s: %d tries left of a blocked code", ref, n)
		}
		s := open(t, svc)
		c.ClearTrace()
		var wrong *card.WrongPINError
		if err := s.Card.UnblockPIN(t.Context(), change(ref, "11111111", "654321")); !errors.As(err, &wrong) || wrong.Ref != card.PUK {
			t.Fatalf("%s: a wrong PUK: %v", ref, err)
		}
		if n := count(c, "20") + count(c, "2c"); n != 1 {
			t.Errorf("%s: the wrong PUK was sent in %d commands", ref, n)
		}
		if err := s.Card.UnblockPIN(t.Context(), change(ref, simtest.PUK, "654321")); err != nil {
			t.Fatalf("%s: %v", ref, err)
		}
		s.Close()
		if _, err := sign(t.Context(), svc, request(u, "654321")); err != nil {
			t.Errorf("%s: the new code: %v", ref, err)
		}
		if n := left(t, svc, card.PUK); n != k.tries() {
			t.Errorf("%d tries of the PUK left", n)
		}
	}
}

// TestNewCardsWantTheirCodesChanged signs with a card whose codes are still
// those of the envelope.
func TestNewCardsWantTheirCodesChanged(t *testing.T) {
	for _, u := range usages() {
		c, err := sim.New(kind("esteid2025").person(t), sim.WithUnusedCodes())
		if err != nil {
			t.Fatal(err)
		}
		svc := sim.NewService(reader)
		svc.Insert(reader, c)
		old := kind("esteid2025").code(u)
		r := request(u, old)
		if _, err := sign(t.Context(), svc, r); !errors.Is(err, card.ErrPINNotActivated) {
			t.Fatalf("%s: %v", u, err)
		}
		if count(c, "20") != 0 || len(r.PINs.(*asked).requests) != 0 {
			t.Errorf("%s: the code was asked for", u)
		}
		s := open(t, svc)
		if err := s.Card.ChangePIN(t.Context(), change(card.PINOf(u), old, "246810")); err != nil {
			t.Fatalf("%s: activating: %v", u, err)
		}
		s.Close()
		if _, err := sign(t.Context(), svc, request(u, "246810")); err != nil {
			t.Errorf("%s: after activation: %v", u, err)
		}
	}
}

// TestWhatACardCannotDoIsNotTried looks for the commands a card of the kind
// has no use for.
func TestWhatACardCannotDoIsNotTried(t *testing.T) {
	for name, c := range map[string]struct {
		kind kind
		do   func(card.Card) error
	}{
		"changing the PUK":   {"esteid2025", func(c card.Card) error { return c.ChangePIN(t.Context(), change(card.PUK, simtest.PUK, "87654321")) }},
		"a Finnish PUK":      {"fineid4", func(c card.Card) error { return c.ChangePIN(t.Context(), change(card.PUK, simtest.PUK, "87654321")) }},
		"no personal data":   {"fineid4", func(c card.Card) error { _, err := c.PersonalData(t.Context()); return err }},
		"an unknown code":    {"esteid2018", func(c card.Card) error { _, err := c.PINStatus(t.Context(), 9); return err }},
		"an unknown key":     {"esteid2018", func(c card.Card) error { _, err := c.Certificate(t.Context(), 9); return err }},
		"unblocking the PUK": {"esteid2018", func(c card.Card) error { return c.UnblockPIN(t.Context(), change(card.PUK, simtest.PUK, "87654321")) }},
	} {
		svc, sc := c.kind.newCard(t)
		if err := c.do(open(t, svc).Card); !errors.Is(err, card.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
		if n := count(sc, "20") + count(sc, "24") + count(sc, "2c"); n != 0 {
			t.Errorf("%s: %d commands with a code", name, n)
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
