package modulecard

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/json"
	"fmt"

	"eidgate/card"
	"eidgate/internal/pin"
	"eidgate/internal/rawsig"
)

// Sign has the child make one signature and believes none of it: the result is
// verified here.
func (c *moduleCard) Sign(ctx context.Context, r card.SignRequest) ([]byte, error) {
	k, err := c.pair(r.Usage)
	if err != nil {
		return nil, err
	}
	if err := k.canSign(r); err != nil {
		return nil, err
	}
	if err := c.mayAsk(ctx, r); err != nil {
		return nil, fmt.Errorf("%s: %w", card.PINOf(r.Usage), err)
	}
	err = c.process.sendJSON(kindSign, order{
		URI: k.URI, Digest: r.Digest, Hash: r.Hash, PSS: r.Padding == card.PSS, LastTry: r.LastTry, OwnDialog: c.ownDialog,
	})
	if err != nil {
		return nil, err
	}
	signature, err := c.wait(ctx, r, k)
	if err != nil {
		return nil, fmt.Errorf("signing with the PKCS#11 module: %w", err)
	}
	return k.check(signature, r)
}

func (k *pair) canSign(r card.SignRequest) error {
	for _, a := range k.algorithms() {
		if a.Hash != r.Hash || a.Padding != r.Padding {
			continue
		}
		if len(r.Digest) != r.Hash.Size() {
			return card.ErrBadDigest
		}
		return nil
	}
	return fmt.Errorf("signing a %s digest with this key: %w", r.Hash, card.ErrUnsupported)
}

// mayAsk refuses before anything is sent what the token's flags forbid.
func (c *moduleCard) mayAsk(ctx context.Context, r card.SignRequest) error {
	status, err := c.PINStatus(ctx, card.PINOf(r.Usage))
	switch {
	case err != nil:
		return err
	case status.Left == 0:
		return card.ErrPINBlocked
	case !status.Activated:
		return card.ErrPINNotActivated
	case status.Left == 1 && !r.LastTry:
		return card.ErrLastTry
	case r.PINs == nil:
		return card.ErrCancelled
	}
	return nil
}

// wait answers the child's one question and waits for the signature.
func (c *moduleCard) wait(ctx context.Context, r card.SignRequest, k *pair) ([]byte, error) {
	var refused error
	for asked := false; ; {
		f, err := c.process.answer(ctx)
		if err != nil {
			return nil, cmp.Or(refused, err)
		}
		switch f.kind {
		case kindSign:
			return f.data, nil
		case kindFailure:
			if refused != nil {
				return nil, refused
			}
			return nil, c.reported(f, card.PINOf(r.Usage), &k.key)
		case kindPIN:
			if asked { // one action sends one PIN, whatever the child wants
				c.process.kill()
				return nil, ErrProtocol
			}
			asked = true
			refused = c.enter(ctx, r, f)
		case kindLook, kindElsewhere, kindNoPIN, kindKeys:
			return nil, ErrProtocol
		}
	}
}

// enter asks the user for the PIN and sends it to the child. Its error is what
// the caller is told instead of the child's.
func (c *moduleCard) enter(ctx context.Context, r card.SignRequest, f frame) error {
	var q question
	if err := json.Unmarshal(f.data, &q); err != nil {
		return c.decline(ErrProtocol)
	}
	if q.Left < 1 || q.Left == 1 && !r.LastTry {
		return c.decline(fmt.Errorf("%s: %w", card.PINOf(r.Usage), card.ErrLastTry))
	}
	number, err := c.DocumentNumber(ctx)
	if err != nil {
		return c.decline(err)
	}
	purpose := pin.Authenticate
	if r.Usage == card.Signing {
		purpose = pin.Sign
	}
	elsewhere := q.Elsewhere || c.ownDialog
	code, err := r.PINs.PIN(ctx, card.PINRequest{
		Purpose: purpose, Label: card.PINOf(r.Usage).String(), Token: number, Left: q.Left, Max: maxTries,
		MinLength: q.MinPIN, MaxLength: q.MaxPIN, PINPad: elsewhere,
	})
	defer code.Wipe()
	switch {
	case err != nil:
		return c.decline(fmt.Errorf("asking for %s: %w", card.PINOf(r.Usage), err))
	case elsewhere:
		c.used = true
		return c.process.send(kindElsewhere, nil)
	case code == nil:
		return c.decline(card.ErrCancelled)
	case code.Len() == 0 || code.Len() < q.MinPIN || q.MaxPIN > 0 && code.Len() > q.MaxPIN || code.Len() >= pin.MaxLength:
		return c.decline(&card.PINFormatError{Ref: card.PINOf(r.Usage), Min: q.MinPIN, Max: q.MaxPIN})
	}
	c.used = true
	return c.process.send(kindPIN, code.Bytes())
}

// decline tells the child that there is no PIN.
func (c *moduleCard) decline(reason error) error {
	if err := c.process.send(kindNoPIN, nil); err != nil {
		return err
	}
	return reason
}

// check turns the child's answer into what card.Card promises and verifies it.
func (k *pair) check(signature []byte, r card.SignRequest) ([]byte, error) {
	switch public := k.certificate.PublicKey.(type) {
	case *ecdsa.PublicKey:
		raw, err := rawsig.FromDER(public, signature)
		if err == nil && rawsig.Verify(public, r.Digest, raw) {
			return raw, nil
		}
	case *rsa.PublicKey:
		if r.Padding == card.PSS {
			o := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
			if rsa.VerifyPSS(public, r.Hash, r.Digest, signature, o) == nil {
				return signature, nil
			}
		} else if rsa.VerifyPKCS1v15(public, r.Hash, r.Digest, signature) == nil {
			return signature, nil
		}
	}
	return nil, card.ErrBadSignature
}
