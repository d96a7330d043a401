package main

import (
	"errors"
	"path/filepath"
	"strconv"
	"testing"

	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
	"eidgate/internal/pin"
)

// codes runs eid pin with lines on a descriptor.
func (w *world) codes(t *testing.T, lines string, args ...string) outcome {
	t.Helper()
	return w.run(t, append([]string{"pin", args[0], "--pin-fd", strconv.Itoa(pinDescriptor(t, lines))}, args[1:]...)...)
}

func TestPINChangeAndUnblock(t *testing.T) {
	w := newWorld(t)
	sign := func(code string) outcome {
		t.Helper()
		return w.sign(t, code, "--level", "B", "-o", filepath.Join(t.TempDir(), "out.pdf"), document(t))
	}
	w.run(t, "pin", "status").want(t, exitOK, "PIN1", "PIN2", "PUK", "3 of 3 tries left")

	w.codes(t, "12345\n54321", "change", "PIN2").want(t, exitOK, "PIN2 is changed")
	sign("54321").want(t, exitOK)

	w.codes(t, "99999\n11111", "change", "PIN2").want(t, exitCard, "tries left: 2")
	w.codes(t, "54321\n1", "change", "PIN2").want(t, exitCard, "PIN2")
	w.codes(t, "54321\n54321", "change", "PIN2").want(t, exitCard)
	w.codes(t, "54321", "change", "PIN2").want(t, exitInput, "--pin-fd")
	w.codes(t, "x", "change", "PIN9").want(t, exitInput, "PIN9")

	for range 2 {
		sign("00000").want(t, exitCard)
	}
	w.sign(t, "00000", "--last-try", "--level", "B", "-o", filepath.Join(t.TempDir(), "out.pdf"), document(t)).want(t, exitCard, "blocked")
	w.run(t, "pin", "status").want(t, exitOK, "BLOCKED")
	sign("54321").want(t, exitCard, "PUK")

	w.codes(t, "00000000\n24680", "unblock", "PIN2").want(t, exitCard, "tries left: 2")
	w.codes(t, w.Card.PUK+"\n24680", "unblock", "pin2").want(t, exitOK, "PIN2 has a new code")
	sign("24680").want(t, exitOK)
	w.codes(t, "24680\n13579", "activate").want(t, exitCard, "active already")
}

func TestPINActivate(t *testing.T) {
	w := newWorld(t)
	person := simtest.Kind(t, "esteid2025", "AB0000001")
	c, err := sim.New(person, sim.WithUnusedCodes())
	if err != nil {
		t.Fatal(err)
	}
	service := sim.NewService(readerName)
	service.Insert(readerName, c)
	w.cards, w.card = service, c
	w.run(t, "pin", "status").want(t, exitOK, "must be changed before first use")
	w.codes(t, person.PIN2+"\n97531", "activate").want(t, exitOK, "PIN2 is activated")
	w.codes(t, "97531\n86420", "activate").want(t, exitCard, "active already")
}

func TestCardShowPersonal(t *testing.T) {
	w := newWorld(t)
	w.run(t, "card", "show", "--personal").want(t, exitOK, w.Card.Surname, w.Card.PersonalCode, w.Card.DocumentNumber, "Expires")
}

// TestNewCodeIsAskedTwice types a new code differently the second time.
func TestNewCodeIsAskedTwice(t *testing.T) {
	for _, tt := range []struct {
		first, second string
		err           error
	}{{"12345", "12345", nil}, {"12345", "12354", errDiffer}} {
		keyboard, open := pseudoTerminal(t)
		var s screen
		go s.watch(keyboard)
		done := make(chan error, 1)
		go func() {
			p, err := twice{terminalPIN{open}}.PIN(t.Context(), pin.Request{Label: "new PIN2", Token: "card", Left: -1})
			if err == nil && string(p.Bytes()) != tt.first {
				err = errors.New("another code came back")
			}
			p.Wipe()
			done <- err
		}()
		s.answer(t, keyboard, "new PIN2 for card: ", tt.first)
		s.answer(t, keyboard, "new PIN2 again for card: ", tt.second)
		if err := <-done; !errors.Is(err, tt.err) {
			t.Errorf("%q then %q: %v, want %v", tt.first, tt.second, err, tt.err)
		}
	}
}

// A reader with keys takes the PIN itself, also without a terminal; a setting
// makes the program ask all the same.
func TestPINPad(t *testing.T) {
	w := newWorld(t)
	service := sim.NewService(readerName)
	service.Insert(readerName, w.card)
	used := 0
	service.SetPINPad(readerName, func(int) ([]string, uint16) {
		used++
		return []string{"12345"}, 0
	})
	w.cards = service
	sign := func(config string) outcome {
		t.Helper()
		args := []string{"--config", w.file(t, "eid.yaml", config), "sign", "--level", "B", "-o", filepath.Join(t.TempDir(), "out.pdf"), document(t)}
		return w.run(t, append(args, w.services()...)...)
	}
	sign("").want(t, exitOK)
	sign("ignore_pin_pads: true\n").want(t, exitCard, "--pin-fd")
	if used != 1 {
		t.Errorf("the keypad was used %d times, want once", used)
	}
}
