package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"eidgate/card"
	"eidgate/internal/fault"
	"eidgate/internal/pin"
)

type pinCommands struct {
	Status   pinStatus   `cmd:"" help:"Show the tries left of every code."`
	Change   pinChange   `cmd:"" help:"Change PIN1, PIN2 or the PUK."`
	Unblock  pinUnblock  `cmd:"" help:"Set a new PIN1 or PIN2 with the PUK, whether the old one is blocked or forgotten."`
	Activate pinActivate `cmd:"" help:"Change PIN2 from the envelope, which new cards ask for before the first signature."`
}

var errDiffer = fault.New("pin.new-codes-differ", "the new code was not entered the same twice", "Nothing was changed; repeat the command.")

// codeFlags choose a card and say where codes come from.
type codeFlags struct {
	Reader   string `help:"The card in the reader whose name contains this." placeholder:"NAME"`
	Document string `help:"The card with this document number." placeholder:"NUMBER"`
	PINFD    int    `name:"pin-fd" default:"-1" placeholder:"N" help:"Read the current and the new code, a line each, from this file descriptor."`
	LastTry  bool   `name:"last-try" help:"Consent to use the last try of the current code."`
}

type pinStatus struct {
	Reader   string `help:"The card in the reader whose name contains this." placeholder:"NAME"`
	Document string `help:"The card with this document number." placeholder:"NUMBER"`
}

// Run prints the tries left; it costs none.
func (s *pinStatus) Run(ctx context.Context, a *app) error {
	session, err := a.openCard(ctx, s.Reader, s.Document)
	if err != nil {
		return err
	}
	defer a.release(session.Close)
	v := cardView{ctx: ctx, card: session.Card, now: a.now(), w: tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)}
	for _, ref := range []card.PINRef{card.PIN1, card.PIN2, card.PUK} {
		if err := v.tries(ref.String(), ref); err != nil {
			return err
		}
	}
	return v.w.Flush()
}

type pinChange struct {
	codeFlags

	Code string `arg:"" enum:"PIN1,PIN2,PUK,pin1,pin2,puk" help:"PIN1, PIN2 or PUK."`
}

// Run changes one code: one command to the card, one try.
func (c *pinChange) Run(ctx context.Context, a *app) error {
	ref := codes[strings.ToUpper(c.Code)]
	return c.change(ctx, a, ref, ref, ref.String()+" is changed", card.Card.ChangePIN)
}

type pinUnblock struct {
	codeFlags

	Code string `arg:"" enum:"PIN1,PIN2,pin1,pin2" help:"PIN1 or PIN2."`
}

// Run sets a new code with the PUK.
func (c *pinUnblock) Run(ctx context.Context, a *app) error {
	ref := codes[strings.ToUpper(c.Code)]
	return c.change(ctx, a, ref, card.PUK, ref.String()+" has a new code", card.Card.UnblockPIN)
}

type pinActivate struct{ codeFlags }

// Run changes PIN2 of a card that was never used to sign.
func (c *pinActivate) Run(ctx context.Context, a *app) error {
	return c.change(ctx, a, card.PIN2, card.PIN2, "PIN2 is activated", func(k card.Card, ctx context.Context, r card.ChangeRequest) error {
		status, err := k.PINStatus(ctx, card.PIN2)
		if err != nil {
			return err
		}
		if status.Activated {
			return errActivated
		}
		return k.ChangePIN(ctx, r)
	})
}

var errActivated = fault.New("card.already-activated", "PIN2 is active already", "To change it: eid pin change PIN2.")

var codes = map[string]card.PINRef{"PIN1": card.PIN1, "PIN2": card.PIN2, "PUK": card.PUK}

// change opens the card, asks for both codes, current and the new one for ref,
// and does one operation.
func (f codeFlags) change(ctx context.Context, a *app, ref, current card.PINRef, done string, operation func(card.Card, context.Context, card.ChangeRequest) error) error {
	request := card.ChangeRequest{Ref: ref, LastTry: f.LastTry}
	if f.PINFD < 0 {
		request.Current, request.New = terminalPIN{a.terminal}, twice{terminalPIN{a.terminal}}
	} else {
		lines, err := newFDPIN(f.PINFD)
		if err != nil {
			return err
		}
		defer lines.close()
		request.Current, request.New = pin.SourceFunc(lines.next), pin.SourceFunc(lines.next)
	}
	session, err := a.openCard(ctx, f.Reader, f.Document)
	if err != nil {
		return err
	}
	defer a.release(session.Close)
	if !request.LastTry && f.PINFD < 0 {
		request.LastTry = a.consentToLastTry(ctx, session.Card, current)
	}
	if err := operation(session.Card, ctx, request); err != nil {
		return err
	}
	fmt.Fprintln(a.out, done)
	if session.Card.Info().OneCode {
		fmt.Fprintln(a.out, "This card has one code: it is PIN1 and PIN2 at once.")
	}
	return nil
}

// twice asks for a new code two times and takes it when both are the same.
type twice struct{ source pin.Source }

// PIN implements pin.Source.
func (s twice) PIN(ctx context.Context, r pin.Request) (*pin.Buffer, error) {
	first, err := s.source.PIN(ctx, r)
	if err != nil || first == nil {
		return first, err
	}
	r.Label += " again"
	second, err := s.source.PIN(ctx, r)
	if err != nil {
		first.Wipe()
		return nil, err
	}
	defer second.Wipe()
	if second == nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
		first.Wipe()
		return nil, errDiffer
	}
	return first, nil
}

// personal writes the personal data file of the card.
func (v cardView) personal() error {
	p, err := v.card.PersonalData(v.ctx)
	if errors.Is(err, card.ErrUnsupported) {
		v.line("Personal data", "this kind of card has none that can be read")
		return nil
	}
	if err != nil {
		return err
	}
	for _, field := range [][2]string{
		{"Surname", p.Surname}, {"Given names", p.GivenNames}, {"Sex", p.Sex}, {"Citizenship", p.Citizenship},
		{"Born", p.Birth}, {"Personal code", p.PersonalCode}, {"Document", p.DocumentNumber}, {"Expires", p.Expiry},
		{"Issued", p.Issued}, {"Residence permit", p.ResidencePermit},
	} {
		if field[1] != "" {
			v.line(field[0], "%s", field[1])
		}
	}
	for _, remark := range p.Remarks {
		v.line("Remark", "%s", remark)
	}
	return nil
}
