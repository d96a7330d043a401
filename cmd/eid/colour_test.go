package main

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"
)

// TestColour colours the answer on a terminal, and nowhere else.
func TestColour(t *testing.T) {
	w := newWorld(t)
	signed := filepath.Join(t.TempDir(), "signed.pdf")
	w.sign(t, "12345", "--level", "B", "-o", signed, document(t)).want(t, exitOK)
	show := func(noColour, term string) *screen {
		t.Setenv("NO_COLOR", noColour)
		t.Setenv("TERM", term)
		keyboard, open := pseudoTerminal(t)
		s := &screen{}
		go s.watch(keyboard)
		tty, err := open()
		if err != nil {
			t.Fatal(err)
		}
		defer tty.Close()
		a := &app{cards: w.cards, out: tty, err: new(bytes.Buffer), now: time.Now, terminal: open}
		if exit := a.run(t.Context(), []string{"--config", w.file(t, "eid.yaml", ""), "verify", "--trust", w.TrustDir(), signed}); exit != exitOK {
			t.Fatalf("exit code %d", exit)
		}
		s.wait(t, "Trust anchor")
		return s
	}
	if s := show("", "xterm"); !s.shows("\x1b[32mVALID") || !s.shows("\x1b[1m") {
		t.Error("no colour on a terminal")
	}
	for name, s := range map[string]*screen{"NO_COLOR": show("1", "xterm"), "TERM=dumb": show("", "dumb"), "no TERM": show("", "")} {
		if s.shows("\x1b[") {
			t.Errorf("%s: coloured", name)
		}
	}
	t.Setenv("TERM", "xterm")
	got := w.run(t, "verify", "--trust", w.TrustDir(), signed)
	if bytes.Contains([]byte(got.out), []byte("\x1b")) {
		t.Error("a pipe gets colours")
	}
}
