// Package pinentry asks the user for a PIN, or for a yes, in a window or on the
// terminal.
//
// [Find] chooses one of the pinentry programs that come with GnuPG on every
// desktop, or the terminal itself; [Asker.PIN] and [Asker.Confirm] ask:
//
//	ask, err := pinentry.Find(pinentry.Config{}, pinentry.SystemHost())
//	code, err := ask.PIN(ctx, pinentry.Dialog{Title: "Log in", Text: "...", Prompt: "PIN1:"})
//	defer code.Wipe()
//
// A pinentry program is a child that speaks the Assuan protocol on pipes: a
// line is a command or an answer, at most 1000 bytes; the PIN comes on a line
// "D ..." with %, CR and LF written as %25, %0D and %0A (libassuan manual,
// "Server responses"; pinentry manual, "Protocol").
//
// What it guarantees: the PIN goes from the pipe straight into locked memory,
// is never a string and never in an ordinary buffer; nothing is cached, by us
// or by the desktop's key store; when ctx ends the window closes, and the child
// dies with us; each dialog is a child of its own, so that one answer never
// meets another question.
//
// What it does not protect against: a pinentry program that is not what its
// name says, other programs that read the user's keyboard or screen, and a PIN
// left in the pinentry program's own memory.
package pinentry

import (
	"context"
	"time"

	"eidgate/internal/fault"
	"eidgate/internal/pin"
)

// Errors of asking.
var (
	// ErrCancelled says that the user closed the dialog or chose Cancel.
	ErrCancelled = pin.ErrCancelled

	ErrTimeout  = fault.New("pin.timeout", "nobody answered the dialog in time", "")
	ErrProtocol = fault.New("pin.pinentry-protocol", "the pinentry program does not speak as it must",
		"Name another pinentry program in the settings file.")
	ErrNotFound = fault.New("pin.no-pinentry", "there is no way to ask for the PIN",
		"Install a pinentry program for your desktop (Debian: pinentry-gnome3, pinentry-qt or pinentry-gtk2), or name one in the settings file.")
)

// Dialog is what the user sees. Texts may have several lines; everything that
// does not come from the program itself must have gone through Visible.
type Dialog struct {
	Title  string
	Text   string
	Error  string // why it is asked again
	Prompt string // before the entry field
	OK     string
	Cancel string
	Other  string        // a third button of [Asker.Confirm]; none when empty
	Limit  time.Duration // how long the user may take, rounded to seconds; 0 for no limit
}

// Answer is what the user chose in a confirmation.
type Answer int

// The answers of [Asker.Confirm]; a cancelled one is [ErrCancelled].
const (
	OK    Answer = iota + 1
	Other        // the third button
)

// Asker asks the user. It returns [ErrCancelled], [ErrTimeout], or the error of
// ctx when that ended first; the dialog is then gone.
type Asker interface {
	// PIN asks for a PIN. The caller wipes it.
	PIN(ctx context.Context, d Dialog) (*pin.Buffer, error)
	// Confirm asks for a yes.
	Confirm(ctx context.Context, d Dialog) (Answer, error)
}
