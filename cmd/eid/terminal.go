package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"eidgate/internal/fault"
	"eidgate/internal/pin"
)

var (
	errNoTerminal = fault.New("pin.no-terminal", "there is no terminal to ask for the PIN on",
		"Run eid in a terminal, or give the PIN on a file descriptor with --pin-fd.")
	errPINFD = fault.New("usage.pin-fd", "the PIN cannot be read from the file descriptor given with --pin-fd",
		"Open it for eid, as in: eid sign --pin-fd 3 FILE 3<PINFILE")
	errCodesFD = fault.New("usage.pin-fd", "the file descriptor given with --pin-fd does not hold two codes",
		"Give the current code, or the PUK, and the new one on a line each, as in: eid pin change PIN1 --pin-fd 3 3<CODES")
)

// terminalPIN asks on the controlling terminal, without echo, with the tries
// left; before the last try it asks whether to go on.
type terminalPIN struct{ open func() (*os.File, error) }

func controllingTerminal() (*os.File, error) { return os.OpenFile(ttyPath, os.O_RDWR, 0) }

// PIN implements pin.Source.
func (t terminalPIN) PIN(ctx context.Context, r pin.Request) (*pin.Buffer, error) {
	tty, err := t.open()
	if err == nil {
		defer tty.Close()
	}
	switch terminal := err == nil && term.IsTerminal(int(tty.Fd())); {
	case r.PINPad && terminal:
		fmt.Fprintf(tty, "Enter %s for %s on the reader's keypad%s\n", r.Label, plain(r.Token), triesLeft(r))
		return nil, nil
	case r.PINPad:
		return nil, nil
	case !terminal:
		return nil, errNoTerminal
	}
	state, err := term.MakeRaw(int(tty.Fd())) // before the prompt, so that no key typed after it is shown
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoTerminal, err)
	}
	fmt.Fprintf(tty, "%s for %s%s: ", r.Label, plain(r.Token), triesLeft(r))
	p, err := readKeys(ctx, tty)
	restored := term.Restore(int(tty.Fd()), state)
	fmt.Fprintln(tty)
	if err == nil && restored != nil {
		p.Wipe()
		return nil, fmt.Errorf("restoring the terminal: %w", restored)
	}
	return p, err
}

// readKeys gives up when ctx ends, so that a signal ends the program while it
// waits for a key; the reading then ends with the program.
func readKeys(ctx context.Context, tty *os.File) (*pin.Buffer, error) {
	type entry struct {
		pin *pin.Buffer
		err error
	}
	entered := make(chan entry, 1)
	go func() {
		p, err := pin.ReadKeys(tty)
		entered <- entry{p, err}
	}()
	select {
	case e := <-entered:
		return e.pin, e.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", pin.ErrCancelled, context.Cause(ctx))
	}
}

// confirm asks a question and takes only y for yes; without a terminal it is no.
func (t terminalPIN) confirm(question string) bool {
	tty, err := t.open()
	if err != nil {
		return false
	}
	defer tty.Close()
	if !term.IsTerminal(int(tty.Fd())) {
		return false
	}
	fmt.Fprint(tty, question)
	answer, err := bufio.NewReader(tty).ReadString('\n')
	return err == nil && strings.EqualFold(strings.TrimSpace(answer), "y")
}

// triesLeft is what the user must know before typing.
func triesLeft(r pin.Request) string {
	switch {
	case r.Left < 0:
		return ""
	case r.Left == 1:
		return " (LAST try: a wrong PIN now blocks it)"
	default:
		return fmt.Sprintf(" (%d tries left)", r.Left)
	}
}

// fdPIN gives the first line of an open file descriptor as the PIN, for every
// file of one command. After a wrong PIN the command stops, so it is never sent
// twice in vain.
type fdPIN struct {
	f    *os.File
	read *pin.Buffer
}

func newFDPIN(fd int) (*fdPIN, error) {
	if fd < 0 {
		return nil, errPINFD
	}
	f := os.NewFile(uintptr(fd), "PIN descriptor")
	if _, err := f.Stat(); err != nil {
		return nil, errPINFD
	}
	return &fdPIN{f: f}, nil
}

// PIN implements pin.Source.
func (s *fdPIN) PIN(_ context.Context, r pin.Request) (*pin.Buffer, error) {
	if r.PINPad {
		return nil, nil
	}
	if s.read == nil {
		p, err := pin.Read(s.f)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errPINFD, err)
		}
		if p.Len() == 0 {
			p.Wipe()
			return nil, fmt.Errorf("%w: it is empty", errPINFD)
		}
		s.read = p
	}
	return s.read.Copy()
}

// next gives one line after the other, for commands that need two codes.
func (s *fdPIN) next(ctx context.Context, r pin.Request) (*pin.Buffer, error) {
	s.read.Wipe()
	s.read = nil
	p, err := s.PIN(ctx, r)
	if errors.Is(err, errPINFD) {
		return nil, errCodesFD
	}
	return p, err
}

// close ends the use of the PIN and of the descriptor.
func (s *fdPIN) close() {
	s.read.Wipe()
	_ = s.f.Close()
}

// progress writes one line about a document that takes longer than half a
// second, and only on a terminal.
type progress struct {
	w       io.Writer
	name    string
	total   int64
	began   time.Time
	now     func() time.Time
	last    time.Time
	written bool
}

const (
	progressDelay = 500 * time.Millisecond
	progressEvery = 100 * time.Millisecond
)

// at is called with the bytes done so far.
func (p *progress) at(done int64) {
	if done >= p.total {
		p.end() // the line must be gone before the PIN is asked for
		return
	}
	now := p.now()
	if p.w == nil || p.total == 0 || now.Sub(p.began) < progressDelay || now.Sub(p.last) < progressEvery {
		return
	}
	p.last, p.written = now, true
	fmt.Fprintf(p.w, "\r%s: %3d %% of %s", plain(p.name), done*100/p.total, byteCount(p.total))
}

// end removes the line.
func (p *progress) end() {
	if p.written {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.written = false
	}
}

func byteCount(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	default:
		return fmt.Sprintf("%.1f KB", float64(n)/1e3)
	}
}
