//go:build cgo || windows

package pcsc

import (
	"errors"
	"fmt"

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
	return fmt.Errorf("%s: %w", operation, code)
}

func meaning(code scard.Error) error {
	switch code {
	case scard.ErrNoService, scard.ErrServiceStopped:
		return card.ErrNoService
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
	}
	return nil
}

// lostCard is what a failed transmission means. pcscd says "not transacted" or
// a communication error when the card is pulled out during a command; the
// status tells whether it is still there.
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
	s, statusErr := status()
	var why scard.Error
	switch {
	case errors.As(statusErr, &why) && meaning(why) != nil:
		return why
	case statusErr != nil, s.State&scard.Absent != 0:
		return scard.ErrRemovedCard
	}
	return err
}
