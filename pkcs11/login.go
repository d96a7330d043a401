package pkcs11

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"

	"eidgate/internal/pin"
)

// PKCS#11 v2.40 §2.1, CK_USER_TYPE.
const (
	ckuSO              = 0
	ckuUser            = 1
	ckuContextSpecific = 2
)

// Options say who answers for the PIN.
type Options struct {
	// PINs is asked when a PIN is needed. Nil refuses with ErrPINRequired.
	PINs pin.Source
	// PINFiles are the file descriptors that a URI's pin-source=fd:N may name,
	// opened by the caller. A URI that names one is answered from it and PINs
	// is not asked.
	PINFiles map[int]io.Reader
	// KeyUsage, when not zero, narrows a choice of keys to those whose
	// certificate has one of these usages: ContentCommitment finds the key for
	// signing documents on a card that also has one for logging in. It never
	// hides the only key: whether that may be used is the caller's decision.
	KeyUsage x509.KeyUsage
	// LastTry allows a PIN to be sent when the token says that it is the last
	// try: consent that the user gave.
	LastTry bool
	// OwnDialog: the module asks for the PIN in a window of its own although
	// its tokens do not say so. PINs is told that the PIN is entered elsewhere.
	OwnDialog bool
}

func (o *Options) checkPINSource(u *URI) error {
	if u.PINFile != nil && o.PINFiles[*u.PINFile] == nil {
		return fmt.Errorf("%w: file descriptor %d was not passed", ErrPINSource, *u.PINFile)
	}
	return nil
}

// operation is one session, and the PIN as long as it may be needed again.
type operation struct {
	driver  *driver
	session uint
	pin     *pin.Buffer
	fresh   bool // logged in by this operation
}

func (op *operation) wipe() {
	op.pin.Wipe()
	op.pin = nil
}

func (op *operation) close() {
	op.wipe()
	op.driver.close(op.session)
}

// begin opens a session and logs in where the token wants it and nobody in
// this process is logged in already.
func (k *Key) begin(ctx context.Context, t *Token) (*operation, error) {
	d := k.module.driver
	now, err := k.module.current(t)
	if err != nil {
		return nil, err
	}
	session, err := d.open(now.Slot)
	if err != nil {
		return nil, err
	}
	op := &operation{driver: d, session: session}
	if now.flags&flagLoginRequired == 0 {
		return op, nil
	}
	lock := k.module.loginLock(t)
	lock.Lock()
	defer lock.Unlock()
	if in, err := d.loggedIn(session); err == nil && in {
		return op, nil
	}
	if err := k.login(ctx, op, now, ckuUser); err != nil {
		op.close()
		return nil, err
	}
	op.fresh = true
	return op, nil
}

// login asks for the PIN, unless this operation has it, and sends it once.
func (k *Key) login(ctx context.Context, op *operation, t *Token, user uint) error {
	if op.pin == nil {
		var err error
		if op.pin, err = k.ask(ctx, t); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	err := op.driver.login(op.session, user, secret(op.pin))
	switch {
	case returned(err, ckrUserAlreadyLoggedIn):
		return nil
	case returned(err, ckrPINIncorrect):
		return k.module.wrongPIN(t)
	case err != nil:
		return fmt.Errorf("logging in to the token: %w", err)
	}
	return nil
}

// ask gets the PIN from the user, or nil when the reader has a pad.
func (k *Key) ask(ctx context.Context, t *Token) (*pin.Buffer, error) {
	switch left := t.TriesLeft(); {
	case left == 0:
		return nil, ErrPINLocked
	case t.flags&flagPINToBeChanged != 0:
		return nil, ErrPINToBeChanged
	case left == 1 && !k.options.LastTry:
		return nil, ErrLastTry
	}
	source := k.options.PINs
	if k.uri.PINFile != nil {
		source = pin.SourceFunc(func(context.Context, pin.Request) (*pin.Buffer, error) {
			return pin.Read(k.options.PINFiles[*k.uri.PINFile])
		})
	}
	if source == nil {
		return nil, ErrPINRequired
	}
	return enter(ctx, source, k.pinRequest(t))
}

func (k *Key) pinRequest(t *Token) pin.Request {
	purpose := pin.Authenticate
	if k.certificate != nil && k.certificate.KeyUsage&x509.KeyUsageContentCommitment != 0 {
		purpose = pin.Sign
	}
	return pin.Request{
		Purpose: purpose, Label: "PIN", Token: t.Label, Left: t.TriesLeft(), Max: -1,
		MinLength: t.MinPIN, MaxLength: t.MaxPIN, PINPad: t.PINPad || k.options.OwnDialog,
	}
}

// Hold logs in to the key's token and stays logged in until the closer is
// closed, so that a service signs without being asked each time. A key that
// wants its PIN for every signature still asks.
func (k *Key) Hold(ctx context.Context) (io.Closer, error) {
	l, err := await(ctx, k.module, func() (*login, error) {
		op, err := k.begin(ctx, k.token)
		if err != nil {
			return nil, err
		}
		op.wipe()
		return &login{module: k.module, op: op}, nil
	}, func(l *login) { _ = l.Close() })
	if err != nil {
		return nil, fmt.Errorf("logging in to the token: %w", err)
	}
	return l, nil
}

// login is a session kept open for the sake of its login.
type login struct {
	module *Module
	op     *operation
}

// Close ends the login unless an operation under way needs it.
func (l *login) Close() error {
	if l.op == nil || l.module.enter() != nil {
		return nil // closed before, or the module is gone and the session with it
	}
	defer l.module.leave()
	l.op.close()
	l.op = nil
	return nil
}
