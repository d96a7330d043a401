package main

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"

	"eidgate/card"
	"eidgate/card/webeid"
	"eidgate/internal/nativehost"
	"eidgate/internal/pinentry"
)

// task is one command that needs a card.
type task struct {
	*agent
	ask     pinentry.Asker // found when it is first needed
	site    nativehost.Site
	words   *texts
	purpose purpose
	usage   card.Usage
	usesKey bool
	digest  []byte            // to be signed, shown as control code
	hash    crypto.Hash       // of the digest; 0 when nothing is signed
	want    *x509.Certificate // the card must have it; nil for any
	chosen  string            // document number the user chose among several
}

func (a *agent) task(site nativehost.Site, usage card.Usage) *task {
	return &task{agent: a, site: site, usage: usage, words: textsFor(site.Language, a.language)}
}

// authenticate makes an authentication token.
func (t *task) authenticate(ctx context.Context, c *nativehost.Authenticate) (any, error) {
	t.purpose, t.usesKey = t.words.login, true
	var token *webeid.Token
	err := t.useKey(ctx, func(ctx context.Context, held card.Card, pins card.PINSource, lastTry bool) (err error) {
		var options []card.KeyOption
		if lastTry {
			options = append(options, card.WithLastTry())
		}
		token, err = webeid.FromCard(ctx, held, pins,
			webeid.Request{Origin: c.Origin, Nonce: c.Nonce, App: application}, options...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("logging in: %w", err)
	}
	return token, nil
}

// certificate gives the signing certificate, after the user agreed.
func (t *task) certificate(ctx context.Context) (any, error) {
	t.purpose = t.words.certificate
	for reason := error(nil); ; {
		h, err := t.card(ctx, reason)
		if err != nil {
			return nil, fmt.Errorf("reading the signing certificate: %w", err)
		}
		err = t.whileInserted(ctx, h, func(ctx context.Context) error {
			_, err := t.ask.Confirm(ctx, t.consent(h, ""))
			return err
		})
		if err == nil {
			return nativehost.NewCertificate(h.certificate, h.algorithms), nil
		}
		if !lost(err) {
			return nil, fmt.Errorf("reading the signing certificate: %w", err)
		}
		reason = err
	}
}

// sign signs a digest with the key of the certificate the website names.
func (t *task) sign(ctx context.Context, c *nativehost.Sign) (any, error) {
	t.purpose, t.usesKey = t.words.sign, true
	t.digest, t.hash, t.want = c.Digest, c.Hash, c.Certificate
	var reply nativehost.Signature
	err := t.useKey(ctx, func(ctx context.Context, held card.Card, pins card.PINSource, lastTry bool) error {
		all, err := held.Algorithms(ctx, card.Signing)
		if err != nil {
			return err
		}
		algorithm, err := offered(all, c.Hash)
		if err != nil {
			return err
		}
		signature, err := held.Sign(ctx, card.SignRequest{ // verified against the certificate
			Usage: card.Signing, Digest: c.Digest, Hash: c.Hash, Padding: algorithm.Padding, PINs: pins, LastTry: lastTry,
		})
		if err != nil {
			return err
		}
		reply.Signature = base64.StdEncoding.EncodeToString(signature)
		reply.Algorithm, _ = nativehost.AlgorithmOf(algorithm)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	return reply, nil
}

// offered is the first of a card's algorithms with a hash function that Web eID
// has a name for.
func offered(all []card.Algorithm, hash crypto.Hash) (card.Algorithm, error) {
	for _, a := range all {
		if _, ok := nativehost.AlgorithmOf(a); ok && a.Hash == hash {
			return a, nil
		}
	}
	return card.Algorithm{}, errHashNotOffered
}

// isUnsupported finds a card of an unknown kind.
func isUnsupported(err error) bool {
	var unsupported *card.UnsupportedCardError
	return errors.As(err, &unsupported)
}
