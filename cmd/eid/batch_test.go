package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/certs/pki"
	"eidgate/internal/samplepdf"
)

// papers are PDFs in a folder.
func papers(t *testing.T, n int) (dir string, files []string) {
	t.Helper()
	dir = t.TempDir()
	for i := range n {
		name := filepath.Join(dir, fmt.Sprintf("file%d.pdf", i))
		if err := os.WriteFile(name, samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n",
			"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
			fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 %d] >>", 100+i)), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, name)
	}
	return dir, files
}

// TestBatch counts what reaches the card when many files are signed: one PIN and
// one operation for each signature, and nothing after the first trouble that the
// next file would meet too.
func TestBatch(t *testing.T) {
	junk := func(t *testing.T, _ *world, files []string) {
		if err := os.WriteFile(files[1], []byte("not a PDF"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, pin        string
		arrange          func(t *testing.T, w *world, files []string)
		args             []string
		exit             int
		summary          string
		verified, signed int
		left             []string // outputs
	}{
		{name: "all", exit: exitOK, summary: "3 of 3 signed\n", verified: 3, signed: 3, left: []string{"file0-signed.pdf", "file1-signed.pdf", "file2-signed.pdf"}},
		{name: "one is no PDF", arrange: junk, exit: exitInput, summary: "2 of 3 signed; not signed: ", verified: 2, signed: 2, left: []string{"file0-signed.pdf", "file2-signed.pdf"}},
		{name: "wrong PIN", pin: "00000", exit: exitCard, summary: "0 of 3 signed; not signed: ", verified: 1},
		{name: "PIN too short", pin: "1", exit: exitCard, summary: "not tried: "},
		{name: "time-stamp authority down", args: []string{"--level", "T"}, exit: exitIndeterminate, summary: "not tried: ", verified: 1, signed: 1, arrange: func(t *testing.T, w *world, _ []string) {
			if err := w.SetOutage("tsa", pki.OutageDown); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "an output is there", exit: exitInput, arrange: func(t *testing.T, _ *world, files []string) {
			if err := os.WriteFile(strings.TrimSuffix(files[2], ".pdf")+"-signed.pdf", []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, left: []string{"file2-signed.pdf"}},
		{name: "one file twice", exit: exitInput, arrange: func(_ *testing.T, _ *world, files []string) { files[2] = files[0] }},
		{name: "one is missing", exit: exitInput, arrange: func(_ *testing.T, _ *world, files []string) { files[2] += "x" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			dir, files := papers(t, 3)
			before := len(entries(t, dir))
			if c.arrange != nil {
				c.arrange(t, w, files)
			}
			if c.pin == "" {
				c.pin = "12345"
			}
			if len(c.args) == 0 {
				c.args = []string{"--level", "B"}
			}
			got := w.sign(t, c.pin, append(c.args, files...)...)
			if got.exit != c.exit || !strings.Contains(got.out, c.summary) {
				t.Errorf("exit code %d, want %d\nout: %s\nerr: %s", got.exit, c.exit, got.out, got.err)
			}
			if v, s := w.commands(verifyPIN2), w.commands(signWithPIN2); v != c.verified || s != c.signed {
				t.Errorf("%d PINs and %d operations, want %d and %d", v, s, c.verified, c.signed)
			}
			if n := len(entries(t, dir)); n != before+len(c.left) {
				t.Errorf("the folder holds %v", entries(t, dir))
			}
			for _, name := range c.left {
				if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

// TestBatchOfFolders takes a folder for the files in it, and makes a container
// of each.
func TestBatchOfFolders(t *testing.T) {
	w := newWorld(t)
	dir, _ := papers(t, 2)
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "deeper"), 0o700); err != nil {
		t.Fatal(err)
	}
	w.sign(t, "12345", "--level", "B", dir).want(t, exitInput)
	out := t.TempDir()
	w.sign(t, "12345", "--batch", "--level", "B", "-o", out, dir).want(t, exitOK, "2 of 2 signed")
	w.sign(t, "12345", "--batch", "--format", "asice", "--level", "B", "-o", out, dir).want(t, exitOK, "3 of 3 signed")
	for _, name := range []string{"file0-signed.pdf", "file1.asice", "notes.asice"} {
		w.run(t, "verify", "--trust", w.TrustDir(), filepath.Join(out, name)).want(t, exitOK)
	}
	w.sign(t, "12345", "--batch", "--level", "B", t.TempDir()).want(t, exitInput, "nothing to sign")
	// Two files of one name would become one container.
	w.sign(t, "12345", "--batch", "--format", "asice", "-o", t.TempDir(), w.file(t, "a.txt", "x"), w.file(t, "a.txt", "y")).
		want(t, exitInput, "different folders")
}

// TestBatchCountsForTheUser shows which signature a PIN is for.
func TestBatchCountsForTheUser(t *testing.T) {
	w := newWorld(t)
	_, files := papers(t, 2)
	keyboard, open := pseudoTerminal(t)
	var s screen
	go s.watch(keyboard)
	var out, errOut bytes.Buffer
	a := &app{cards: w.cards, out: &out, err: &errOut, now: time.Now, terminal: open}
	done := make(chan int, 1)
	go func() {
		done <- a.run(t.Context(), append([]string{"--config", w.file(t, "eid.yaml", ""), "sign", "--level", "B", "--trust", w.TrustDir()}, files...))
	}()
	s.answer(t, keyboard, "Signature 1 of 2: file0.pdf", "12345")
	s.answer(t, keyboard, "Signature 2 of 2: file1.pdf", "12345")
	if exit := <-done; exit != exitOK || w.commands(verifyPIN2) != 2 || w.commands(signWithPIN2) != 2 {
		t.Errorf("exit code %d\nout: %s\nerr: %s", exit, out.String(), errOut.String())
	}
}

// TestDetached signs, checks and lifts detached signatures.
func TestDetached(t *testing.T) {
	w := newWorld(t)
	text := w.file(t, "Leping Щ 계약.txt", "The parties agree.\n")
	for _, level := range []string{"B", "T", "LT", "LTA"} {
		w.card.ClearTrace()
		out := filepath.Join(t.TempDir(), "signature.p7s")
		w.sign(t, "12345", "--format", "cades", "--level", level, "-o", out, text).want(t, exitOK, "CAdES level "+level)
		if n := w.commands(signWithPIN2); n != 1 {
			t.Errorf("%d card operations", n)
		}
		w.run(t, "verify", "--trust", w.TrustDir(), out, text).want(t, exitOK, "VALID", "CAdES baseline "+level)
		w.run(t, "verify", "--trust", w.TrustDir(), "--content", text, out).want(t, exitOK)
		w.run(t, "verify", "--trust", w.TrustDir(), out, document(t)).want(t, exitNotValid, "HASH_FAILURE")
		w.run(t, "verify", "--trust", w.TrustDir(), out).want(t, exitInput, "--content")
		lifted := filepath.Join(t.TempDir(), "lifted.p7s")
		w.run(t, append([]string{"extend", "--content", text, "-o", lifted, out}, w.services()...)...).want(t, exitOK, "level LTA")
		w.run(t, "verify", "--offline", "--trust", w.TrustDir(), lifted, text).want(t, exitOK, "CAdES baseline LTA")
	}
	w.sign(t, "12345", "--format", "cades", "--level", "B", text).want(t, exitOK)
	w.run(t, "verify", "--trust", w.TrustDir(), text+".p7s").want(t, exitOK)
	w.sign(t, "12345", "--format", "cades", "--level", "B", text).want(t, exitInput, "--force")
}

// TestContainersWithCAdES goes through the kinds of containers and their levels.
func TestContainersWithCAdES(t *testing.T) {
	w := newWorld(t)
	text := w.file(t, "leping.txt", "The parties agree.\n")
	for _, format := range []string{"asice-cades", "asics-cades", "asics"} {
		for _, level := range []string{"B", "T", "LT", "LTA"} {
			out := filepath.Join(t.TempDir(), "out.asice")
			w.sign(t, "12345", "--format", format, "--level", level, "-o", out, text).want(t, exitOK, "level "+level)
			w.run(t, "verify", "--trust", w.TrustDir(), out).want(t, exitOK, "baseline "+level)
			if level == "LTA" {
				continue
			}
			lifted := filepath.Join(t.TempDir(), "lifted.asice")
			w.run(t, append([]string{"extend", "-o", lifted, out}, w.services()...)...).want(t, exitOK, "level LTA")
			w.run(t, "verify", "--offline", "--trust", w.TrustDir(), lifted).want(t, exitOK, "baseline LTA")
		}
	}
}

// TestFlagsOfOtherFormats refuses what would be left out in silence.
func TestFlagsOfOtherFormats(t *testing.T) {
	w := newWorld(t)
	for _, args := range [][]string{
		{"--role", "x"}, {"--format", "cades", "--reason", "x"}, {"--format", "cades", "--location", "x"},
		{"--format", "asice-cades", "--role", "x"}, {"--format", "adbe", "--pss"}, {"--format", "asics-cades", "--location", "x"},
	} {
		w.sign(t, "12345", append(args, document(t))...).want(t, exitInput)
	}
	if n := w.commands(verifyPIN2); n != 0 {
		t.Errorf("the PIN was sent %d times", n)
	}
}
