//go:build cgo || windows

package pcsc

import (
	"errors"
	"testing"

	"github.com/ebfe/scard"

	"eidgate/card"
	"eidgate/internal/fault"
)

func TestCodesHaveMeanings(t *testing.T) {
	for code, want := range map[scard.Error]error{
		scard.ErrNoService:          card.ErrNoService,
		scard.ErrServiceStopped:     card.ErrNoService,
		scard.ErrSecurityViolation:  card.ErrNoAccess,
		scard.ErrNoReadersAvailable: card.ErrNoReader,
		scard.ErrUnknownReader:      card.ErrNoReader,
		scard.ErrNoSmartcard:        card.ErrNoCard,
		scard.ErrUnresponsiveCard:   card.ErrMuteCard,
		scard.ErrRemovedCard:        card.ErrCardRemoved,
		scard.ErrResetCard:          card.ErrCardReset,
		scard.ErrSharingViolation:   card.ErrBusy,
		scard.ErrTimeout:            card.ErrTimeout,
	} {
		err := translate("doing something", code)
		if !errors.Is(err, want) || !errors.Is(err, code) || fault.HintOf(err) == "" {
			t.Errorf("%v: %v", code, err)
		}
	}
	if err := translate("doing something", scard.ErrNoMemory); !errors.Is(err, scard.ErrNoMemory) || !errors.Is(err, card.ErrServiceFailed) {
		t.Error(err)
	}
}

// TestWhatAFailedTransmissionMeans: the status afterwards decides.
func TestWhatAFailedTransmissionMeans(t *testing.T) {
	present := func() (*scard.CardStatus, error) { return &scard.CardStatus{State: scard.Present}, nil }
	absent := func() (*scard.CardStatus, error) { return &scard.CardStatus{State: scard.Absent}, nil }
	failing := func(err error) func() (*scard.CardStatus, error) {
		return func() (*scard.CardStatus, error) { return nil, err }
	}
	for name, c := range map[string]struct {
		err    error
		status func() (*scard.CardStatus, error)
		want   error
	}{
		"removed":           {scard.ErrNotTransacted, absent, scard.ErrRemovedCard},
		"removed, it says":  {scard.ErrCommError, failing(scard.ErrRemovedCard), scard.ErrRemovedCard},
		"reset by others":   {scard.ErrCommError, failing(scard.ErrResetCard), scard.ErrResetCard},
		"reader unplugged":  {scard.ErrUnknownError, failing(scard.ErrReaderUnavailable), scard.ErrReaderUnavailable},
		"handle is invalid": {scard.ErrNotTransacted, failing(scard.ErrInvalidHandle), scard.ErrRemovedCard},
		"still there":       {scard.ErrNotTransacted, present, scard.ErrUnresponsiveCard},
		"said at once":      {scard.ErrResetCard, present, scard.ErrResetCard},
	} {
		if got := lostCard(c.err, c.status); !errors.Is(got, c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
