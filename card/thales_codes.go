package card

import (
	"context"
	"fmt"
)

func (t *thales) codes(r PINRef) codeFormat {
	switch r {
	case PIN1:
		return codeFormat{4, codeSize}
	case PIN2:
		return codeFormat{t.pin2Min, codeSize}
	case PUK:
	}
	return codeFormat{8, codeSize}
}

func (t *thales) reference(r PINRef) byte {
	switch r {
	case PIN1:
		return t.pin1
	case PIN2:
		return t.pin2
	case PUK:
	}
	return t.puk
}

// pinStatus asks for A0 {83 RR, DF21 left.., DF2F changed}.
func (t *thales) pinStatus(ctx context.Context, r PINRef) (PINStatus, error) {
	number := t.reference(r)
	if err := t.start(ctx); err != nil {
		return PINStatus{}, err
	}
	b, err := t.ch.must(ctx, "asking for tries left", command{
		ins: insGetData, p1: 0x00, p2: 0xFF, le: anyLength, data: []byte{0xA0, 0x03, 0x83, 0x01, number},
	})
	if err != nil {
		return PINStatus{}, err
	}
	left, err := tlvFind(b, 0xA0, 0xDF21)
	if err != nil {
		return PINStatus{}, err
	}
	which, err := tlvFind(b, 0xA0, 0x83)
	if err != nil || len(left) == 0 || len(which) != 1 || which[0] != number {
		return PINStatus{}, fmt.Errorf("reading the counters: %w", ErrBadAnswer)
	}
	s := PINStatus{Left: int(left[0]), Max: t.tries, Activated: true}
	if r == PUK {
		s.Max = max(s.Max, s.Left) // issuers give it as many as the PINs, or more
	}
	if changed, err := tlvFind(b, 0xA0, 0xDF2F); err == nil && len(changed) == 1 && t.mustActivate && r != PUK {
		s.Activated = changed[0] != 0
	}
	return s, nil
}

func (t *thales) verify(ctx context.Context, r PINRef, p *PIN) error {
	sw, err := t.ch.sendSecret(ctx, entry{command: command{ins: insVerify, p2: t.reference(r)}, pad: thalesPad, format: t.codes(r)}, r, p)
	if err != nil {
		return fmt.Errorf("verifying %s: %w", r, err)
	}
	return codeError(r, sw)
}

// change is CHANGE REFERENCE DATA. The PUK of these cards cannot be changed.
func (t *thales) change(ctx context.Context, r PINRef, old, fresh *PIN) error {
	if r == PUK {
		return fmt.Errorf("changing %s: %w", r, ErrUnsupported)
	}
	sw, err := t.ch.sendSecret(ctx, entry{command: command{ins: insChangeReference, p2: t.reference(r)}, pad: thalesPad, format: t.codes(r)}, r, old, fresh)
	if err != nil {
		return fmt.Errorf("changing %s: %w", r, err)
	}
	return changeError(r, sw)
}

// unblock is one RESET RETRY COUNTER with the PUK and the new code: tries that
// are counted are the PUK's, which the card finds by itself.
func (t *thales) unblock(ctx context.Context, r PINRef, puk, fresh *PIN) error {
	sw, err := t.ch.sendSecret(ctx, entry{command: command{ins: insResetRetryCounter, p2: t.reference(r)}, pad: thalesPad, format: t.codes(r)}, r, puk, fresh)
	if err != nil {
		return fmt.Errorf("unblocking %s: %w", r, err)
	}
	return codeError(PUK, sw)
}
