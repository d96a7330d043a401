package main

import (
	"os"
	"path/filepath"
	"testing"

	"eidgate/certs/pki"
)

func TestExtend(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	b := filepath.Join(dir, "b.pdf")
	w.sign(t, "12345", "--level", "B", "-o", b, document(t)).want(t, exitOK)
	w.card.ClearTrace()
	extend := func(level, in, out string) outcome {
		t.Helper()
		return w.run(t, append([]string{"extend", "--level", level, "-o", filepath.Join(dir, out), in}, w.services()...)...)
	}
	extend("LT", b, "lt.pdf").want(t, exitOK, "level LT")
	extend("LTA", b, "lta.pdf").want(t, exitOK, "level LTA")
	extend("LTA", filepath.Join(dir, "lt.pdf"), "lt-lta.pdf").want(t, exitOK, "level LTA")
	extend("LTA", filepath.Join(dir, "lta.pdf"), "again.pdf").want(t, exitOK, "level LTA")
	for _, level := range []string{"T", "LT"} {
		extend(level, filepath.Join(dir, "lt.pdf"), "none.pdf").want(t, exitOK, "at level LT already, nothing written")
		if _, err := os.Stat(filepath.Join(dir, "none.pdf")); err == nil {
			t.Error("a file was written")
		}
	}
	for _, name := range []string{"lt.pdf", "lta.pdf", "lt-lta.pdf", "again.pdf"} {
		w.run(t, "verify", "--offline", "--trust", w.TrustDir(), filepath.Join(dir, name)).want(t, exitOK)
	}
	if n := len(w.card.Trace()); n != 0 {
		t.Errorf("the card was used: %d commands", n)
	}
	direct := filepath.Join(dir, "direct.pdf")
	w.sign(t, "12345", "--level", "LTA", "-o", direct, document(t)).want(t, exitOK, "level LTA")
	w.run(t, "verify", "--offline", "--trust", w.TrustDir(), direct).want(t, exitOK, "LTA")
}

func TestExtendRefuses(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	b := filepath.Join(dir, "b.pdf")
	w.sign(t, "12345", "--level", "B", "-o", b, document(t)).want(t, exitOK)
	good, err := os.ReadFile(b)
	if err != nil {
		t.Fatal(err)
	}
	good[100] ^= 1
	out := filepath.Join(dir, "out.pdf")
	extend := func(in string) outcome {
		t.Helper()
		return w.run(t, append([]string{"extend", "-o", out, in}, w.services()...)...)
	}
	extend(w.file(t, "forged.pdf", string(good))).want(t, exitNotValid, "NOT VALID", "not raised and nothing written")
	extend(document(t)).want(t, exitNotValid)
	if err := w.SetOutage("tsa", pki.OutageDown); err != nil {
		t.Fatal(err)
	}
	extend(b).want(t, exitIndeterminate, "time-stamp")
	if _, err := os.Stat(out); err == nil {
		t.Error("a refused file was written")
	}
}
