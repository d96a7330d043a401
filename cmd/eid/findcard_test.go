package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"eidgate/card"
	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
	"eidgate/internal/lastcard"
)

// resetting is a service whose cards other programs reset when they are opened.
type resetting struct {
	card.Service

	left *int
}

func (r resetting) Connect(ctx context.Context, reader string) (card.Connection, error) {
	if *r.left--; *r.left >= 0 {
		return nil, card.ErrCardReset
	}
	return r.Service.Connect(ctx, reader)
}

// TestResetBeforeThePIN repeats what another program's reset broke, and gives up
// on one that never stops.
func TestResetBeforeThePIN(t *testing.T) {
	w := newWorld(t)
	plain, left := w.cards, 2
	w.cards = resetting{plain, &left}
	w.sign(t, "12345", "--level", "B", "-o", filepath.Join(t.TempDir(), "x.pdf"), document(t)).want(t, exitOK)
	if v, n := w.commands(verifyPIN2), w.commands(signWithPIN2); v != 1 || n != 1 {
		t.Errorf("%d PINs and %d operations", v, n)
	}
	left = 100
	w.sign(t, "12345", "--level", "B", "-o", filepath.Join(t.TempDir(), "x.pdf"), document(t)).want(t, exitCard, "another program")
	w.cards = plain
	// At each command of the card, of which those before the PIN are repeated.
	for at := range 40 {
		w.card.ClearTrace()
		w.card.SetFaults(sim.Faults{ResetAt: &at})
		got := w.sign(t, "12345", "--level", "B", "-o", filepath.Join(t.TempDir(), "x.pdf"), document(t))
		if v, n := w.commands(verifyPIN2), w.commands(signWithPIN2); v > 1 || n > 1 || got.exit != exitOK && got.exit != exitCard {
			t.Errorf("reset at command %d: %d PINs, %d operations, exit code %d", at, v, n, got.exit)
		}
	}
	w.card.SetFaults(sim.Faults{})
}

// TestCardOfLastTime uses, among several cards, the one that was named last time.
func TestCardOfLastTime(t *testing.T) {
	w := newWorld(t)
	other, err := sim.New(simtest.Person(t, "AS0090009"))
	if err != nil {
		t.Fatal(err)
	}
	service := sim.NewService(readerName, "Reader Two")
	service.Insert(readerName, w.card)
	service.Insert("Reader Two", other)
	last := lastcard.File(filepath.Join(t.TempDir(), "eid", "last-card"))
	run := func(args ...string) outcome {
		t.Helper()
		var out, errOut bytes.Buffer
		a := &app{cards: service, out: &out, err: &errOut, now: time.Now, last: last, terminal: func() (*os.File, error) { return nil, os.ErrNotExist }}
		exit := a.run(t.Context(), append([]string{"--config", w.file(t, "eid.yaml", "")}, args...))
		return outcome{exit, out.String(), errOut.String()}
	}
	run("card", "show").want(t, exitCard, "several cards")
	run("card", "show", "--document", w.Card.DocumentNumber).want(t, exitOK, w.Card.DocumentNumber)
	got := run("card", "show")
	got.want(t, exitOK, w.Card.DocumentNumber, "as last time; --document names another")
	run("card", "show", "--document", "AS0090009").want(t, exitOK, "AS0090009")
	run("card", "show").want(t, exitOK, "AS0090009")
	run("card", "show", "--reader", "one").want(t, exitOK, w.Card.DocumentNumber)
	service.Insert("Reader Two", nil)
	if got := run("card", "show"); got.exit != exitOK || got.err != "" {
		t.Errorf("the only card: %+v", got)
	}
	if err := os.WriteFile(string(last), []byte("XX"), 0o600); err != nil {
		t.Fatal(err)
	}
	service.Insert("Reader Two", other)
	run("card", "show").want(t, exitCard, "several cards")
}

// TestModuleThatIsNotInstalled names the software a card needs.
func TestModuleThatIsNotInstalled(t *testing.T) {
	w := newWorld(t)
	settings := w.file(t, "eid.yaml", fmt.Sprintf("modules: [{atr: %X, module: /nowhere/maker.so, name: Maker's card}]\n", w.card.ATR()))
	w.run(t, "--config", settings, "card", "show").want(t, exitCard, "module")
	w.run(t, "--config", w.file(t, "eid.yaml", "modules: [{atr: zz, module: /x.so}]\n"), "card", "list").want(t, exitInput, "modules")
}
