package modulecard

import (
	"errors"
	"fmt"
	"regexp"

	"eidgate/card"
	"eidgate/internal/fault"
	"eidgate/internal/pin"
	"eidgate/pkcs11"
)

// What can go wrong with a module, beside the errors of package card.
var (
	ErrCrashed = fault.New("card.module-crashed", "the PKCS#11 module of the card crashed",
		"Take the card out and insert it again; if it happens again, update the software of the card's maker. Nothing was signed.")
	ErrFailed = fault.New("card.module-failed", "the PKCS#11 module of the card failed",
		"Take the card out, insert it again and repeat.")
	ErrProtocol = fault.New("card.module-protocol", "the process of the PKCS#11 module broke its protocol", "")
	ErrNothing  = fault.New("card.module-sees-no-card", "the PKCS#11 module does not see the card in this reader",
		"Check that the software of the card's maker is the one for this card.")
	ErrNoKey = fault.New("card.module-no-key", "the card has no key for this purpose", "")
	// ErrCannotManage comes with [card.ErrUnsupported].
	ErrCannotManage = fault.New("card.module-cannot-manage-codes", "the PKCS#11 module of the card cannot do that with this code",
		"Use the software of the card's maker; with OpenSC, pkcs15-tool --unblock-pin.")
	ErrRule = fault.New("usage.module-rule", "a rule for a PKCS#11 module cannot be used",
		"Give atr and mask as hexadecimal digits of the same length, and module as an absolute path.")
)

func isUnsupported(err error) bool { return errors.Is(err, card.ErrUnsupported) }

// failure is an error as it passes from the child to the parent.
type failure struct {
	Code string `json:"code"`
	Left int    `json:"left"` // tries, after a wrong PIN

	What  string   `json:"what,omitempty"`  // of what the URI fits several
	Found []string `json:"found,omitempty"` // their URIs
	Doing string   `json:"doing,omitempty"` // the function of the module that failed
	Value uint     `json:"value,omitempty"` // what it returned
}

var code = regexp.MustCompile(`^[a-z0-9]+(\.[a-z0-9-]+)+$`)

// failed says in the parent's words what the child reported. The child is not
// believed further than that: only its code passes, never a text.
func (c *moduleCard) failed(f failure, ref card.PINRef, k *key) error {
	blocked := error(card.ErrPINBlocked)
	if ref == card.PUK {
		blocked = card.ErrPUKBlocked
	}
	switch f.Code {
	case "pkcs11.pin-wrong":
		if f.Left > 0 || f.Left == -1 && ref == card.PUK {
			return &card.WrongPINError{Ref: ref, Left: f.Left}
		}
		return fmt.Errorf("%s: %w", ref, blocked)
	case "pkcs11.pin-locked", "pkcs11.puk-locked":
		return blocked
	case "pkcs11.cannot-manage-pin":
		return fmt.Errorf("%w: %w", ErrCannotManage, card.ErrUnsupported)
	case "pkcs11.pin-format":
		if k != nil {
			return &card.PINFormatError{Ref: ref, Min: k.MinPIN, Max: k.MaxPIN}
		}
	case "pkcs11.token-not-found":
		return ErrNothing
	}
	for _, known := range []struct {
		from error
		to   error
	}{
		{pkcs11.ErrSamePIN, card.ErrSameCode}, {pkcs11.ErrLastTry, card.ErrLastTry},
		{pkcs11.ErrPINToBeChanged, card.ErrPINNotActivated}, {pkcs11.ErrTokenRemoved, card.ErrCardRemoved},
		{pkcs11.ErrMechanism, card.ErrUnsupported}, {pkcs11.ErrSignatureWrong, card.ErrBadSignature},
		{pkcs11.ErrUnavailable, pkcs11.ErrUnavailable}, {pkcs11.ErrNoModule, pkcs11.ErrNoModule},
		{pkcs11.ErrModuleUnusable, pkcs11.ErrModuleUnusable}, {card.ErrCancelled, card.ErrCancelled},
		{ErrNothing, ErrNothing},
	} {
		if fault.CodeOf(known.from) == f.Code {
			return known.to
		}
	}
	return f.unknown()
}

// unknown is what the child reported in words that nobody knows.
func (f failure) unknown() error {
	if len(f.Code) > 64 || !code.MatchString(f.Code) {
		return ErrFailed
	}
	return fmt.Errorf("%w (%s)", ErrFailed, f.Code)
}

var function = regexp.MustCompile(`^C_[A-Za-z]{1,32}$`)

// tokenFailed says in the words of package pkcs11 what the child reported of a
// token's key.
func tokenFailed(f failure) error {
	switch {
	case f.Code == "pkcs11.pin-wrong":
		return &pkcs11.WrongPINError{Left: max(f.Left, 0)}
	case f.Code == "pkcs11.several-"+f.What && (f.What == "keys" || f.What == "tokens"):
		several := &pkcs11.SeveralError{What: f.What}
		for _, uri := range f.Found {
			if u, err := pkcs11.ParseURI(uri); err == nil {
				several.Found = append(several.Found, u)
			}
		}
		return several
	case f.Code == "pkcs11.module-error" && function.MatchString(f.Doing):
		return &pkcs11.ModuleError{Doing: f.Doing, Value: f.Value}
	}
	for _, known := range []error{
		pkcs11.ErrUnavailable, pkcs11.ErrBadURI, pkcs11.ErrPINValue, pkcs11.ErrPINSource, pkcs11.ErrSlotOnly,
		pkcs11.ErrNoModule, pkcs11.ErrModuleUnusable, pkcs11.ErrNoToken, pkcs11.ErrNoKey, pkcs11.ErrTokenRemoved,
		pkcs11.ErrPINRequired, pkcs11.ErrPINFormat, pkcs11.ErrPINLocked, pkcs11.ErrLastTry, pkcs11.ErrPINToBeChanged,
		pkcs11.ErrMechanism, pkcs11.ErrDigest, pkcs11.ErrUnsupportedKey, pkcs11.ErrSignatureWrong,
		pkcs11.ErrTooManyOfObject, pin.ErrCancelled,
	} {
		if fault.CodeOf(known) == f.Code {
			return known
		}
	}
	return f.unknown()
}

// report is what the child says of an error.
func report(err error) failure {
	f := failure{Code: fault.CodeOf(err)}
	var wrong *pkcs11.WrongPINError
	if errors.As(err, &wrong) {
		f.Left = wrong.Left
	}
	var several *pkcs11.SeveralError
	if errors.As(err, &several) {
		f.What = several.What
		for _, u := range several.Found {
			f.Found = append(f.Found, u.String())
		}
	}
	var module *pkcs11.ModuleError
	if errors.As(err, &module) {
		f.Doing, f.Value = module.Doing, module.Value
	}
	return f
}
