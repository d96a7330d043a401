package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"strconv"
	"testing"
	"time"

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

// Before the last try of a code that is to be replaced, eid asks whether to use
// it; no is the answer of whoever presses Enter.
func TestLastTryOfACodeIsAskedFor(t *testing.T) {
	for _, tt := range []struct {
		answer string
		exit   int
	}{{"", exitCard}, {"y", exitOK}} {
		w := newWorld(t)
		for range 2 {
			w.codes(t, "99999\n11111", "change", "PIN2").want(t, exitCard, "wrong PIN2")
		}
		w.card.ClearTrace()
		keyboard, open := pseudoTerminal(t)
		var s screen
		go s.watch(keyboard)
		var out, errOut bytes.Buffer
		a := &app{cards: w.cards, out: &out, err: &errOut, now: time.Now, terminal: open}
		done := make(chan int, 1)
		go func() {
			done <- a.run(t.Context(), []string{"--config", w.file(t, "eid.yaml", ""), "pin", "change", "PIN2"})
		}()
		s.answer(t, keyboard, "Only ONE try is left for PIN2", tt.answer)
		if tt.exit == exitOK {
			s.answer(t, keyboard, "LAST try", "12345")
			s.answer(t, keyboard, "new PIN2 for", "54321")
			s.answer(t, keyboard, "new PIN2 again", "54321")
		}
		if exit := <-done; exit != tt.exit {
			t.Errorf("%q: exit code %d\nout: %s\nerr: %s", tt.answer, exit, out.String(), errOut.String())
		}
		if n := w.commands(changePIN2); (n == 1) != (tt.exit == exitOK) {
			t.Errorf("%q: sent %d times", tt.answer, n)
		}
	}
}

// What to do next is told in the program's own commands.
func TestCodeHints(t *testing.T) {
	w := newWorld(t)
	w.codes(t, "12345", "change", "PIN2").want(t, exitInput, "on a line each")
	w.codes(t, "", "unblock", "PIN2").want(t, exitInput, "on a line each")
	for range 2 {
		w.codes(t, "99999\n11111", "change", "PIN2").want(t, exitCard)
	}
	w.codes(t, "12345\n11111", "change", "PIN2").want(t, exitCard, "repeat with --last-try")
	w.codes(t, "99999\n11111", "change", "PIN2", "--last-try").want(t, exitCard, "eid pin unblock")
	w.run(t, "card", "show").want(t, exitOK, "digital ID of an e-resident")
}
