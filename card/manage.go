package card

import (
	"bytes"
	"context"
	"fmt"
)

// ChangePIN asks for both codes before anything is sent: one command, one try.
func (e *eid) ChangePIN(ctx context.Context, r ChangeRequest) error {
	old, err := e.enter(ctx, r.Ref, r.Current, r.LastTry, mayBeNew)
	if err != nil {
		return err
	}
	defer old.Wipe()
	fresh, err := e.newCode(ctx, r)
	if err != nil {
		return err
	}
	defer fresh.Wipe()
	if old != nil && fresh != nil && bytes.Equal(old.Bytes(), fresh.Bytes()) {
		return fmt.Errorf("changing %s: %w", r.Ref, ErrSameCode)
	}
	return e.applet.change(ctx, r.Ref, old, fresh)
}

// UnblockPIN asks for both codes before anything is sent: one try of the PUK.
func (e *eid) UnblockPIN(ctx context.Context, r ChangeRequest) error {
	if r.Ref != PIN1 && r.Ref != PIN2 {
		return fmt.Errorf("unblocking %s: %w", r.Ref, ErrUnsupported)
	}
	puk, err := e.enter(ctx, PUK, r.Current, r.LastTry, mayBeNew)
	if err != nil {
		return err
	}
	defer puk.Wipe()
	fresh, err := e.newCode(ctx, r)
	if err != nil {
		return err
	}
	defer fresh.Wipe()
	return e.applet.unblock(ctx, r.Ref, puk, fresh)
}

// newCode asks for a code that does not exist yet: no tries are counted.
func (e *eid) newCode(ctx context.Context, r ChangeRequest) (*PIN, error) {
	f := e.applet.codes(r.Ref)
	q := e.request(PINStatus{Ref: r.Ref, Left: -1, Max: -1, MinLength: f.min, MaxLength: f.max})
	q.Label = "new " + q.Label
	return e.ask(ctx, r.Ref, r.New, q)
}

// changeError is [codeError] for CHANGE REFERENCE DATA, where cards refuse a
// new code that equals the old one.
func changeError(ref PINRef, sw uint16) error {
	if sw == swNotSatisfied || sw == swWrongData {
		return fmt.Errorf("changing %s: %w", ref, ErrSameCode)
	}
	return codeError(ref, sw)
}
