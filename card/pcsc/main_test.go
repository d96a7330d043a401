//go:build cgo

package pcsc_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"eidgate/card"
	"eidgate/card/pcsc"
	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
	"eidgate/internal/persofile"
	"eidgate/internal/pin"
	"eidgate/internal/vreader"
	"eidgate/internal/vreader/vreadertest"
)

// host is the daemon of all tests here: the PC/SC library finds its daemon
// once in the life of a process.
var host *vreader.Host

func TestMain(m *testing.M) {
	if role() {
		return
	}
	if vreader.Missing() != "" {
		os.Exit(m.Run()) // each test skips or fails by itself
	}
	var err error
	if host, err = vreader.Start(context.Background(), vreader.Config{Readers: 2}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	name, value, _ := strings.Cut(host.Environment(), "=")
	if err := os.Setenv(name, value); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	host.Close()
	os.Exit(code)
}

type person = persofile.File

// insert puts a new card into a reader for one test.
func insert(t *testing.T, reader int, number string) *sim.Card {
	t.Helper()
	return insertPerson(t, reader, number, func(*person) {})
}

func insertPerson(t *testing.T, reader int, number string, change func(*person)) *sim.Card {
	t.Helper()
	vreadertest.Require(t)
	f := simtest.Person(t, number)
	change(f)
	c, err := sim.New(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Insert(t.Context(), reader, c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Remove(context.Background(), reader); err != nil {
			t.Error(err)
		}
	})
	return c
}

// enters answers every request with the same code.
func enters(code string) card.PINSource {
	return pin.SourceFunc(func(context.Context, card.PINRequest) (*card.PIN, error) {
		return pin.FromBytes([]byte(code))
	})
}

func open(t *testing.T) *card.Session {
	t.Helper()
	s, err := card.Open(t.Context(), pcsc.New(), card.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
