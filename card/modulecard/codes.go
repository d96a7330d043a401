package modulecard

import (
	"context"
	"encoding/json"
	"fmt"

	"eidgate/card"
	"eidgate/internal/pin"
)

// maxTries is what PKCS#11's flags can tell: none, one, two or more.
const maxTries = 3

// holder is a key whose token has a code: PIN1 and PIN2 are those of the keys,
// the PUK is the one of the security officer, as PKCS#11 calls it.
func (c *moduleCard) holder(ref card.PINRef) *pair {
	switch ref {
	case card.PIN1:
		return c.keys[card.Authentication]
	case card.PIN2:
		return c.keys[card.Signing]
	case card.PUK:
		if k := c.keys[card.Authentication]; k != nil {
			return k
		}
		return c.keys[card.Signing]
	}
	return nil
}

// PINStatus is what the token's flags tell now. Most modules tell nothing of a
// PUK.
func (c *moduleCard) PINStatus(ctx context.Context, ref card.PINRef) (card.PINStatus, error) {
	k := c.holder(ref)
	if k == nil {
		return card.PINStatus{}, fmt.Errorf("reading the tries left of %s: %w", ref, card.ErrUnsupported)
	}
	status, err := c.status(ctx, ref, k)
	if err != nil {
		return card.PINStatus{}, fmt.Errorf("reading the tries left of %s: %w", ref, err)
	}
	return status, nil
}

func (c *moduleCard) status(ctx context.Context, ref card.PINRef, k *pair) (card.PINStatus, error) {
	f, err := c.talk(ref, k).order(ctx, kindTries, order{URI: k.URI}, kindTries)
	if err != nil {
		return card.PINStatus{}, err
	}
	var now tries
	if err := json.Unmarshal(f.data, &now); err != nil {
		return card.PINStatus{}, ErrProtocol
	}
	s := card.PINStatus{
		Ref: ref, Left: now.Left, Max: maxTries, Activated: !now.ToBeChanged, MinLength: now.MinPIN, MaxLength: now.MaxPIN,
	}
	if ref == card.PUK {
		s.Left, s.Activated = now.PUKLeft, true
	}
	switch {
	case ref == card.PUK && s.Left == -1:
		return card.PINStatus{}, card.ErrUnsupported
	case s.Left < 0 || s.Left > maxTries || s.MinLength < 0 || s.MaxLength < 0:
		return card.PINStatus{}, card.ErrBadAnswer
	}
	s.AtLeast = s.Left == maxTries
	return s, nil
}

// ChangePIN has the module replace PIN1 or PIN2. PKCS#11 knows no change of a
// card's PUK.
func (c *moduleCard) ChangePIN(ctx context.Context, r card.ChangeRequest) error {
	if err := c.replace(ctx, kindChange, r, r.Ref); err != nil {
		return fmt.Errorf("changing %s with the PKCS#11 module: %w", r.Ref, err)
	}
	return nil
}

// UnblockPIN has the module set a new PIN1 or PIN2 with the PUK.
func (c *moduleCard) UnblockPIN(ctx context.Context, r card.ChangeRequest) error {
	if err := c.replace(ctx, kindUnblock, r, card.PUK); err != nil {
		return fmt.Errorf("unblocking %s with the PKCS#11 module: %w", r.Ref, err)
	}
	return nil
}

// replace sets a new code; current is the one that allows it.
func (c *moduleCard) replace(ctx context.Context, what kind, r card.ChangeRequest, current card.PINRef) error {
	k := c.holder(r.Ref)
	if k == nil || r.Ref == card.PUK {
		return fmt.Errorf("%w: %w", ErrCannotManage, card.ErrUnsupported)
	}
	if err := c.mayReplace(ctx, r, current); err != nil {
		return err
	}
	t := c.talk(current, k, c.current(current, r.Current, r.LastTry), c.fresh(r.Ref, r.New))
	_, err := t.order(ctx, what, order{URI: k.URI, LastTry: r.LastTry, OwnDialog: c.ownDialog}, kindDone)
	c.used = c.used || t.sent
	if err == nil && len(t.asks) > 0 {
		return ErrProtocol // nothing can have changed
	}
	return err
}

// talk is a conversation about a key; ref is the code that the child may call
// wrong.
func (c *moduleCard) talk(ref card.PINRef, k *pair, asks ...ask) *talk {
	return &talk{process: c.process, asks: asks, ownDialog: c.ownDialog, failed: func(f failure) error {
		if k == nil {
			return c.failed(f, ref, nil)
		}
		return c.failed(f, ref, &k.key)
	}}
}

// current asks for a code that the card has, when tries are left.
func (c *moduleCard) current(ref card.PINRef, source card.PINSource, lastTry bool) ask {
	return ask{
		source:  source,
		request: card.PINRequest{Purpose: purposeOf(ref), Label: ref.String(), Token: c.number(), Max: maxTries},
		admit: func(q question) error {
			untold := ref == card.PUK && q.Left == -1
			if !untold && (q.Left < 1 || q.Left == 1 && !lastTry) {
				return fmt.Errorf("%s: %w", ref, card.ErrLastTry)
			}
			return nil
		},
		form: func(shortest, longest int) error { return &card.PINFormatError{Ref: ref, Min: shortest, Max: longest} },
	}
}

// fresh asks for a code that does not exist yet: no tries are counted.
func (c *moduleCard) fresh(ref card.PINRef, source card.PINSource) ask {
	a := c.current(ref, source, true)
	a.request.Label, a.request.Max = "new "+a.request.Label, -1
	a.admit = nil
	return a
}

// mayReplace refuses before anything is asked what the flags forbid.
func (c *moduleCard) mayReplace(ctx context.Context, r card.ChangeRequest, current card.PINRef) error {
	if r.Current == nil || r.New == nil {
		return card.ErrCancelled
	}
	status, err := c.PINStatus(ctx, current)
	switch {
	case current == card.PUK && isUnsupported(err):
		return nil // the module tells nothing of it
	case err != nil:
		return err
	case status.Left == 0 && current == card.PUK:
		return card.ErrPUKBlocked
	case status.Left == 0:
		return card.ErrPINBlocked
	case status.Left == 1 && !r.LastTry:
		return fmt.Errorf("%s: %w", current, card.ErrLastTry)
	}
	return nil
}

func purposeOf(ref card.PINRef) pin.Purpose {
	switch ref {
	case card.PIN1:
		return pin.Authenticate
	case card.PIN2:
		return pin.Sign
	case card.PUK:
		return pin.Unblock
	}
	return 0
}
