package main

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"eidgate/card"
	"eidgate/internal/fault"
	"eidgate/internal/pinentry"
)

// errOtherCard says that no card has the certificate the website names.
var errOtherCard = fault.New("webeid.other-card", "the card does not have the certificate the website names", "")

// How long another program may keep the card, and how long a healthy card takes
// at most to tell what the dialog shows or to sign.
const (
	openLimit = 5 * time.Second
	lookLimit = 30 * time.Second
	signLimit = time.Minute
)

// maxResets is how many resets by others are put up with in a row.
const maxResets = 5

// holder is what is known of a card while the user reads a dialog. No session
// is open meanwhile: other programs may use the card, and Windows resets a card
// held for five seconds.
type holder struct {
	reader      card.Reader
	number      string
	info        card.Info
	certificate *x509.Certificate
	algorithms  []card.Algorithm
	status      card.PINStatus
}

// card finds the card to use, and asks and waits until there is one. reason is
// why the one before could not be used, nil at first.
func (t *task) card(ctx context.Context, reason error) (*holder, error) {
	if t.ask == nil {
		ask, err := t.find()
		if err != nil {
			return nil, err
		}
		t.ask = ask
	}
	for {
		readers, err := t.cards.Readers(ctx)
		var found []*holder
		if err == nil {
			found, err = t.usable(ctx, readers)
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		switch {
		case err == nil && len(found) == 1:
			return found[0], nil
		case err == nil:
			h, err := t.choose(ctx, readers, found)
			if !errors.Is(err, errChanged) {
				return h, err
			}
			continue
		case lost(reason) && errors.Is(err, card.ErrNoCard):
			err = reason // says what happened, not only what is
		case !retriable(err):
			return nil, err
		}
		reason = nil
		t.log.Info("waiting for a card", "why", err)
		if err := t.wait(ctx, readers, err); err != nil {
			return nil, err
		}
	}
}

// usable looks at every supported card. An error says why there is none.
func (t *task) usable(ctx context.Context, readers []card.Reader) ([]*holder, error) {
	var found []*holder
	var trouble error
	for _, r := range readers {
		if !r.Present || r.Mute || !t.supported(r.ATR) {
			continue
		}
		var h *holder
		err := t.installed(r.ATR)
		if err != nil {
			trouble = err
			continue
		}
		err = afterResets(func() (err error) {
			h, err = t.look(ctx, r)
			return err
		})
		switch {
		case err != nil:
			trouble = err
		case t.want != nil && !h.certificate.Equal(t.want):
			trouble = errOtherCard
		case t.chosen != "" && h.number == t.chosen:
			return []*holder{h}, nil
		default:
			found = append(found, h)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	if trouble == nil { // no supported card: the card room says which trouble it is
		var session *card.Session
		if session, trouble = card.Open(ctx, t.cards, card.Choice{}); trouble == nil {
			_ = session.Close() // inserted this moment: the next look finds it
			trouble = card.ErrCardReset
		}
	}
	return nil, trouble
}

// open opens the card in a reader, and gives up on other programs that keep it.
func (t *task) open(ctx context.Context, r card.Reader) (session *card.Session, err error) {
	if t.byModule(r.ATR) {
		return t.openModule(ctx, r)
	}
	ctx, stop := context.WithTimeout(ctx, openLimit)
	defer stop()
	err = afterResets(func() error {
		session, err = card.OpenReader(ctx, t.cards, r)
		return err
	})
	return session, err
}

// afterResets repeats what another program's reset broke: programs like this
// one reset the card when they are done with it, which whoever waits for the
// card learns at its first call. Nothing that carries a PIN may be in try.
func afterResets(try func() error) error {
	err := try()
	for n := 0; n < maxResets && errors.Is(err, card.ErrCardReset); n++ {
		err = try()
	}
	return err
}

// look reads what the dialog shows.
func (t *task) look(ctx context.Context, r card.Reader) (_ *holder, err error) {
	ctx, stop := context.WithTimeout(ctx, lookLimit)
	defer stop()
	session, err := t.open(ctx, r)
	if err != nil {
		return nil, err
	}
	defer t.release(session)
	h := &holder{reader: r, info: session.Card.Info()}
	if h.number, err = session.Card.DocumentNumber(ctx); err != nil {
		return nil, err
	}
	if h.certificate, err = session.Card.Certificate(ctx, t.usage); err != nil {
		return nil, err
	}
	if h.algorithms, err = session.Card.Algorithms(ctx, t.usage); err != nil {
		return nil, err
	}
	if t.usesKey {
		h.status, err = session.Card.PINStatus(ctx, card.PINOf(t.usage))
	}
	return h, err
}

// release closes a session. A card that could not be reset may keep a verified
// PIN, and only its holder can end that.
func (t *task) release(session *card.Session) {
	if err := session.Close(); err != nil && !errors.Is(err, card.ErrCardRemoved) {
		t.log.Error("the card could not be reset: take it out of the reader", "error", err)
	}
}

// choose lets the user choose one of several cards, the one chosen last time
// first, and keeps to it for the rest of the command.
func (t *task) choose(ctx context.Context, readers []card.Reader, found []*holder) (*holder, error) {
	remembered := t.last.Number()
	first := max(0, slices.IndexFunc(found, func(h *holder) bool { return h.number == remembered }))
	for i := first; ; i = (i + 1) % len(found) {
		h := found[i]
		d := t.notice(t.words.chooseTitle,
			t.words.choose+"\n"+t.holderLine(h)+"\n"+pinentry.Visible(h.reader.Name, maxReader), t.words.use)
		d.Other = t.words.next
		var answer pinentry.Answer
		err := t.untilChange(ctx, readers, func(ctx context.Context) (err error) {
			answer, err = t.ask.Confirm(ctx, d)
			return err
		})
		if err != nil {
			return nil, err
		}
		if answer == pinentry.OK {
			t.chosen = h.number
			if err := t.last.Remember(h.number); err != nil {
				t.log.Warn("the choice of card will not be remembered", "error", err)
			}
			return h, nil
		}
	}
}
