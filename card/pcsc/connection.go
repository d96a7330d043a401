//go:build cgo || windows

package pcsc

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ebfe/scard"

	"eidgate/card"
	"eidgate/internal/pin"
)

// closing is how long Close waits for a reader that does not answer.
const closing = 5 * time.Second

// connection is one card held in a transaction. Calls come one at a time; each
// runs in a goroutine of its own, because only that can be left behind.
type connection struct {
	context *scard.Context
	handle  *scard.Card
	pad     card.PINPad

	mu     sync.Mutex // guards all below
	lost   error      // once set, the answer to everything
	closed bool
}

var _ card.Connection = (*connection)(nil)

func (c *connection) Protocol() card.Protocol {
	if c.handle.ActiveProtocol() == scard.ProtocolT0 {
		return card.T0
	}
	return card.T1
}

func (c *connection) PINPad() card.PINPad { return c.pad }

// Transmit sends one command. The copy the call works on is in locked memory
// when the command is short enough to carry a PIN.
func (c *connection) Transmit(ctx context.Context, apdu []byte) ([]byte, error) {
	own, wipe, err := private(apdu)
	if err != nil {
		return nil, err
	}
	return c.call(ctx, "sending a command to the card", wipe, func() ([]byte, error) {
		answer, err := c.handle.Transmit(own)
		if err == nil && len(answer) < 2 { // no card answers without a status word
			err = scard.ErrCommError
		}
		if err != nil {
			err = lostCard(err, c.handle.Status)
		}
		return answer, err
	})
}

// Control sends a command to the reader.
func (c *connection) Control(ctx context.Context, code uint32, in []byte) ([]byte, error) {
	own, wipe, err := private(in)
	if err != nil {
		return nil, err
	}
	return c.call(ctx, "sending a command to the reader", wipe, func() ([]byte, error) {
		answer, err := c.handle.Control(code, own)
		if errors.Is(err, scard.ErrUnsupportedFeature) {
			err = card.ErrUnsupported
		}
		return answer, err
	})
}

// private copies a command out of the caller's hands: a call that was left
// behind must not read memory the caller has wiped and released.
func private(b []byte) (own []byte, wipe func(), err error) {
	if len(b) > pin.MaxLength || len(b) == 0 {
		own = append([]byte(nil), b...)
		return own, func() { clear(own) }, nil
	}
	p, err := pin.FromBytes(make([]byte, len(b)))
	if err != nil {
		return nil, nil, err
	}
	copy(p.Bytes(), b)
	return p.Bytes(), p.Wipe, nil
}

// call runs f and gives up when ctx ends; after runs when f is really over.
func (c *connection) call(ctx context.Context, operation string, after func(), f func() ([]byte, error)) ([]byte, error) {
	c.mu.Lock()
	lost := c.lost
	c.mu.Unlock()
	if lost != nil {
		after()
		return nil, lost
	}
	type result struct {
		answer []byte
		err    error
	}
	done := make(chan result, 1)
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		answer, err := f()
		after()
		done <- result{answer, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, c.fail(translate(operation, r.err))
		}
		return r.answer, nil
	case <-ctx.Done():
		err := c.fail(gaveUp(ctx, card.ErrTimeout))
		c.abandon(finished)
		return nil, err
	}
}

// fail remembers an error after which the handle is of no use.
func (c *connection) fail(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, fatal := range []error{card.ErrCardRemoved, card.ErrCardReset, card.ErrTimeout, card.ErrInterrupted, card.ErrMuteCard, card.ErrNoReader, card.ErrNoService} {
		if errors.Is(err, fatal) {
			c.lost = err
		}
	}
	return err
}

// abandon closes the connection once the call left behind has returned.
func (c *connection) abandon(finished <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	go func() {
		<-finished
		_ = c.end(scard.ResetCard)
	}()
}

// Close resets the card and releases it.
func (c *connection) Close() error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return nil
	}
	c.closed = true
	if c.lost == nil {
		c.lost = card.ErrInterrupted
	}
	c.mu.Unlock()
	done := make(chan error, 1)
	go func() { done <- c.end(scard.ResetCard) }()
	select {
	case err := <-done:
		if err != nil {
			return translate("resetting the card", err)
		}
		return nil
	case <-time.After(closing):
		return card.ErrTimeout
	}
}

// end ends the transaction, which resets the card before the next program in
// the queue gets it, and lets the handle and the context go. A card that is
// gone or was reset already needs no reset.
func (c *connection) end(how scard.Disposition) error {
	defer release(c.context)
	err := c.handle.EndTransaction(how)
	if err == nil {
		return c.handle.Disconnect(scard.LeaveCard)
	}
	known := meaning(asCode(err))
	if errors.Is(known, card.ErrCardRemoved) || errors.Is(known, card.ErrNoCard) || errors.Is(known, card.ErrNoReader) {
		// A reset now would meet the next card: pcscd 1.9 then never notices
		// that card's removal.
		_ = c.handle.Disconnect(scard.LeaveCard)
		return nil
	}
	if c.handle.Disconnect(how) == nil {
		return nil // it was reset there, or by whoever ended our transaction
	}
	return err
}

func asCode(err error) scard.Error {
	var code scard.Error
	_ = errors.As(err, &code) // zero when it is none
	return code
}
