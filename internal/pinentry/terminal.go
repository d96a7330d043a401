package pinentry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"eidgate/internal/pin"
)

// Terminal asks on a terminal, with the same texts and without echo.
type Terminal struct {
	Open func() (*os.File, error) // the terminal, for reading and writing
}

var _ Asker = (*Terminal)(nil)

// PIN implements [Asker].
func (t *Terminal) PIN(ctx context.Context, d Dialog) (code *pin.Buffer, err error) {
	err = t.ask(ctx, d, d.Prompt+" ", func(tty io.Reader) error {
		code, err = pin.ReadKeys(tty)
		return err
	})
	if err != nil {
		code.Wipe()
		return nil, fmt.Errorf("asking on the terminal: %w", err)
	}
	return code, nil
}

// Confirm implements [Asker]: 1 is OK, 2 the third button, 0 and Escape cancel.
func (t *Terminal) Confirm(ctx context.Context, d Dialog) (answer Answer, err error) {
	question := fmt.Sprintf("[1] %s  ", d.OK)
	if d.Other != "" {
		question += fmt.Sprintf("[2] %s  ", d.Other)
	}
	question += fmt.Sprintf("[0] %s: ", d.Cancel)
	err = t.ask(ctx, d, question, func(tty io.Reader) error {
		answer, err = chosen(tty, d.Other != "")
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("asking on the terminal: %w", err)
	}
	return answer, nil
}

// chosen reads keys until one means something.
func chosen(tty io.Reader, other bool) (Answer, error) {
	var key [1]byte
	for {
		if _, err := io.ReadFull(tty, key[:]); err != nil {
			return 0, err
		}
		switch key[0] {
		case '1':
			return OK, nil
		case '2':
			if other {
				return Other, nil
			}
		case '0', 0x03, 0x04, 0x1b: // Ctrl-C, Ctrl-D, Escape
			return 0, ErrCancelled
		}
	}
}

// ask shows the dialog and reads keys in raw mode until read is satisfied or
// ctx ends.
func (t *Terminal) ask(ctx context.Context, d Dialog, question string, read func(io.Reader) error) error {
	if d.Limit > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, d.Limit, ErrTimeout)
		defer stop()
	}
	tty, err := t.Open()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	defer tty.Close()
	restore, err := raw(tty)
	if err != nil {
		return err
	}
	defer func() {
		restore()
		fmt.Fprintln(tty)
	}()
	stop := context.AfterFunc(ctx, func() { _ = tty.SetReadDeadline(time.Unix(1, 0)) }) // a terminal has deadlines
	defer stop()
	// The question is shown when echo is already off.
	fmt.Fprint(tty, terminalText(d)+question)
	err = read(tty)
	if ctx.Err() != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		return context.Cause(ctx)
	}
	return err
}

// raw switches off echo and line editing. It keeps the file out of blocking
// mode, in which a read could not be given up.
func raw(tty *os.File) (restore func(), err error) {
	conn, err := tty.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	var state *term.State
	if control := conn.Control(func(fd uintptr) { state, err = term.MakeRaw(int(fd)) }); control != nil {
		err = control
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return func() {
		_ = conn.Control(func(fd uintptr) { _ = term.Restore(int(fd), state) }) // the terminal may be gone
	}, nil
}

// terminalText is the dialog for a terminal in raw mode, which needs CR and LF.
func terminalText(d Dialog) string {
	var b strings.Builder
	for _, part := range []string{d.Title, d.Text, d.Error} {
		if part != "" {
			b.WriteString("\n" + part + "\n")
		}
	}
	return strings.ReplaceAll(b.String(), "\n", "\r\n")
}
