package main

import (
	"bytes"
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
		if err := judge(t.Context(), contender{name: task, signs: task != "floor"}, out); err != nil {
			t.Error(err)
		}
	}
	if err := runChild([]string{"long-term", filepath.Join(dir, "pki"), in, out}); err != nil {
		t.Error(err)
	}
	for _, task := range []string{"hash", "pdfsign-verify"} {
		if err := runChild([]string{task, out}); err != nil {
			t.Errorf("%s: %v", task, err)
		}
	}
	if err := runChild([]string{"pdfsign-verify", in}); err == nil {
		t.Error("a file without a signature is called valid")
	}
	if err := judge(t.Context(), contender{name: "none", signs: true}, in); err == nil {
		t.Error("a file without a signature passes the judge")
	}
}

// A budget that is missed says so.
func TestBudgets(t *testing.T) {
	results := func(ours time.Duration, peak int64) []result {
		return []result{{floorName, 100, 1}, {eidName, ours, peak}, {pdfsignName, 1000, 1}}
	}
	s := suite{name: "sign", budgets: signingBudgets, all: []contender{{name: floorName}}}
	for _, c := range []struct {
		ours   time.Duration
		peak   int64
		missed int
	}{{200, 24 << 20, 0}, {201, 24 << 20, 2}, {150, 25 << 20, 1}} {
		var b bytes.Buffer
		printTable(&b, s, budgetSize, results(c.ours, c.peak))
		if got := strings.Count(b.String(), "MISSED"); got != c.missed {
			t.Errorf("%v, %d bytes: %d missed, want %d\n%s", c.ours, c.peak, got, c.missed, b.String())
		}
	}
}
