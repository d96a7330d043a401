//go:build cgo || windows

package pcsc

import (
	"errors"
	"fmt"
	"time"

	"github.com/ebfe/scard"

	"eidgate/card"
)

// translate turns PC/SC's codes into the card package's errors; the code's own
// text stays in the chain.
func translate(operation string, err error) error {
	var code scard.Error
	if !errors.As(err, &code) {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if known := meaning(code); known != nil {
		return fmt.Errorf("%s: %w (%w)", operation, known, code)
	}
	return fmt.Errorf("%s: %w (%w)", operation, card.ErrServiceFailed, code)
}

func meaning(code scard.Error) error {
	switch code {
	case scard.ErrNoService, scard.ErrServiceStopped:
		return card.ErrNoService
	case scard.ErrSecurityViolation, scard.ErrNoAccess:
		return card.ErrNoAccess
	case scard.ErrNoReadersAvailable, scard.ErrUnknownReader, scard.ErrReaderUnavailable:
		return card.ErrNoReader
	case scard.ErrNoSmartcard:
		return card.ErrNoCard
	case scard.ErrUnresponsiveCard, scard.ErrUnpoweredCard, scard.ErrUnsupportedCard, scard.ErrProtoMismatch:
		return card.ErrMuteCard
	case scard.ErrRemovedCard:
		return card.ErrCardRemoved
	case scard.ErrResetCard:
		return card.ErrCardReset
	case scard.ErrSharingViolation, scard.ErrServerTooBusy:
		return card.ErrBusy
	case scard.ErrTimeout:
		return card.ErrTimeout
	default:
		return nil
	}
}

// settling is how long pcscd may take to notice that a card is gone: it polls
// some readers every 400 ms.
const settling = time.Second

// lostCard is what a failed transmission means. pcscd says "not transacted" or
// a communication error when the card is pulled out during a command, and some
// drivers give an empty answer; the status tells, a little later, whether the
// card is still there.
func lostCard(err error, status func() (*scard.CardStatus, error)) error {
	var code scard.Error
	if !errors.As(err, &code) {
		return err
	}
	switch code {
	case scard.ErrNotTransacted, scard.ErrCommError, scard.ErrCommDataLost, scard.ErrUnknownError, scard.ErrInternalError:
	default:
		return err
	}
	for end := time.Now().Add(settling); time.Now().Before(end); time.Sleep(settling / 50) {
		s, statusErr := status()
		var why scard.Error
		switch {
		case errors.As(statusErr, &why) && meaning(why) != nil:
			return why
		case statusErr != nil, s.State&scard.Absent != 0:
			return scard.ErrRemovedCard
		}
	}
	return scard.ErrUnresponsiveCard
}
