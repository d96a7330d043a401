//go:build unix

package vreader_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
	"eidgate/internal/vreader"
	"eidgate/internal/vreader/vreadertest"
)

func newCard(t *testing.T) *sim.Card {
	t.Helper()
	c, err := sim.New(simtest.Person(t, "AS0010001"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSeveralHostsAtOnce(t *testing.T) {
	vreadertest.Require(t)
	for _, name := range []string{"one", "two"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := vreadertest.Start(t, vreader.Config{Readers: 2})
			ctx := t.Context()
			for n := range 2 {
				if err := h.Insert(ctx, n, newCard(t)); err != nil {
					t.Fatal(err)
				}
			}
			if err := h.Remove(ctx, 0); err != nil {
				t.Fatal(err)
			}
			if err := h.Insert(ctx, 0, newCard(t)); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// More readers than one driver has slots for: each has a name and a card of its
// own.
func TestAsManyReadersAsPossible(t *testing.T) {
	vreadertest.Require(t)
	const readers = 8
	h := vreadertest.Start(t, vreader.Config{Readers: readers})
	names := make(map[string]bool)
	for n := range readers {
		names[h.Reader(n)] = true
		if err := h.Insert(t.Context(), n, newCard(t)); err != nil {
			t.Fatalf("reader %d: %v", n, err)
		}
	}
	if len(names) != readers {
		t.Errorf("%d readers have the names %v", readers, names)
	}
	if err := h.Remove(t.Context(), readers-1); err != nil {
		t.Error(err)
	}
}

func TestNothingIsLeft(t *testing.T) {
	vreadertest.Require(t)
	dir := filepath.Join(t.TempDir(), "d")
	h := vreadertest.Start(t, vreader.Config{Dir: dir})
	if err := h.Insert(t.Context(), 0, newCard(t)); err != nil {
		t.Fatal(err)
	}
	socket := h.Socket()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	if _, err := net.DialTimeout("unix", socket, time.Second); err == nil {
		t.Error("the daemon still answers")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left in the folder: %v %v", left, err)
	}
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	if _, err := vreader.Start(context.Background(), vreader.Config{Readers: 9}); err == nil {
		t.Error("9 readers: no error")
	}
	vreadertest.Require(t)
	long := filepath.Join(t.TempDir(), strings.Repeat("x", 100))
	if _, err := vreader.Start(context.Background(), vreader.Config{Dir: long}); err == nil || !strings.Contains(err.Error(), "shorter") {
		t.Errorf("long path: %v", err)
	}
}
