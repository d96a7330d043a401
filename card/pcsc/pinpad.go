//go:build cgo || windows

package pcsc

import (
	"github.com/ebfe/scard"

	"eidgate/card"
)

// getFeatures is CM_IOCTL_GET_FEATURE_REQUEST, PC/SC part 10 section 2.2.
const getFeatures = 3400

// pinPad asks the reader whether it takes PINs itself. A reader that does not
// understand the question has no PIN pad.
func pinPad(h *scard.Card) card.PINPad {
	control := func(code uint32) []byte {
		answer, err := h.Control(code, nil)
		if err != nil {
			return nil
		}
		return answer
	}
	return padOf(control(scard.CtlCode(getFeatures)), control)
}
