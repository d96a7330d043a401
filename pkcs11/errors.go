package pkcs11

import (
	"fmt"
	"strings"

	"eidgate/internal/fault"
)

// What can stand between a caller and a signature. [WrongPINError],
// [SeveralError] and [ModuleError] are the ones that carry data.
var (
	ErrUnavailable     = fault.New("pkcs11.unavailable", "PKCS#11 is unavailable in this build", "Use a build with cgo on Linux or macOS, or a card through PC/SC.")
	ErrBadURI          = fault.New("pkcs11.bad-uri", "not a PKCS#11 URI that names a key", "Write it as RFC 7512 says, for example pkcs11:serial=0123;id=%01?module-path=/usr/lib/softhsm/libsofthsm2.so.")
	ErrPINValue        = fault.New("pkcs11.pin-value-refused", "a PIN in a PKCS#11 URI is refused", "Remove pin-value; the PIN is asked for when it is needed.")
	ErrPINSource       = fault.New("pkcs11.pin-source-refused", "this pin-source is refused", "Only fd:N is allowed, with a file descriptor that was passed to the program.")
	ErrSlotOnly        = fault.New("pkcs11.slot-only", "a slot number alone does not name a token", "Add serial= or token=: slot numbers change with the readers that are connected.")
	ErrNoModule        = fault.New("pkcs11.module-not-found", "PKCS#11 module not found", "Check module-path, or install the card maker's software.")
	ErrModuleUnusable  = fault.New("pkcs11.module-unusable", "PKCS#11 module cannot be used", "The file is not a PKCS#11 module for this system; check module-path.")
	ErrClosed          = fault.New("pkcs11.closed", "the PKCS#11 module was closed", "")
	ErrNoToken         = fault.New("pkcs11.token-not-found", "token not found", "Insert the card or connect the device, and check serial= and token= in the URI.")
	ErrNoKey           = fault.New("pkcs11.key-not-found", "key not found on the token", "Check id= and object= in the URI.")
	ErrTokenRemoved    = fault.New("pkcs11.token-removed", "the token was removed", "Insert it again and repeat.")
	ErrPINRequired     = fault.New("pkcs11.pin-required", "the token asks for a PIN and there is nobody to ask", "Give the PIN with --pin-fd or run on a terminal.")
	ErrPINFormat       = fault.New("pkcs11.pin-format", "the PIN has a length or characters that this token does not take", "Enter the PIN again; no try was used.")
	ErrPINLocked       = fault.New("pkcs11.pin-locked", "the PIN is locked", "Unblock it with the PUK.")
	ErrPUKLocked       = fault.New("pkcs11.puk-locked", "the PUK is locked", "The token's issuer must replace it.")
	ErrSamePIN         = fault.New("pkcs11.same-pin", "the new PIN is the old one", "Choose another PIN; the old one is still valid.")
	ErrCannotManage    = fault.New("pkcs11.cannot-manage-pin", "this PKCS#11 module does not change or unblock the PIN", "Use the software of the card's or device's maker.")
	ErrLastTry         = fault.New("pkcs11.last-try", "only one try is left before the PIN locks", "Make sure of the PIN, then allow the last try.")
	ErrPINToBeChanged  = fault.New("pkcs11.pin-to-be-changed", "the PIN must be changed before it can be used", "Change the PIN with the card maker's software or eid pin change.")
	ErrMechanism       = fault.New("pkcs11.mechanism", "the token cannot make this kind of signature", "Choose another hash or padding.")
	ErrDigest          = fault.New("pkcs11.bad-digest", "the digest does not have the length of its hash", "")
	ErrUnsupportedKey  = fault.New("pkcs11.unsupported-key", "the key is neither RSA nor ECDSA on P-256, P-384 or P-521", "")
	ErrSignatureWrong  = fault.New("pkcs11.signature-wrong", "the token's signature does not verify against its certificate", "Do not use this token or module; nothing was signed.")
	ErrTooManyOfObject = fault.New("pkcs11.too-many-objects", "the token lists more objects than a card or HSM partition has", "")
)

// WrongPINError says that the token refused the PIN. It used up one try.
type WrongPINError struct {
	Token string // the token's label
	PUK   bool   // it was the PUK
	Left  int    // tries left, as far as the token's flags tell; 0 means locked now, -1 that they do not tell
}

// Error tells how many tries are left.
func (e *WrongPINError) Error() string {
	name := "PIN"
	if e.PUK {
		name = "PUK"
	}
	switch {
	case e.Left < 0:
		return "wrong " + name
	case e.Left == 0:
		return fmt.Sprintf("wrong %s; the %[1]s is now locked", name)
	case e.Left == 1:
		return fmt.Sprintf("wrong %s; 1 try left", name)
	default:
		return fmt.Sprintf("wrong %s; %d tries left", name, e.Left)
	}
}

// Code is stable.
func (e *WrongPINError) Code() string { return "pkcs11.pin-wrong" }

// Hint says what to do next.
func (e *WrongPINError) Hint() string {
	switch {
	case e.Left == 0 && e.PUK:
		return ErrPUKLocked.Hint()
	case e.Left == 0:
		return ErrPINLocked.Hint()
	case e.PUK:
		return "Check the PUK and try again; a token locks it after a few wrong entries."
	}
	return "Check the PIN and try again."
}

// Is makes a PIN locked by this very try an [ErrPINLocked] too, a PUK an
// [ErrPUKLocked].
func (e *WrongPINError) Is(target error) bool {
	locked := ErrPINLocked
	if e.PUK {
		locked = ErrPUKLocked
	}
	return e.Left == 0 && target == error(locked)
}

// SeveralError says that a URI fits more than one token or key.
type SeveralError struct {
	What  string // "tokens" or "keys"
	Found []*URI // each of them, to choose from
}

// Error lists what was found.
func (e *SeveralError) Error() string {
	names := make([]string, len(e.Found))
	for i, u := range e.Found {
		names[i] = u.String()
	}
	return fmt.Sprintf("the URI fits %d %s: %s", len(e.Found), e.What, strings.Join(names, ", "))
}

// Code is stable: pkcs11.several-tokens or pkcs11.several-keys.
func (e *SeveralError) Code() string { return "pkcs11.several-" + e.What }

// Hint says what to do next.
func (e *SeveralError) Hint() string { return "Use one of the listed URIs." }

// ModuleError is a return value of the module that has no meaning of its own
// here.
type ModuleError struct {
	Doing string // the PKCS#11 function
	Value uint   // CK_RV
}

// Error names the function and the value.
func (e *ModuleError) Error() string {
	return fmt.Sprintf("%s: PKCS#11 return value 0x%X", e.Doing, e.Value)
}

// Code is stable.
func (e *ModuleError) Code() string { return "pkcs11.module-error" }

// Hint says what to do next.
func (e *ModuleError) Hint() string {
	return "Take the card out, insert it again and repeat; the value is explained in the PKCS#11 standard."
}
