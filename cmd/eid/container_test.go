package main

import (
	"os"
	"path/filepath"
	"testing"

	"eidgate/internal/testtool"
)

func TestSignContainers(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	text := w.file(t, "Leping Щ 계약.txt", "The parties agree.\n")
	for _, level := range []string{"B", "T", "LT", "LTA"} {
		t.Run(level, func(t *testing.T) {
			w.card.ClearTrace()
			out := filepath.Join(dir, level+".asice")
			w.sign(t, "12345", "--format", "asice", "--level", level, "--role", "Juhataja", "--location", "Tallinn", "-o", out, document(t), text).
				want(t, exitOK, "ASiC-E with XAdES level "+level)
			if n := w.commands(signWithPIN2); n != 1 {
				t.Errorf("%d card operations, want 1", n)
			}
			w.run(t, "verify", "--trust", w.TrustDir(), out).want(t, exitOK, "VALID")
		})
	}
	lt := filepath.Join(dir, "LT.asice")
	both := filepath.Join(dir, "both.asice")
	w.sign(t, "12345", "--format", "asice", "-o", both, lt).want(t, exitOK, "ASiC-E with XAdES level LT")
	w.run(t, "verify", "--offline", "--trust", w.TrustDir(), both).want(t, exitOK, "2 signatures")

	extended := filepath.Join(dir, "extended.asice")
	w.run(t, append([]string{"extend", "-o", extended, filepath.Join(dir, "B.asice")}, w.services()...)...).want(t, exitOK, "level LTA")
	w.run(t, "verify", "--offline", "--trust", w.TrustDir(), extended).want(t, exitOK)

	single := filepath.Join(dir, "single.asics")
	w.sign(t, "12345", "--format", "asics", "-o", single, text).want(t, exitOK)
	w.run(t, "verify", "--offline", "--trust", w.TrustDir(), single).want(t, exitOK)
}

func TestSignContainersRefuses(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	text := w.file(t, "a.txt", "one")
	same := w.file(t, "a.txt", "two")
	out := filepath.Join(dir, "out.asice")
	for _, tt := range []struct {
		name, pin string
		args      []string
		exit      int
	}{
		{"wrong PIN", "00000", []string{"--format", "asice", text}, exitCard},
		{"two files of one name", "12345", []string{"--format", "asice", text, same}, exitInput},
		{"two files in ASiC-S", "12345", []string{"--format", "asics", text, document(t)}, exitInput},
		{"reason", "12345", []string{"--format", "asice", "--reason", "x", text}, exitInput},
		{"container as PDF", "12345", []string{w.file(t, "x.pdf", "PK\x03\x04rest")}, exitInput},
		{"ZIP that is no container", "12345", []string{"--format", "asice", w.file(t, "x.zip", "PK\x03\x04rest")}, exitInput},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w.sign(t, tt.pin, append([]string{"-o", out}, tt.args...)...).want(t, tt.exit)
			if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
				t.Errorf("the folder holds %v (%v)", left, err)
			}
		})
	}
}

func TestVerifyForgedContainer(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	out := filepath.Join(dir, "out.asice")
	w.sign(t, "12345", "--format", "asice", "-o", out, w.file(t, "a.txt", "The price is 100 EUR.\n")).want(t, exitOK)
	unpacked := filepath.Join(dir, "unpacked")
	testtool.Run(t, testtool.Need(t, "unzip"), "-q", out, "-d", unpacked)
	if err := os.WriteFile(filepath.Join(unpacked, "a.txt"), []byte("The price is 900 EUR.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	forged := filepath.Join(dir, "forged.asice")
	zip := testtool.Need(t, "zip")
	testtool.Run(t, "sh", "-c", `cd "$1" && "$2" -q -X -0 "$3" mimetype && "$2" -q -X -r "$3" . -x mimetype`, "sh", unpacked, zip, forged)
	w.run(t, "verify", "--trust", w.TrustDir(), forged).want(t, exitNotValid, "NOT VALID")
}
