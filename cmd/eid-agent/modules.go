package main

import (
	"context"
	"time"

	"eidgate/card"
	"eidgate/card/modulecard"
)

// moduleLimit is how long a maker's module may take to find its card: some look
// through all readers and all files of the card first.
const moduleLimit = 20 * time.Second

// missingError says that a card's PKCS#11 module is not installed.
type missingError struct {
	name string // of the kind of card
	err  error
}

func (e *missingError) Error() string { return e.err.Error() }
func (e *missingError) Unwrap() error { return e.err }

// byModule tells whether a card is used through a PKCS#11 module: the user said
// so, or there is no driver for it and a module is known.
func (a *agent) byModule(atr []byte) bool {
	if modulecard.Chosen(atr, a.rules) {
		return true
	}
	_, known := card.ModuleFor(atr)
	return known && !card.Supported(atr)
}

func (a *agent) supported(atr []byte) bool { return card.Supported(atr) || a.byModule(atr) }

// installed says which software is missing for a card, if any.
func (a *agent) installed(atr []byte) error {
	if !a.byModule(atr) {
		return nil
	}
	m, _ := modulecard.Library(atr, a.rules)
	if _, err := modulecard.Installed(m); err != nil {
		return &missingError{m.Name, err}
	}
	return nil
}

func (t *task) openModule(ctx context.Context, r card.Reader) (*card.Session, error) {
	ctx, stop := context.WithTimeout(ctx, moduleLimit)
	defer stop()
	m, _ := modulecard.Library(r.ATR, t.rules)
	return modulecard.Open(ctx, t.cards, r, m, modulecard.Options{})
}
