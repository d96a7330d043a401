package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"eidgate/internal/testtool"
	"eidgate/internal/vreader"
	"eidgate/internal/vreader/vreadertest"
)

// openSC finds OpenSC's module where distributions put it.
func openSC(t *testing.T) string {
	t.Helper()
	for _, module := range defaultModules() {
		if _, err := os.Stat(module); err == nil {
			return module
		}
	}
	testtool.Need(t, "opensc-pkcs11.so")
	return ""
}

// TestOverPCSC runs the program in processes of its own against a real PC/SC
// daemon and a virtual reader: signing through PC/SC, then again through OpenSC.
func TestOverPCSC(t *testing.T) {
	vreadertest.Require(t)
	module := openSC(t)
	w := newWorld(t)
	host := vreadertest.Start(t, vreader.Config{})
	if err := host.Insert(context.Background(), 0, w.card); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	eid := func(pin string, args ...string) outcome {
		t.Helper()
		return w.child(t, []string{host.Environment()}, pin, append([]string{program}, args...)...)
	}
	dir := t.TempDir()
	once, twice, never := filepath.Join(dir, "once.pdf"), filepath.Join(dir, "twice.pdf"), filepath.Join(dir, "never.pdf")
	sign := func(pin, out, in string, more ...string) outcome {
		t.Helper()
		return eid(pin, append(append([]string{"sign", "--level", "LT", "--pin-fd", "3", "-o", out, in}, w.services()...), more...)...)
	}
	eid("", "card", "list").want(t, exitOK, "Estonian eID card (2018)")
	eid("", "card", "show").want(t, exitOK, "3 of 3 tries left")

	w.card.ClearTrace()
	sign("12345", once, document(t)).want(t, exitOK, "level LT")
	if n := w.commands(signWithPIN2); n != 1 {
		t.Errorf("PC/SC: %d card operations, want 1", n)
	}

	w.card.ClearTrace()
	uri := "pkcs11:serial=" + w.Card.DocumentNumber + "?module-path=" + module
	sign("12345", twice, once, "--key", uri).want(t, exitOK, "level LT")
	if n := w.commands(signWithPIN2); n != 1 {
		t.Errorf("OpenSC: %d card operations, want 1", n)
	}
	eid("", "verify", "--trust", w.TrustDir(), once, twice).want(t, exitOK)

	// The same card, as one that only its maker's module knows.
	settings := w.file(t, "eid.yaml", fmt.Sprintf("modules: [{atr: %X, module: %s, name: Maker's card}]\n", w.card.ATR(), module))
	w.card.ClearTrace()
	thrice := filepath.Join(dir, "thrice.pdf")
	eid("12345", append([]string{"--config", settings, "sign", "--level", "B", "--pin-fd", "3", "-o", thrice, document(t)}, w.services()...)...).
		want(t, exitOK, "Maker's card")
	if v, n := w.commands(verifyPIN2), w.commands(signWithPIN2); v != 1 || n != 1 {
		t.Errorf("module: %d PINs and %d card operations, want 1 and 1", v, n)
	}
	eid("", "verify", "--trust", w.TrustDir(), thrice).want(t, exitOK)
	codesThroughModule(t, w, eid, settings)

	sign("00000", never, once).want(t, exitCard, "tries left: 2")
	sign("00000", never, once, "--key", uri).want(t, exitCard, "PIN")
	if _, err := os.Stat(never); err == nil {
		t.Error("a file was written with a wrong PIN")
	}
	if err := host.Remove(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
	sign("12345", never, once).want(t, exitCard, "Insert the card")
}

// codesThroughModule manages the codes of a card with its maker's module.
func codesThroughModule(t *testing.T, w *world, eid func(string, ...string) outcome, settings string) {
	t.Helper()
	codes := func(lines string, args ...string) outcome {
		t.Helper()
		return eid(lines, append([]string{"--config", settings, "pin"}, args...)...)
	}
	codes("", "status").want(t, exitOK, "at least 3 tries left", "this kind of card does not tell")
	w.card.ClearTrace()
	codes("12345\n54321", "change", "PIN2", "--pin-fd", "3").want(t, exitOK, "PIN2 is changed")
	if n := w.commands(changePIN2); n != 1 {
		t.Errorf("%d CHANGE REFERENCE DATA for one change", n)
	}
	codes("12345\n11111", "change", "PIN2", "--pin-fd", "3").want(t, exitCard, "wrong PIN2, tries left: 2")
	codes("", "status").want(t, exitOK, "2 of 3 tries left")
	codes("54321\n12345", "change", "PIN2", "--pin-fd", "3").want(t, exitOK)
	codes(w.Card.PUK+"\n12345", "unblock", "PIN2", "--pin-fd", "3").want(t, exitCard, "maker")
	codes(w.Card.PUK+"\n87654321", "change", "PUK", "--pin-fd", "3").want(t, exitCard, "maker")
	codes("12345\n54321", "activate", "--pin-fd", "3").want(t, exitCard, "active already")
}

// TestWithoutPCSC names a daemon that is not there.
func TestWithoutPCSC(t *testing.T) {
	w := newWorld(t)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w.child(t, []string{"PCSCLITE_CSOCK_NAME=/nowhere/pcscd.comm"}, "", program, "card", "list").
		want(t, exitCard, "pcscd")
}
