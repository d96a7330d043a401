package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/internal/testtool"
)

// The document is sound and has about the size asked for.
func TestDocument(t *testing.T) {
	path := filepath.Join(t.TempDir(), "in.pdf")
	for _, size := range []int64{100 << 10, 3 << 20} {
		if err := writeDocument(path, size); err != nil {
			t.Fatal(err)
		}
		testtool.Run(t, testtool.Need(t, "qpdf"), "--check", path)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Size(); got < size/2 || got > size+size/10 {
			t.Errorf("%d bytes for %d", got, size)
		}
	}
}

// Every task that is measured does its work: signs what its checker accepts.
func TestTasks(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "out.pdf")
	c, err := newCredentials(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := runChild([]string{"document", "200000", in}); err != nil {
		t.Fatal(err)
	}
	for _, task := range []string{"floor", "library", "checked", "pdfsign"} {
		if err := runChild([]string{task, c.ec.key, c.ec.cert, in, out}); err != nil {
			t.Errorf("%s: %v", task, err)
		}
		if err := pdfsigJudge(t.Context(), out); err != nil && task != "floor" {
			t.Errorf("%s: %v", task, err)
		}
	}
	for _, task := range []string{"hash", "pdfsign-verify"} {
		if err := runChild([]string{task, out}); err != nil {
			t.Errorf("%s: %v", task, err)
		}
	}
	if err := runChild([]string{"pdfsign-verify", in}); err == nil {
		t.Error("a file without a signature is called valid")
	}
	if err := pdfsigJudge(t.Context(), in); err == nil {
		t.Error("a file without a signature passes the judge")
	}
}

// A PKI serves what long-term signatures need, and a warm validator judges both
// kinds of them, and refuses a file that is not valid.
func TestLongTerm(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "pki")
	stdin, stop := io.Pipe()
	started, stdout := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- serve(folder, dir, stdin, stdout) }()
	defer func() {
		stop.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	if _, err := started.Read(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	in := filepath.Join(dir, "in.pdf")
	if err := writeDocument(in, smallSize); err != nil {
		t.Fatal(err)
	}
	for _, task := range []string{"long-term", "container"} {
		out := filepath.Join(dir, task)
		if err := runChild([]string{task, folder, in, out}); err != nil {
			t.Fatalf("%s: %v", task, err)
		}
		var answers bytes.Buffer
		lines := "repeat\t2\t" + out + "\nrepeat\t2\t" + rawFile + "\n"
		if err := answerWarm(filepath.Join(folder, trustFolder), strings.NewReader(lines), &answers); err != nil {
			t.Errorf("%s: %v", task, err)
		}
		if got := strings.Count(answers.String(), "ANSWER\tok\t"); got != 2 {
			t.Errorf("%s: %q", task, answers.String())
		}
	}
	if err := answerWarm(filepath.Join(folder, trustFolder), strings.NewReader("repeat\t1\t"+in+"\n"), io.Discard); err == nil {
		t.Error("a file without a signature is called valid")
	}
}

// A budget that is missed says so.
func TestBudgets(t *testing.T) {
	results := func(ours time.Duration, peak int64) []result {
		return []result{{floorName, 100, 100, 1}, {eidName, ours, ours, peak}, {pdfsignName, 1000, 1000, 1}}
	}
	s := suite{name: "sign", budgets: signingBudgets, all: []contender{{name: floorName}}}
	for _, c := range []struct {
		ours   time.Duration
		peak   int64
		missed int
	}{{200, 24 << 20, 0}, {201, 24 << 20, 3}, {150, 25 << 20, 1}} {
		var b bytes.Buffer
		printTable(&b, s, budgetSize, results(c.ours, c.peak))
		if got := strings.Count(b.String(), "MISSED"); got != c.missed {
			t.Errorf("%v, %d bytes: %d missed, want %d\n%s", c.ours, c.peak, got, c.missed, b.String())
		}
	}
}
