package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"eidgate/card"
	"eidgate/card/modulecard"
)

// maxResets is how often opening a card is repeated because other programs, done
// with it, reset it.
const maxResets = 3

// afterResets repeats what another program's reset broke. Nothing that carries a
// PIN may be in try.
func afterResets(try func() error) error {
	err := try()
	for n := 0; n < maxResets && errors.Is(err, card.ErrCardReset); n++ {
		err = try()
	}
	return err
}

// openCard opens the chosen card, or the only one.
func (a *app) openCard(ctx context.Context, reader, document string) (session *card.Session, err error) {
	if reader == "" {
		reader = a.settings.Reader
	}
	choice := card.Choice{DocumentNumber: document}
	if reader != "" {
		if choice.Reader, err = readerNamed(ctx, a.cards, reader); err != nil {
			return nil, err
		}
	}
	err = afterResets(func() error {
		session, err = a.open(ctx, choice)
		return err
	})
	return session, err
}

// open opens a card with its driver, or with its maker's PKCS#11 module where
// there is no driver or the settings say so.
func (a *app) open(ctx context.Context, choice card.Choice) (*card.Session, error) {
	readers, err := a.cards.Readers(ctx)
	if err != nil {
		return nil, err
	}
	var usable []card.Reader
	modules := false
	for _, r := range readers {
		byModule := a.byModule(r.ATR)
		if r.Present && !r.Mute && (choice.Reader == "" || r.Name == choice.Reader) && (byModule || card.Supported(r.ATR)) {
			usable = append(usable, r)
			modules = modules || byModule
		}
	}
	switch {
	case !modules && len(usable) < 2:
		return card.Open(ctx, a.cards, choice) // which also says why there is none
	case choice.DocumentNumber != "":
		return a.openNumbered(ctx, usable, choice.DocumentNumber)
	case len(usable) > 1:
		return a.openRemembered(ctx, usable)
	}
	return a.openReader(ctx, usable[0])
}

// byModule tells whether a card is used through a PKCS#11 module.
func (a *app) byModule(atr []byte) bool {
	if modulecard.Chosen(atr, a.settings.Modules) {
		return true
	}
	_, known := card.ModuleFor(atr)
	return known && !card.Supported(atr)
}

func (a *app) openReader(ctx context.Context, r card.Reader) (*card.Session, error) {
	if !a.byModule(r.ATR) {
		return card.OpenReader(ctx, a.cards, r)
	}
	library, _ := modulecard.Library(r.ATR, a.settings.Modules)
	return modulecard.Open(ctx, a.cards, r, library, modulecard.Options{Limit: moduleLimit})
}

// openNumbered opens the card with a document number and remembers it when it
// was one of several.
func (a *app) openNumbered(ctx context.Context, readers []card.Reader, number string) (*card.Session, error) {
	trouble := error(card.ErrNotFound)
	for _, r := range readers {
		session, err := a.openReader(ctx, r)
		if err != nil {
			trouble = err
			continue
		}
		got, err := session.Card.DocumentNumber(ctx)
		if err == nil && got == number {
			if len(readers) > 1 {
				_ = a.last.Remember(number) // only a convenience is lost
			}
			return session, nil
		}
		_ = session.Close() // it was only looked at: no PIN was verified
	}
	return nil, trouble
}

// openRemembered opens, of several cards, the one that was chosen by its number
// last time, and says so.
func (a *app) openRemembered(ctx context.Context, readers []card.Reader) (*card.Session, error) {
	number := a.last.Number()
	if number == "" {
		return nil, card.ErrSeveralCards
	}
	session, err := a.openNumbered(ctx, readers, number)
	if err != nil {
		return nil, card.ErrSeveralCards
	}
	fmt.Fprintf(a.err, "eid: using the card with document number %s as last time; --document names another\n", plain(number))
	return session, nil
}

func readerNamed(ctx context.Context, service card.Service, part string) (string, error) {
	readers, err := service.Readers(ctx)
	if err != nil {
		return "", err
	}
	for _, r := range readers {
		if strings.Contains(strings.ToLower(r.Name), strings.ToLower(part)) {
			return r.Name, nil
		}
	}
	return "", fmt.Errorf("%w with %q in its name", card.ErrNoReader, part)
}
