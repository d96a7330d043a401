package modulecard

import (
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"fmt"

	"eidgate/card"
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
	ref := card.PINOf(r.Usage)
	t := c.talk(ref, k, c.current(ref, r.PINs, r.LastTry))
	f, err := t.order(ctx, kindSign, order{
		URI: k.URI, Digest: r.Digest, Hash: r.Hash, PSS: r.Padding == card.PSS, Salt: rsa.PSSSaltLengthEqualsHash,
		LastTry: r.LastTry, OwnDialog: c.ownDialog,
	}, kindSign)
	c.used = c.used || t.sent
	if err != nil {
		return nil, fmt.Errorf("signing with the PKCS#11 module: %w", err)
	}
	return k.check(f.data, r)
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
