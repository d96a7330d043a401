package card

import (
	"encoding/hex"
	"fmt"

	"eidgate/internal/fault"
	"eidgate/internal/pin"
)

// What can go wrong between a user and a card. Callers compare with errors.Is.
var (
	ErrNoService = fault.New("card.no-service", "the smart card service does not answer",
		"Install and start pcscd (Debian: apt install pcscd && systemctl start pcscd).")
	ErrServiceFailed = fault.New("card.service-failed", "the smart card service failed",
		"Restart it (pcscd; on Windows the Smart Card service), or take the reader out and plug it in again.")
	ErrNoAccess = fault.New("card.no-access", "the system does not let this program use smart cards",
		"Log in at this computer itself, or have its administrator allow access to pcscd (polkit action org.debian.pcsc-lite.access_pcsc).")
	ErrNoReader = fault.New("card.no-reader", "no smart card reader found",
		"Plug in a card reader and try again.")
	ErrNoCard = fault.New("card.no-card", "no card in the reader",
		"Insert the card, chip first, and try again.")
	ErrMuteCard = fault.New("card.mute", "the card does not answer",
		"Take the card out, look that the chip points into the reader, and insert it again.")
	ErrSeveralCards = fault.New("card.several", "several cards are inserted",
		"Name the card by its document number or its reader.")
	ErrNotFound = fault.New("card.not-found", "the chosen card is not in any reader",
		"Insert the card with this document number, or choose another one.")
	ErrCardRemoved = fault.New("card.removed", "the card was removed",
		"Insert the card again and repeat; nothing was signed.")
	ErrCardReset = fault.New("card.reset", "another program reset the card",
		"Close other programs that use the card and repeat; nothing was signed.")
	ErrBusy = fault.New("card.busy", "another program is using the card",
		"Close the other program or wait until it has finished.")
	ErrTimeout = fault.New("card.timeout", "the card or its reader did not answer in time",
		"Close other programs that use the card, then take it out and insert it again.")
	ErrBadAnswer = fault.New("card.bad-answer", "the card gave an answer it must not give",
		"Take the card out, clean the chip and try again.")
	ErrBadSignature = fault.New("card.bad-signature", "the card's signature does not fit its certificate",
		"Do not use this card; contact its issuer.")
	ErrPINBlocked = fault.New("card.pin-blocked", "the code is blocked after too many wrong entries",
		"Unblock it with the PUK.")
	ErrPUKBlocked = fault.New("card.puk-blocked", "the PUK is blocked after too many wrong entries",
		"The card's issuer must replace the codes or the card.")
	ErrPINNotActivated = fault.New("card.pin-not-activated", "the code from the envelope was not changed yet",
		"Change the code once before using it.")
	ErrLastTry = fault.New("card.last-try", "only one try is left and nobody consented to use it",
		"Look the code up before you repeat with consent to the last try; another wrong entry blocks it.")
	ErrSameCode = fault.New("card.same-code", "the new code is the old one",
		"Choose another code; the old one is still valid.")
	ErrUnsupported = fault.New("card.unsupported-operation", "this card cannot do that", "")
	ErrPINsDiffer  = fault.New("card.pins-differ", "the new code was not entered the same way twice",
		"Repeat and enter the same new code twice.")
	ErrPINPadTimeout = fault.New("card.pin-pad-timeout", "nobody entered the code on the reader in time",
		"Repeat and enter the code on the reader.")

	ErrInterrupted = fault.New("card.interrupted", "the operation was interrupted", "")

	// ErrCancelled says that the user did not want to enter the PIN.
	ErrCancelled = pin.ErrCancelled
)

// WrongPINError says that the card refused a code.
type WrongPINError struct {
	Ref  PINRef
	Left int // tries left, at least 1; none left is [ErrPINBlocked]; -1 when nobody tells
}

// Error names the code and the tries left.
func (e *WrongPINError) Error() string {
	if e.Left < 0 {
		return fmt.Sprintf("wrong %s", e.Ref)
	}
	return fmt.Sprintf("wrong %s, tries left: %d", e.Ref, e.Left)
}

// Code is "card.wrong-pin".
func (e *WrongPINError) Code() string { return "card.wrong-pin" }

// Hint warns before the last try.
func (e *WrongPINError) Hint() string {
	if e.Left == 1 {
		return "One more wrong entry blocks the code: look it up before you repeat."
	}
	if e.Left < 0 {
		return "Nobody tells how many tries are left: look the code up before you repeat."
	}
	return "Repeat with the right code."
}

// PINFormatError says that what was entered cannot be the code; it was not
// sent to the card and cost no try.
type PINFormatError struct {
	Ref      PINRef
	Min, Max int // digits
}

// Error names the code and its format.
func (e *PINFormatError) Error() string {
	return fmt.Sprintf("%s must be %d to %d digits", e.Ref, e.Min, e.Max)
}

// Code is "card.pin-format".
func (e *PINFormatError) Code() string { return "card.pin-format" }

// Hint says that no try was used.
func (e *PINFormatError) Hint() string { return "Nothing was sent to the card and no try was used." }

// UnsupportedCardError says that no driver knows the card.
type UnsupportedCardError struct {
	ATR    []byte
	Reader string
}

// Error shows the answer to reset, which tells the kind of card and nothing
// about its holder.
func (e *UnsupportedCardError) Error() string {
	return "the card is not of a supported kind, its answer to reset is " + hex.EncodeToString(e.ATR)
}

// Code is "card.unsupported".
func (e *UnsupportedCardError) Code() string { return "card.unsupported" }

// Hint names the other road.
func (e *UnsupportedCardError) Hint() string {
	if m, ok := ModuleFor(e.ATR); ok {
		return "This is a " + m.Name + ": install its maker's software and use its PKCS#11 module."
	}
	return "Use the card through its maker's PKCS#11 module, or look whether the right card is inserted."
}

// StatusError says with which status word a card refused a command.
type StatusError struct {
	Operation string // "selecting the application"
	SW        uint16 // ISO/IEC 7816-4 section 5.6
}

// Error names the operation and the status word.
func (e *StatusError) Error() string {
	return fmt.Sprintf("%s: the card answered %04X", e.Operation, e.SW)
}

// Unwrap makes an unexpected status word a bad answer.
func (e *StatusError) Unwrap() error { return ErrBadAnswer }
