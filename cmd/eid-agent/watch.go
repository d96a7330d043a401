package main

import (
	"context"
	"errors"
	"slices"

	"eidgate/card"
	"eidgate/card/modulecard"
	"eidgate/pkcs11"
)

// errChanged ends a dialog when a reader or card came or went.
var errChanged = errors.New("the readers changed")

// wait says what is wrong until the user tries again or the readers change.
func (t *task) wait(ctx context.Context, readers []card.Reader, reason error) error {
	err := t.untilChange(ctx, readers, func(ctx context.Context) error {
		_, err := t.ask.Confirm(ctx, t.notice(t.words.waitTitle, t.words.trouble(reason), t.words.again))
		return err
	})
	if errors.Is(err, errChanged) {
		return nil
	}
	return err
}

// untilChange shows a dialog until it is answered or the readers are no longer
// as they were.
func (t *task) untilChange(ctx context.Context, readers []card.Reader, show func(context.Context) error) error {
	return t.watching(ctx, show, func(now []card.Reader) error {
		if slices.EqualFunc(readers, now, sameReader) {
			return nil
		}
		return errChanged
	})
}

func sameReader(a, b card.Reader) bool {
	return a.Name == b.Name && a.Present == b.Present && a.Mute == b.Mute && string(a.ATR) == string(b.ATR)
}

// whileInserted shows a dialog as long as a card is in its reader.
func (t *task) whileInserted(ctx context.Context, h *holder, show func(context.Context) error) error {
	return t.watching(ctx, show, func(now []card.Reader) error {
		for _, r := range now {
			if r.Name == h.reader.Name && r.Present && string(r.ATR) == string(h.reader.ATR) {
				return nil
			}
		}
		return card.ErrCardRemoved
	})
}

// watching shows a dialog and closes it when look says so about the readers.
func (t *task) watching(ctx context.Context, show func(context.Context) error, look func([]card.Reader) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	// Nobody waits for its end: the service may take a moment to notice, and the
	// user has just entered a PIN.
	defer cancel(nil)
	go func() {
		for readers, err := range t.cards.Watch(ctx) {
			if err != nil {
				return // the dialog's buttons are left
			}
			if err := look(readers); err != nil {
				cancel(err)
				return
			}
		}
	}()
	return show(ctx)
}

// lost tells whether the card went away; retriable also whether the user can do
// something about err while the dialog is open.
func lost(err error) bool {
	return errors.Is(err, card.ErrCardRemoved) || errors.Is(err, card.ErrCardReset)
}

func retriable(err error) bool {
	for _, known := range []error{
		card.ErrNoService, card.ErrNoReader, card.ErrNoCard, card.ErrMuteCard, card.ErrBusy, card.ErrTimeout,
		card.ErrBadAnswer, errOtherCard, modulecard.ErrCrashed, modulecard.ErrFailed, modulecard.ErrNothing,
		modulecard.ErrNoKey, pkcs11.ErrNoModule,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return lost(err) || isUnsupported(err)
}
