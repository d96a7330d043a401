package pkcs11

import (
	"errors"
	"fmt"

	"eidgate/internal/pin"
)

// Return values that this package acts on; PKCS#11 v2.40, pkcs11t.h.
const (
	ckrOK                    = 0x00
	ckrSlotIDInvalid         = 0x03
	ckrActionProhibited      = 0x1B
	ckrDeviceError           = 0x30
	ckrDeviceRemoved         = 0x32
	ckrFunctionCanceled      = 0x50
	ckrFunctionNotSupported  = 0x54
	ckrKeySizeRange          = 0x62
	ckrKeyTypeInconsistent   = 0x63
	ckrKeyFunctionForbidden  = 0x68
	ckrMechanismInvalid      = 0x70
	ckrMechanismParam        = 0x71
	ckrOperationActive       = 0x90
	ckrPINIncorrect          = 0xA0
	ckrPINInvalid            = 0xA1
	ckrPINLenRange           = 0xA2
	ckrPINExpired            = 0xA3
	ckrPINLocked             = 0xA4
	ckrSessionClosed         = 0xB0
	ckrSessionHandleInvalid  = 0xB3
	ckrSessionReadOnly       = 0xB5
	ckrSessionReadOnlyExists = 0xB7
	ckrTokenNotPresent       = 0xE0
	ckrTokenNotRecognized    = 0xE1
	ckrTokenWriteProtected   = 0xE2
	ckrUserAlreadyLoggedIn   = 0x100
	ckrUserNotLoggedIn       = 0x101
	ckrUserTypeInvalid       = 0x103
	ckrAlreadyInitialized    = 0x191
	ckrFunctionRejected      = 0x200 // by the user
)

// meaning is the coded error behind a return value.
var meaning = map[uint]error{
	ckrSlotIDInvalid:        ErrTokenRemoved,
	ckrDeviceRemoved:        ErrTokenRemoved,
	ckrSessionClosed:        ErrTokenRemoved,
	ckrSessionHandleInvalid: ErrTokenRemoved,
	ckrTokenNotPresent:      ErrTokenRemoved,
	ckrTokenNotRecognized:   ErrTokenRemoved,
	ckrFunctionCanceled:     pin.ErrCancelled,
	ckrFunctionRejected:     pin.ErrCancelled,
	ckrKeySizeRange:         ErrMechanism,
	ckrKeyTypeInconsistent:  ErrMechanism,
	ckrKeyFunctionForbidden: ErrMechanism,
	ckrMechanismInvalid:     ErrMechanism,
	ckrMechanismParam:       ErrMechanism,
	ckrPINInvalid:           ErrPINFormat,
	ckrPINLenRange:          ErrPINFormat,
	ckrPINExpired:           ErrPINToBeChanged,
	ckrPINLocked:            ErrPINLocked,
}

// answer turns a return value into nil, a coded error, or a ModuleError.
func answer(doing string, rv uint) error {
	if rv == ckrOK {
		return nil
	}
	raw := &ModuleError{Doing: doing, Value: rv}
	if coded, ok := meaning[rv]; ok {
		return fmt.Errorf("%w (%w)", coded, raw)
	}
	return raw
}

// returned tells whether err came from the return value rv.
func returned(err error, rv uint) bool {
	var e *ModuleError
	return errors.As(err, &e) && e.Value == rv
}
