package pkcs11

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"eidgate/internal/pin"
)

// CodeChange says who answers for the codes when a token's PIN is replaced.
type CodeChange struct {
	// Current gives the PIN that is replaced; with [Module.UnblockPIN] the PUK,
	// which PKCS#11 calls the PIN of the security officer.
	Current pin.Source
	// New gives the new PIN; it should ask the user twice.
	New pin.Source
	// LastTry is the user's consent to send Current although the token says
	// that a wrong one would lock it.
	LastTry bool
	// OwnDialog: the module asks for codes in a window of its own although its
	// tokens do not say so. The sources are then only told.
	OwnDialog bool
}

// ChangePIN replaces the PIN of the one token that u fits (C_SetPIN, PKCS#11
// v2.40 §5.5). Both codes are asked for before anything is sent; one command is
// sent, which costs one try. It answers [ErrPINLocked], [ErrLastTry],
// [ErrPINFormat], [ErrSamePIN], [WrongPINError], and [ErrCannotManage] when the
// module does not change PINs.
func (m *Module) ChangePIN(ctx context.Context, u *URI, c CodeChange) error {
	_, err := await(ctx, m, func() (struct{}, error) { return struct{}{}, m.changePIN(ctx, u, c) }, nil)
	if err != nil {
		return fmt.Errorf("changing the PIN of the token: %w", err)
	}
	return nil
}

// UnblockPIN sets a new PIN with the PUK, whether the old one is locked or
// forgotten: C_Login as CKU_SO and C_InitPIN, PKCS#11 v2.40 §5.5 and §5.6. The
// PUK is sent once. It answers as ChangePIN does; a [WrongPINError] is then of
// the PUK, and a PUK that is locked is [ErrPUKLocked].
func (m *Module) UnblockPIN(ctx context.Context, u *URI, c CodeChange) error {
	_, err := await(ctx, m, func() (struct{}, error) { return struct{}{}, m.unblockPIN(ctx, u, c) }, nil)
	if err != nil {
		return fmt.Errorf("unblocking the PIN of the token: %w", err)
	}
	return nil
}

// only is the one token that u fits.
func (m *Module) only(u *URI) (*Token, error) {
	tokens, err := m.tokens(u)
	if err != nil {
		return nil, err
	}
	if len(tokens) > 1 {
		return nil, severalTokens(tokens)
	}
	return tokens[0], nil
}

func (m *Module) changePIN(ctx context.Context, u *URI, c CodeChange) error {
	t, err := m.only(u)
	if err != nil {
		return err
	}
	switch left := t.TriesLeft(); {
	case left == 0:
		return ErrPINLocked
	case left == 1 && !c.LastTry:
		return ErrLastTry
	}
	old, fresh, err := c.ask(ctx, t, pin.Request{
		Purpose: pin.Change, Label: "PIN", Left: t.TriesLeft(), Max: -1, MinLength: t.MinPIN, MaxLength: t.MaxPIN,
	})
	if err != nil {
		return err
	}
	defer old.Wipe()
	defer fresh.Wipe()
	if old != nil && fresh != nil && bytes.Equal(old.Bytes(), fresh.Bytes()) {
		return ErrSamePIN
	}
	return m.inOrder(t, func(session uint) error {
		err := m.driver.setPIN(session, secret(old), secret(fresh))
		if returned(err, ckrPINIncorrect) {
			return m.wrongPIN(t)
		}
		return cannot(err)
	})
}

