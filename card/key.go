package card

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"io"

	"eidgate/internal/rawsig"
)

// Key is a card's key as a crypto.Signer.
type Key struct {
	ctx     context.Context //nolint:containedctx // crypto.Signer has no other place for it
	card    Card
	usage   Usage
	pins    PINSource
	cert    *x509.Certificate
	lastTry bool
}

var _ crypto.Signer = (*Key)(nil)

// KeyOption changes how a [Key] signs.
type KeyOption func(*Key)

// WithLastTry is the user's consent to send a PIN although a wrong one would
// block the code.
func WithLastTry() KeyOption { return func(k *Key) { k.lastTry = true } }

// Signer makes the card's key of a usage a crypto.Signer. It reads the
// certificate now and asks pins for a PIN at each signature. ctx bounds all
// later signatures.
func Signer(ctx context.Context, c Card, u Usage, pins PINSource, options ...KeyOption) (*Key, error) {
	cert, err := c.Certificate(ctx, u)
	if err != nil {
		return nil, err
	}
	k := &Key{ctx: ctx, card: c, usage: u, pins: pins, cert: cert}
	for _, o := range options {
		o(k)
	}
	return k, nil
}

// Certificate is the certificate of the key, as read from the card.
func (k *Key) Certificate() *x509.Certificate { return k.cert }

// Public is the certificate's public key.
func (k *Key) Public() crypto.PublicKey { return k.cert.PublicKey }

// Sign makes one signature over digest, whose hash opts must name: for ECDSA
// the ASN.1 form of r and s (RFC 3279 section 2.2.3), for RSA the signature
// itself. The randomness is the card's own; the reader is not used.
func (k *Key) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	r := SignRequest{
		Usage: k.usage, Digest: digest, Hash: opts.HashFunc(), PINs: k.pins, LastTry: k.lastTry,
	}
	_, ec := k.cert.PublicKey.(*ecdsa.PublicKey)
	if !ec {
		r.Padding = PKCS1v15
		if pss, ok := opts.(*rsa.PSSOptions); ok {
			r.Padding = PSS
			if pss.SaltLength != rsa.PSSSaltLengthEqualsHash && pss.SaltLength != r.Hash.Size() {
				return nil, fmt.Errorf("signing with a PSS salt of another length than the digest: %w", ErrUnsupported)
			}
		}
	}
	signature, err := k.card.Sign(k.ctx, r)
	if err != nil || !ec {
		return signature, err
	}
	return rawsig.ToDER(signature)
}
