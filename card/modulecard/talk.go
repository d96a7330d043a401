package modulecard

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"eidgate/card"
	"eidgate/internal/pin"
)

// ask is a code that the child may ask for once.
type ask struct {
	source  pin.Source
	request pin.Request              // completed by what the child says
	admit   func(q question) error   // refuses before the user is asked; nil admits
	form    func(min, max int) error // what a code of the wrong length is
}

// talk is one order to the child, which may ask for codes before it answers.
type talk struct {
	process   *process
	failed    func(failure) error // what the child reported, in the caller's words
	asks      []ask               // in the order in which they may be asked for
	ownDialog bool

	refused error // why the child got no code: told instead of what it says then
	sent    bool  // a code was sent, or is entered elsewhere
}

// order sends an order and waits for its result, a frame of the wanted kind.
func (t *talk) order(ctx context.Context, k kind, o any, want kind) (frame, error) {
	if err := t.process.sendJSON(k, o); err != nil {
		return frame{}, err
	}
	for elsewhere := false; ; {
		f, err := t.process.answer(ctx, elsewhere)
		if err != nil {
			return frame{}, cmp.Or(t.refused, err)
		}
		switch f.kind {
		case want:
			return f, nil
		case kindFailure:
			return frame{}, cmp.Or(t.refused, reported(f, t.failed))
		case kindPIN:
			if len(t.asks) == 0 || t.refused != nil { // one action sends one code, whatever the child wants
				t.process.kill()
				return frame{}, cmp.Or(t.refused, error(ErrProtocol))
			}
			elsewhere, t.refused = t.enter(ctx, f, t.asks[0])
			t.asks = t.asks[1:]
		default:
			return frame{}, ErrProtocol
		}
	}
}

// enter asks the user for a code and sends it to the child, or tells it that the
// code is entered elsewhere. Its error is what the caller is told instead of the
// child's.
func (t *talk) enter(ctx context.Context, f frame, a ask) (elsewhere bool, err error) {
	var q question
	if err := json.Unmarshal(f.data, &q); err != nil || q.MinPIN < 0 || q.MaxPIN < 0 {
		return false, t.decline(ErrProtocol)
	}
	if a.admit != nil {
		if err := a.admit(q); err != nil {
			return false, t.decline(err)
		}
	}
	r := a.request
	r.Left, r.MinLength, r.MaxLength, r.PINPad = q.Left, q.MinPIN, q.MaxPIN, q.Elsewhere || t.ownDialog
	r.Token = cmp.Or(r.Token, q.Token)
	code, err := a.source.PIN(ctx, r)
	defer code.Wipe()
	switch {
	case err != nil:
		return false, t.decline(fmt.Errorf("asking for the %s: %w", r.Label, err))
	case r.PINPad:
		t.sent = true
		return true, t.process.send(kindElsewhere, nil)
	case code == nil:
		return false, t.decline(card.ErrCancelled)
	case code.Len() == 0 || code.Len() < q.MinPIN || q.MaxPIN > 0 && code.Len() > q.MaxPIN || code.Len() >= pin.MaxLength:
		return false, t.decline(a.form(q.MinPIN, q.MaxPIN))
	}
	t.sent = true
	return false, t.process.send(kindPIN, code.Bytes())
}

// decline tells the child that there is no code.
func (t *talk) decline(reason error) error {
	if err := t.process.send(kindNoPIN, nil); err != nil {
		return err
	}
	return reason
}

func reported(f frame, failed func(failure) error) error {
	var what failure
	if err := json.Unmarshal(f.data, &what); err != nil {
		return ErrProtocol
	}
	return failed(what)
}