func (m *Module) unblockPIN(ctx context.Context, u *URI, c CodeChange) error {
	t, err := m.only(u)
	if err != nil {
		return err
	}
	switch left := t.PUKTriesLeft(); {
	case left == 0:
		return ErrPUKLocked
	case left == 1 && !c.LastTry:
		return ErrLastTry
	}
	puk, fresh, err := c.ask(ctx, t, pin.Request{Purpose: pin.Unblock, Label: "PUK", Left: t.PUKTriesLeft(), Max: -1})
	if err != nil {
		return err
	}
	defer puk.Wipe()
	defer fresh.Wipe()
	return m.inOrder(t, func(session uint) error {
		// Some modules send the PUK with C_Login, others keep it and send it with
		// C_InitPIN: either may call it wrong.
		err := m.driver.login(session, ckuSO, secret(puk))
		if err == nil {
			err = m.driver.initPIN(session, secret(fresh))
			m.driver.logout(session)
		}
		switch {
		case returned(err, ckrPINIncorrect):
			return m.wrongPUK(t)
		case errors.Is(err, ErrPINLocked):
			return fmt.Errorf("%w: %w", ErrPUKLocked, err)
		}
		return cannot(err)
	})
}

// inOrder gives f a session that may write, while nobody else of this process
// logs in: C_SetPIN changes the code of whoever is logged in.
func (m *Module) inOrder(t *Token, f func(session uint) error) error {
	lock := m.loginLock(t)
	lock.Lock()
	defer lock.Unlock()
	now, err := m.current(t)
	if err != nil {
		return err
	}
	session, err := m.driver.openToWrite(now.Slot)
	if err != nil {
		return cannot(err)
	}
	defer m.driver.close(session)
	return f(session)
}

// ask gets both codes; nil are those that are entered elsewhere.
func (c *CodeChange) ask(ctx context.Context, t *Token, current pin.Request) (old, fresh *pin.Buffer, err error) {
	current.Token, current.PINPad = t.Label, t.PINPad || c.OwnDialog
	if old, err = enter(ctx, c.Current, current); err != nil {
		return nil, nil, err
	}
	fresh, err = enter(ctx, c.New, pin.Request{
		Purpose: pin.Change, Label: "new PIN", Token: t.Label, Left: -1, Max: -1,
		MinLength: t.MinPIN, MaxLength: t.MaxPIN, PINPad: current.PINPad,
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		old.Wipe()
		fresh.Wipe()
		return nil, nil, err
	}
	return old, fresh, nil
}

// enter asks for one code of the right length, or tells that it is entered
// elsewhere and gives nil.
func enter(ctx context.Context, source pin.Source, r pin.Request) (*pin.Buffer, error) {
	if source == nil {
		return nil, ErrPINRequired
	}
	p, err := source.PIN(ctx, r)
	switch {
	case err != nil:
		p.Wipe()
		return nil, fmt.Errorf("asking for the %s: %w", r.Label, err)
	case r.PINPad:
		p.Wipe()
		return nil, nil //nolint:nilnil // nil is the code that is entered on the reader
	case p == nil:
		return nil, ErrPINRequired
	case p.Len() == 0 || p.Len() < r.MinLength || r.MaxLength > 0 && p.Len() > r.MaxLength:
		p.Wipe()
		return nil, ErrPINFormat
	}
	return p, nil
}

// secret is what a code is to the module: NULL when it is entered elsewhere.
func secret(p *pin.Buffer) []byte {
	if p == nil {
		return nil
	}
	return p.Bytes()
}

// cannot marks the answers of modules that do not change or unblock PINs.
func cannot(err error) error {
	for _, rv := range []uint{
		ckrActionProhibited, ckrFunctionNotSupported, ckrSessionReadOnly, ckrSessionReadOnlyExists,
		ckrTokenWriteProtected, ckrUserNotLoggedIn, ckrUserTypeInvalid,
	} {
		if returned(err, rv) {
			return fmt.Errorf("%w: %w", ErrCannotManage, err)
		}
	}
	return err
}

func (m *Module) wrongPIN(t *Token) error {
	wrong := &WrongPINError{Token: t.Label, Left: max(t.TriesLeft()-1, 0)}
	if now, err := m.current(t); err == nil {
		wrong.Left = now.TriesLeft()
	}
	return wrong
}

func (m *Module) wrongPUK(t *Token) error {
	wrong := &WrongPINError{Token: t.Label, PUK: true, Left: -1}
	if now, err := m.current(t); err == nil {
		wrong.Left = now.PUKTriesLeft()
	}
	return wrong
}
