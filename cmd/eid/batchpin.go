package main

import (
	"context"
	"fmt"

	"golang.org/x/term"

	"eidgate/card/modulecard"
	"eidgate/internal/pin"
)

// announced says which signature of a batch a PIN is for, above the question.
type announced struct {
	terminalPIN

	app *app
}

// PIN implements pin.Source.
func (s announced) PIN(ctx context.Context, r pin.Request) (*pin.Buffer, error) {
	if s.app.turn != "" {
		if tty, err := s.open(); err == nil {
			if term.IsTerminal(int(tty.Fd())) {
				fmt.Fprintln(tty, s.app.turn)
			}
			_ = tty.Close()
		}
	}
	return s.terminalPIN.PIN(ctx, r)
}

// firstPIN hands the PIN of a login on to the first signature of a key that
// wants one for each: it was entered for that signature. It lives in locked
// memory and is wiped when it was used, or when no signature wants it.
type firstPIN struct {
	source pin.Source
	keep   bool
	kept   *pin.Buffer
}

// PIN implements pin.Source.
func (f *firstPIN) PIN(ctx context.Context, r pin.Request) (*pin.Buffer, error) {
	if kept := f.kept; kept != nil {
		f.kept = nil
		return kept, nil
	}
	p, err := f.source.PIN(ctx, r)
	if err != nil || p == nil || !f.keep {
		return p, err
	}
	if f.kept, err = p.Copy(); err != nil {
		p.Wipe()
		return nil, err
	}
	return p, nil
}

func (f *firstPIN) wipe() {
	f.kept.Wipe()
	f.kept = nil
}

// holdToken logs in to a token for a batch.
func holdToken(k *modulecard.Key, pins *firstPIN) (end func(), err error) {
	always, err := k.AlwaysAuthenticates()
	if err != nil || always { // each signature asks by itself
		return func() {}, err
	}
	pins.keep = true
	err = k.Hold()
	pins.keep = false
	if err != nil {
		pins.wipe()
		return nil, err
	}
	end = func() { pins.wipe(); _ = k.Release() }
	// Some tokens show their keys only after the login.
	if always, err = k.AlwaysAuthenticates(); err != nil {
		end()
		return nil, err
	}
	if !always {
		pins.wipe()
	}
	return end, nil
}
