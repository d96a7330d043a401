//go:build linux

package pinentry_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"eidgate/internal/pinentry"
	"eidgate/internal/pinentry/pinentrytest"
)

// desk is a terminal with somebody at it.
type desk struct {
	keyboard *os.File
	ask      *pinentry.Terminal

	mu     sync.Mutex // guards screen
	screen bytes.Buffer
}

func newDesk(t *testing.T) *desk {
	keyboard, terminal := pinentrytest.PseudoTerminal(t)
	d := &desk{keyboard: keyboard}
	d.ask = &pinentry.Terminal{Open: func() (*os.File, error) { return os.OpenFile(terminal.Name(), os.O_RDWR, 0) }}
	go func() {
		b := make([]byte, 1024)
		for {
			n, err := keyboard.Read(b)
			d.mu.Lock()
			d.screen.Write(b[:n])
			d.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return d
}

func (d *desk) shown() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.screen.String()
}

// shows waits until the terminal shows a text.
func (d *desk) shows(t *testing.T, text string) {
	t.Helper()
	for range 2000 {
		if strings.Contains(d.shown(), text) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the terminal shows %q, not %q", d.shown(), text)
}

// types waits for the dialog and then types.
func (d *desk) types(t *testing.T, keys string) {
	go func() {
		pinentrytest.WithoutEcho(t, d.keyboard)
		_, _ = d.keyboard.WriteString(keys)
	}()
}

func TestTerminalPIN(t *testing.T) {
	for keys, want := range map[string]struct {
		pin string
		err error
	}{"12\x7f34\r": {"134", nil}, "12\x03": {"", pinentry.ErrCancelled}, "\x1b": {"", pinentry.ErrCancelled}} {
		d := newDesk(t)
		d.types(t, keys)
		code, err := d.ask.PIN(t.Context(), pinentry.Dialog{Title: "Login", Text: "one\ntwo", Error: "Wrong PIN1.", Prompt: "PIN1:"})
		if !errors.Is(err, want.err) || err == nil && string(code.Bytes()) != want.pin {
			t.Errorf("%q: %d bytes, %v", keys, code.Len(), err)
		}
		code.Wipe()
		d.shows(t, "Login\r\n\r\none\r\ntwo\r\n\r\nWrong PIN1.\r\nPIN1: ")
		if s := d.shown(); strings.Contains(s, "12") {
			t.Errorf("the terminal shows %q", s)
		}
		if !pinentrytest.Echoes(t, d.keyboard) {
			t.Error("the terminal was not put back")
		}
	}
}

func TestTerminalConfirm(t *testing.T) {
	for _, tt := range []struct {
		keys, other string
		want        pinentry.Answer
		err         error
	}{
		{"1", "", pinentry.OK, nil}, {"x1", "", pinentry.OK, nil}, {"2", "Next", pinentry.Other, nil},
		{"20", "", 0, pinentry.ErrCancelled}, {"0", "Next", 0, pinentry.ErrCancelled}, {"\x04", "", 0, pinentry.ErrCancelled},
	} {
		d := newDesk(t)
		d.types(t, tt.keys)
		answer, err := d.ask.Confirm(t.Context(), pinentry.Dialog{Text: "?", OK: "Yes", Cancel: "No", Other: tt.other})
		if answer != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%q: %v, %v", tt.keys, answer, err)
		}
	}
}

func TestTerminalIsGivenUp(t *testing.T) {
	d := newDesk(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the page is gone")
	go func() {
		pinentrytest.WithoutEcho(t, d.keyboard)
		cancel(why)
	}()
	if _, err := d.ask.PIN(ctx, pinentry.Dialog{Prompt: "PIN1:"}); !errors.Is(err, why) {
		t.Errorf("error %v", err)
	}
	if _, err := d.ask.PIN(t.Context(), pinentry.Dialog{Prompt: "PIN1:", Limit: time.Millisecond}); !errors.Is(err, pinentry.ErrTimeout) {
		t.Errorf("error %v", err)
	}
	if !pinentrytest.Echoes(t, d.keyboard) {
		t.Error("the terminal was not put back")
	}
}

func TestNoTerminal(t *testing.T) {
	for name, open := range map[string]func() (*os.File, error){
		"none":           func() (*os.File, error) { return nil, os.ErrNotExist },
		"not a terminal": func() (*os.File, error) { return os.CreateTemp(t.TempDir(), "file") },
	} {
		if _, err := (&pinentry.Terminal{Open: open}).PIN(t.Context(), pinentry.Dialog{}); !errors.Is(err, pinentry.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
