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
	source  card.PINSource
	ref     card.PINRef
	fresh   bool // a new code, which has no tries
	lastTry bool // the user's consent
	request card.PINRequest
}

// talk is one order to the child, which may ask for codes before it answers.
type talk struct {
	card *moduleCard
	ref  card.PINRef // the code that the child may call wrong
	key  *pair
	asks []ask // in the order in which they may be asked for

	refused error // why the child got no code: told instead of what it says then
}

// order sends an order and waits for its result, a frame of the wanted kind.
func (t *talk) order(ctx context.Context, k kind, o order, want kind) (frame, error) {
	if err := t.card.process.sendJSON(k, o); err != nil {
		return frame{}, err
	}
	for {
		f, err := t.card.process.answer(ctx)
		if err != nil {
			return frame{}, cmp.Or(t.refused, err)
		}
		switch f.kind {
		case want:
			return f, nil
		case kindFailure:
			if t.refused != nil {
				return frame{}, t.refused
			}
			return frame{}, t.card.reported(f, t.ref, &t.key.key)
		case kindPIN:
			if len(t.asks) == 0 || t.refused != nil { // one action sends one code, whatever the child wants
				t.card.process.kill()
				return frame{}, cmp.Or(t.refused, error(ErrProtocol))
			}
			t.refused = t.enter(ctx, f, t.asks[0])
			t.asks = t.asks[1:]
		default:
			return frame{}, ErrProtocol
		}
	}
}

// enter asks the user for a code and sends it to the child. Its error is what
// the caller is told instead of the child's.
func (t *talk) enter(ctx context.Context, f frame, a ask) error {
	c, r := t.card, a.request
	var q question
	if err := json.Unmarshal(f.data, &q); err != nil || q.MinPIN < 0 || q.MaxPIN < 0 {
		return c.decline(ErrProtocol)
	}
	r.Left, r.MinLength, r.MaxLength, r.PINPad = q.Left, q.MinPIN, q.MaxPIN, q.Elsewhere || c.ownDialog
	switch untold := a.ref == card.PUK && q.Left == -1; {
	case a.fresh:
		r.Left = -1
	case untold:
	case q.Left < 1 || q.Left == 1 && !a.lastTry:
		return c.decline(fmt.Errorf("%s: %w", a.ref, card.ErrLastTry))
	}
	code, err := a.source.PIN(ctx, r)
	defer code.Wipe()
	switch {
	case err != nil:
		return c.decline(fmt.Errorf("asking for %s: %w", a.ref, err))
	case r.PINPad:
		c.used = true
		return c.process.send(kindElsewhere, nil)
	case code == nil:
		return c.decline(card.ErrCancelled)
	case code.Len() == 0 || code.Len() < q.MinPIN || q.MaxPIN > 0 && code.Len() > q.MaxPIN || code.Len() >= pin.MaxLength:
		return c.decline(&card.PINFormatError{Ref: a.ref, Min: q.MinPIN, Max: q.MaxPIN})
	}
	c.used = true
	return c.process.send(kindPIN, code.Bytes())
}

// decline tells the child that there is no code.
func (c *moduleCard) decline(reason error) error {
	if err := c.process.send(kindNoPIN, nil); err != nil {
		return err
	}
	return reason
}

// result waits for an answer that comes without questions.
func (c *moduleCard) result(ctx context.Context, want kind, into any) error {
	f, err := c.process.answer(ctx)
	switch {
	case err != nil:
		return err
	case f.kind == kindFailure:
		return c.reported(f, 0, nil)
	case f.kind != want || json.Unmarshal(f.data, into) != nil:
		return ErrProtocol
	}
	return nil
}
