package main

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"eidgate/card"
	"eidgate/card/modulecard"
	"eidgate/internal/fault"
	"eidgate/internal/pin"
	"eidgate/pkcs11"
)

// keyFlags choose a key and how its PIN is asked.
type keyFlags struct {
	Key      string `default:"card" placeholder:"card|pkcs11:URI" help:"The key: card, or an RFC 7512 URI of a PKCS#11 key (default: card)."`
	Reader   string `help:"Use the card in the reader whose name contains this." placeholder:"NAME"`
	Document string `help:"Use the card with this document number." placeholder:"NUMBER"`
	PINFD    int    `name:"pin-fd" default:"-1" placeholder:"N" help:"Read the PIN from this open file descriptor instead of asking on the terminal."`
	LastTry  bool   `name:"last-try" help:"Consent to use the last try: a wrong PIN then blocks the card."`
}

var (
	errKey = fault.New("usage.key", "the key is not understood", "Write --key card or --key pkcs11:URI.")

	errNotReset = fault.New("card.not-reset", "the card could not be reset", "Take it out of the reader.")

	errNoCertificate = fault.New("pkcs11.no-certificate", "there is no certificate beside the key",
		"Choose a key whose certificate is on the token.")
)

// key is a key that signs, and its certificate.
type key struct {
	crypto.Signer
	certificate   *x509.Certificate
	intermediates []*x509.Certificate // what the token gives; not trusted
	where         string              // "EstEID 2018 in Reader 0"
	close         func() error
	// hold takes the PIN once for many signatures, and gives what ends that; nil
	// where each signature needs its own.
	hold func(ctx context.Context) (end func(), err error)
}

// openKey finds the key for a usage. Nothing is asked yet.
func (a *app) openKey(ctx context.Context, f keyFlags, usage card.Usage) (*key, error) {
	pins, wipe, err := a.pins(f.PINFD)
	if err != nil {
		return nil, err
	}
	var k *key
	switch {
	case f.Key == "card":
		k, err = a.openCardKey(ctx, f, usage, pins)
	case strings.HasPrefix(f.Key, "pkcs11:"):
		k, err = a.openTokenKey(ctx, f, usage, pins)
	default:
		err = errKey
	}
	if err != nil {
		wipe()
		return nil, err
	}
	release := k.close
	k.close = func() error { wipe(); return release() }
	return k, nil
}

// release gives a key or card back. A card that could not be reset may keep a
// verified PIN, and only its holder can end that.
func (a *app) release(close func() error) {
	if err := close(); err != nil && !errors.Is(err, card.ErrCardRemoved) {
		printError(a.err, fmt.Errorf("%w: %w", errNotReset, err))
	}
}

// pins is where the PIN comes from, and what to do after its last use.
func (a *app) pins(fd int) (pin.Source, func(), error) {
	if fd < 0 {
		return announced{terminalPIN{a.terminal}, a}, func() {}, nil
	}
	s, err := newFDPIN(fd)
	if err != nil {
		return nil, nil, err
	}
	return s, s.close, nil
}

// openCardKey opens the card and its key again when another program's reset came
// in between: no PIN was asked yet.
func (a *app) openCardKey(ctx context.Context, f keyFlags, usage card.Usage, pins pin.Source) (k *key, err error) {
	err = afterResets(func() error {
		k, err = a.cardKey(ctx, f, usage, pins)
		return err
	})
	return k, err
}

func (a *app) cardKey(ctx context.Context, f keyFlags, usage card.Usage, pins pin.Source) (*key, error) {
	session, err := a.openCard(ctx, f.Reader, f.Document)
	if err != nil {
		return nil, err
	}
	var options []card.KeyOption
	if f.LastTry || f.PINFD < 0 && a.consentToLastTry(ctx, session.Card, card.PINOf(usage)) {
		options = append(options, card.WithLastTry())
	}
	signer, err := card.Signer(ctx, session.Card, usage, pins, options...)
	if err != nil {
		return nil, errors.Join(err, session.Close())
	}
	info := session.Card.Info()
	return &key{
		Signer: signer, certificate: signer.Certificate(),
		where: info.Name + " in " + info.Reader,
		close: session.Close,
	}, nil
}

// consentToLastTry asks before a code whose next wrong entry blocks it.
func (a *app) consentToLastTry(ctx context.Context, c card.Card, ref card.PINRef) bool {
	status, err := c.PINStatus(ctx, ref)
	if err != nil || status.Left != 1 {
		return false
	}
	return terminalPIN{a.terminal}.confirm(fmt.Sprintf("Only ONE try is left for %[1]s; a wrong %[1]s blocks it. Use it? [y/N] ", ref))
}

// keyUsages choose among the keys of a token that a URI fits.
var keyUsages = map[card.Usage]x509.KeyUsage{
	card.Authentication: x509.KeyUsageDigitalSignature,
	card.Signing:        x509.KeyUsageContentCommitment,
}

// moduleLimit is how long a module may take for one answer; entry of the PIN does
// not count.
const moduleLimit = 2 * time.Minute

// openTokenKey finds a PKCS#11 key, in the module its URI names or else in the
// modules of the settings. The module runs in a process of its own.
func (a *app) openTokenKey(ctx context.Context, f keyFlags, usage card.Usage, pins pin.Source) (*key, error) {
	uri, err := pkcs11.ParseURI(f.Key)
	if err != nil {
		return nil, err
	}
	first := &firstPIN{source: pins}
	options := modulecard.KeyOptions{PINs: first, LastTry: f.LastTry, KeyUsage: keyUsages[usage], Limit: moduleLimit}
	var k *modulecard.Key
	if uri.ModulePath != "" || uri.ModuleName != "" {
		k, err = modulecard.FindKey(ctx, f.Key, options)
	} else {
		k, err = a.searchModules(ctx, *uri, options)
	}
	if err != nil {
		return nil, err
	}
	if k.Certificate() == nil {
		return nil, errors.Join(errNoCertificate, k.Close())
	}
	return &key{
		Signer: k, certificate: k.Certificate(), intermediates: k.Intermediates(),
		where: "token " + k.Label(),
		close: k.Close,
		hold:  func(context.Context) (func(), error) { return holdToken(k, first) },
	}, nil
}

// searchModules tries the modules of the settings that are installed; the first
// that has the token answers.
func (a *app) searchModules(ctx context.Context, uri pkcs11.URI, options modulecard.KeyOptions) (*modulecard.Key, error) {
	found := error(pkcs11.ErrNoModule)
	for _, module := range a.settings.PKCS11Modules {
		if _, err := os.Stat(module); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		uri.ModulePath = module
		k, err := modulecard.FindKey(ctx, uri.String(), options)
		if !errors.Is(err, pkcs11.ErrNoToken) {
			return k, err
		}
		found = err
	}
	return nil, found
}
