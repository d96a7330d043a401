package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"eidgate/internal/pin"
	"eidgate/internal/pinentry/pinentrytest"
)

// pseudoTerminal gives the two sides of a terminal: what the user types goes
// into keyboard, what the program shows is read from it.
func pseudoTerminal(t *testing.T) (keyboard *os.File, open func() (*os.File, error)) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keyboard.Close() })
	fd := int(keyboard.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("/dev/pts/%d", n)
	// One descriptor stays open, or closing the last one would hang up.
	stay, err := os.OpenFile(name, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stay.Close() })
	return keyboard, func() (*os.File, error) { return os.OpenFile(name, os.O_RDWR|unix.O_NOCTTY, 0) }
}

// screen collects what the terminal shows.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) watch(r io.Reader) {
	b := make([]byte, 1024)
	for {
		n, err := r.Read(b)
		s.mu.Lock()
		s.text.Write(b[:n])
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *screen) shows(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(s.text.String(), text)
}

func (s *screen) wait(t *testing.T, text string) {
	t.Helper()
	for range 6000 {
		if s.shows(text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the terminal does not show %q", text)
}

// answer waits for a prompt and answers it.
func (s *screen) answer(t *testing.T, keyboard *os.File, prompt, typed string) {
	t.Helper()
	s.wait(t, prompt)
	if _, err := keyboard.WriteString(typed + "\r"); err != nil {
		t.Error(err)
	}
}

func TestTerminalAsksWithoutEcho(t *testing.T) {
	keyboard, open := pseudoTerminal(t)
	var s screen
	go s.watch(keyboard)
	type answer struct {
		pin *pin.Buffer
		err error
	}
	ask := func(typed string) answer {
		done := make(chan answer, 1)
		go func() {
			p, err := terminalPIN{open}.PIN(t.Context(), pin.Request{Label: "PIN2", Token: "card\x1b[2J", Left: 2})
			done <- answer{p, err}
		}()
		pinentrytest.WithoutEcho(t, keyboard)
		s.wait(t, "(2 tries left): ")
		if _, err := keyboard.WriteString(typed); err != nil {
			t.Fatal(err)
		}
		return <-done
	}
	a := ask("9876\x7f54\r")
	if a.err != nil || string(a.pin.Bytes()) != "98754" {
		t.Fatalf("read %d bytes, error %v", a.pin.Len(), a.err)
	}
	a.pin.Wipe()
	if s.shows("987") || s.shows("54") {
		t.Error("the PIN was echoed")
	}
	if s.shows("\x1b[2J") {
		t.Error("a card's name reached the terminal with its control characters")
	}
	if a := ask("12\x03"); !errors.Is(a.err, pin.ErrCancelled) {
		t.Errorf("Ctrl-C: %v", a.err)
	}
}

func TestTerminalLastTry(t *testing.T) {
	for typed, want := range map[string]bool{"y\r": true, "Y\r": true, "n\r": false, "\r": false, "yes please\r": false} {
		keyboard, open := pseudoTerminal(t)
		if _, err := keyboard.WriteString(typed); err != nil {
			t.Fatal(err)
		}
		if got := (terminalPIN{open}).confirm("Use it? "); got != want {
			t.Errorf("typed %q: %v, want %v", typed, got, want)
		}
	}
}

func TestProgressOnlyForLongWork(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	p := &progress{w: &out, name: "big.pdf", total: 1000, began: now, now: func() time.Time { return now }}
	p.at(10)
	if out.Len() != 0 {
		t.Error("progress before half a second")
	}
	now = now.Add(600 * time.Millisecond)
	p.at(500)
	if !strings.Contains(out.String(), "50 %") {
		t.Errorf("progress shows %q", out.String())
	}
	n := out.Len()
	p.at(501)
	if out.Len() != n {
		t.Error("progress written twice within a tenth of a second")
	}
	p.at(1000)
	if !strings.HasSuffix(out.String(), "\x1b[K") {
		t.Error("the progress line stays")
	}
}

// A signal ends the wait for a PIN and leaves the terminal as it was.
func TestTerminalGivesUpWithTheProgram(t *testing.T) {
	keyboard, open := pseudoTerminal(t)
	var s screen
	go s.watch(keyboard)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := terminalPIN{open}.PIN(ctx, pin.Request{Label: "PIN2", Token: "card", Left: 3})
		done <- err
	}()
	s.wait(t, "(3 tries left): ")
	stop()
	if err := <-done; !errors.Is(err, pin.ErrCancelled) {
		t.Errorf("%v, want pin.ErrCancelled", err)
	}
	tty, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	state, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	if state.Lflag&unix.ECHO == 0 {
		t.Error("echo stays off")
	}
}
