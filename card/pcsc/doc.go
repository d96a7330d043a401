// Package pcsc reaches real card readers through PC/SC: pcscd on Linux, the
// system's own service on Windows and macOS.
//
// [New] gives a card.Service; card.Open and card.Signer do the rest.
//
// What it guarantees:
//   - a connection is one transaction on a handle and a context of its own, so
//     that no other program's commands come between ours;
//   - closing it resets the card before anybody else may use it;
//   - a call that does not come back (another program's transaction, a reader
//     that hangs) is given up on when its context ends; the handle is then lost
//     and cleaned up in the background if the call ever returns;
//   - commands that may hold a PIN are kept in locked memory and wiped.
//
// What it does not protect against: programs that record what goes through the
// PC/SC service, which sees every command in the clear; and being killed while
// a session is open: pcscd then resets the card too, but may let a waiting
// program in a moment before.
//
// On Linux and macOS it needs cgo and libpcsclite; built without cgo there,
// every call returns [ErrNotBuilt].
package pcsc

import "eidgate/internal/fault"

// ErrNotBuilt says that the program was built without PC/SC.
var ErrNotBuilt = fault.New("card.no-pcsc", "this program was built without smart card support",
	"Build it with cgo and libpcsclite-dev (Debian: apt install libpcsclite-dev pkg-config).")
