package main

import (
	"context"
	"errors"
	"fmt"

	"eidgate/card"
	"eidgate/card/modulecard"
	"eidgate/internal/fault"
	"eidgate/internal/pin"
)

// use does something with the key of an open card. It asks pins at most once.
// lastTry is the user's consent to a PIN that blocks the code when it is wrong.
type use func(ctx context.Context, c card.Card, pins card.PINSource, lastTry bool) error

// errTriesChanged says that the code was tried elsewhere since the user saw how
// many tries are left.
var errTriesChanged = fault.New("card.tries-changed", "the tries left are no longer what the user saw", "")

// useKey asks for consent and the code and uses the key, again and again until
// it worked, the user does not want any more, or nothing the user does can
// help. Each confirmed entry is sent to the card at most once.
func (t *task) useKey(ctx context.Context, do use) error {
	var reason error
	complaint := ""
	for {
		h, err := t.card(ctx, reason)
		if err != nil {
			return err
		}
		reason = nil
		err = t.attempt(ctx, h, complaint, do)
		var wrong *card.WrongPINError
		var format *card.PINFormatError
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.As(err, &wrong):
			complaint = fmt.Sprintf(t.words.wrong, wrong.Ref)
		case errors.As(err, &format):
			complaint = fmt.Sprintf(t.words.format, format.Ref, format.Min, format.Max)
		case errors.Is(err, errTriesChanged), errors.Is(err, errOtherCard):
			complaint = ""
		case errors.Is(err, modulecard.ErrCrashed):
			complaint = t.words.crashed
		case t.final(err) != "":
			return t.tell(ctx, t.final(err))
		case retriable(err):
			reason, complaint = err, ""
		default:
			return err
		}
		t.log.Info("asking again", "why", err)
	}
}

// final is what to say when the code cannot be used at all.
func (t *task) final(err error) string {
	ref := card.PINOf(t.usage)
	switch {
	case errors.Is(err, card.ErrPINBlocked):
		return fmt.Sprintf(t.words.blocked, ref)
	case errors.Is(err, card.ErrPINNotActivated):
		return fmt.Sprintf(t.words.notActivated, ref)
	}
	return ""
}

// tell shows what cannot be helped here; whatever the user answers, the command
// is over.
func (t *task) tell(ctx context.Context, text string) error {
	if _, err := t.ask.Confirm(ctx, t.notice(t.purpose.title, text, t.words.closed)); err != nil {
		return err
	}
	return card.ErrCancelled
}

// attempt asks once and uses the key once.
func (t *task) attempt(ctx context.Context, h *holder, complaint string, do use) error {
	if t.hash != 0 {
		if _, err := offered(h.algorithms, t.hash); err != nil {
			return err // before the user is asked for anything
		}
	}
	switch {
	case h.status.Left == 0:
		return card.ErrPINBlocked
	case !h.status.Activated:
		return card.ErrPINNotActivated
	}
	code, lastTry, err := t.enter(ctx, h, complaint)
	defer code.Wipe()
	if err != nil {
		return err
	}
	session, err := t.open(ctx, h.reader)
	if err != nil {
		return err
	}
	defer t.release(session)
	if code != nil { // on a PIN pad the user may take time
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, signLimit)
		defer stop()
	}
	certificate, err := session.Card.Certificate(ctx, t.usage)
	if err != nil {
		return err
	}
	if !certificate.Equal(h.certificate) {
		return errOtherCard
	}
	if code == nil {
		return t.onPad(ctx, h, session.Card, do, lastTry)
	}
	return do(ctx, session.Card, &entered{code: code, left: h.status.Left}, lastTry)
}

// enter gets consent and the code; nil on a reader with a PIN pad. Before the
// last try it asks whether to use it.
func (t *task) enter(ctx context.Context, h *holder, complaint string) (code *pin.Buffer, lastTry bool, err error) {
	err = t.whileInserted(ctx, h, func(ctx context.Context) error {
		if h.status.Left == 1 {
			d := t.notice(t.purpose.title, fmt.Sprintf(t.words.lastTryQuestion, h.status.Ref), t.words.proceed)
			if _, err := t.ask.Confirm(ctx, d); err != nil {
				return err
			}
			lastTry = true
		}
		d := t.consent(h, complaint)
		if h.info.PINPad {
			_, err := t.ask.Confirm(ctx, d)
			return err
		}
		code, err = t.ask.PIN(ctx, d)
		return err
	})
	return code, lastTry, err
}

// entered gives a code that was entered before the card was opened, once, and
// only if the card is as it was then.
type entered struct {
	code *pin.Buffer
	left int
	used bool
}

// PIN implements card.PINSource.
func (e *entered) PIN(_ context.Context, r card.PINRequest) (*card.PIN, error) {
	if e.used {
		return nil, card.ErrCancelled
	}
	e.used = true
	if r.Left >= 0 && r.Left != e.left {
		return nil, errTriesChanged
	}
	return e.code.Copy()
}

// onPad uses the key with a code the reader takes, and says so in a dialog that
// goes away with the entry; closing it gives the entry up.
func (t *task) onPad(ctx context.Context, h *holder, c card.Card, do use, lastTry bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		d := t.notice(t.purpose.title, t.elsewhere(h), t.words.cancel)
		d.Cancel = ""
		if _, err := t.ask.Confirm(ctx, d); ctx.Err() == nil {
			if err == nil {
				err = card.ErrCancelled
			}
			cancel(err)
		}
	}()
	err := do(ctx, c, pin.SourceFunc(func(context.Context, card.PINRequest) (*card.PIN, error) {
		return nil, nil //nolint:nilnil // the reader takes it
	}), lastTry)
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	cancel(nil)
	<-shown
	return err
}
