//go:build cgo || windows

package pcsc

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/ebfe/scard"

	"eidgate/card"
)

const (
	// patience is how long Connect waits for another program's transaction
	// when the context has no earlier deadline.
	patience = 15 * time.Second
	// slice bounds one GetStatusChange, so that others get their turn.
	slice = 250 * time.Millisecond
	// newReader is PC/SC's pseudo reader that changes when readers come and go.
	newReader = `\\?PnP?\Notification`
)

// statusChange serialises GetStatusChange in the process: scard keeps reader
// names alive for the C library in one map, where two calls for the same
// reader would free each other's name.
var statusChange sync.Mutex

// Service is the system's PC/SC service. It is safe for concurrent use.
type Service struct{}

var _ card.Service = (*Service)(nil)

// New makes a service. It talks to nobody before it is used; card.ErrNoService
// says that pcscd does not run.
func New() *Service { return &Service{} }

// Readers lists the readers and their cards.
func (s *Service) Readers(ctx context.Context) ([]card.Reader, error) {
	var list []card.Reader
	err := inContext(ctx, func() error {
		c, err := scard.EstablishContext()
		if err != nil {
			return err
		}
		defer release(c)
		states, err := look(c)
		list = readers(states)
		return err
	})
	if err != nil {
		return nil, translate("listing the readers", err)
	}
	return list, nil
}

// inContext runs a call that may hang and stops waiting when ctx ends.
func inContext(ctx context.Context, call func() error) error {
	done := make(chan error, 1)
	go func() { done <- call() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return gaveUp(ctx, card.ErrTimeout)
	}
}

// gaveUp is the error for a context that ended: late for a deadline.
func gaveUp(ctx context.Context, late error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return card.ErrInterrupted
	}
	return late
}

func release(c *scard.Context) { _ = c.Release() } // nothing can be done about a failure

// look asks for the state of every reader without waiting.
func look(c *scard.Context) ([]scard.ReaderState, error) {
	names, err := c.ListReaders()
	if errors.Is(err, scard.ErrNoReadersAvailable) || err == nil && len(names) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	states := make([]scard.ReaderState, len(names))
	for i, n := range names {
		states[i] = scard.ReaderState{Reader: n, CurrentState: scard.StateUnaware}
	}
	statusChange.Lock()
	defer statusChange.Unlock()
	if err := c.GetStatusChange(states, 0); err != nil && !errors.Is(err, scard.ErrTimeout) {
		return nil, err
	}
	return states, nil
}

func readers(states []scard.ReaderState) []card.Reader {
	var list []card.Reader
	for _, s := range states {
		r := card.Reader{Name: s.Reader}
		r.Present = s.EventState&scard.StatePresent != 0
		r.Mute = s.EventState&scard.StateMute != 0
		if r.Present && !r.Mute {
			r.ATR = slices.Clone(s.Atr)
		}
		list = append(list, r)
	}
	return list
}

// Watch gives the readers now and after each insertion, removal, and each
// reader that comes or goes.
func (s *Service) Watch(ctx context.Context) iter.Seq2[[]card.Reader, error] {
	return func(yield func([]card.Reader, error) bool) {
		c, err := scard.EstablishContext()
		if err != nil {
			yield(nil, translate("watching the readers", err))
			return
		}
		defer release(c)
		for {
			states, err := look(c)
			if err != nil {
				yield(nil, translate("watching the readers", err))
				return
			}
			if !yield(readers(states), nil) {
				return
			}
			if err := await(ctx, c, states); err != nil {
				yield(nil, translate("watching the readers", err))
				return
			}
		}
	}
}

// await returns nil when something differs from states.
func await(ctx context.Context, c *scard.Context, states []scard.ReaderState) error {
	watched := append(slices.Clone(states), scard.ReaderState{Reader: newReader})
	for i := range watched {
		watched[i].CurrentState = watched[i].EventState &^ scard.StateChanged
	}
	for {
		if ctx.Err() != nil {
			return gaveUp(ctx, card.ErrTimeout)
		}
		statusChange.Lock()
		err := c.GetStatusChange(watched, slice)
		statusChange.Unlock()
		if errors.Is(err, scard.ErrTimeout) {
			continue
		}
		return err
	}
}

// Connect connects to a reader's card and begins a transaction. It waits for
// other programs until ctx ends, and 15 seconds at most, then says
// card.ErrBusy.
func (s *Service) Connect(ctx context.Context, reader string) (card.Connection, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	type result struct {
		c   *connection
		err error
	}
	done := make(chan result, 1)
	go func() {
		c, err := connect(reader)
		done <- result{c, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, translate("connecting to the card", r.err)
		}
		return r.c, nil
	case <-ctx.Done():
		go func() { // nothing was sent to the card: leave it as it is
			if r := <-done; r.err == nil {
				_ = r.c.end(scard.LeaveCard)
			}
		}()
		return nil, gaveUp(ctx, card.ErrBusy)
	}
}

func connect(reader string) (*connection, error) {
	c, err := scard.EstablishContext()
	if err != nil {
		return nil, err
	}
	h, err := c.Connect(reader, scard.ShareShared, scard.ProtocolAny)
	if err != nil {
		release(c)
		return nil, err
	}
	if err := h.BeginTransaction(); err != nil {
		_ = h.Disconnect(scard.LeaveCard)
		release(c)
		return nil, err
	}
	return &connection{context: c, handle: h, pad: pinPad(h)}, nil
}
