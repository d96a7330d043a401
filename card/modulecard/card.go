package modulecard

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strings"

	"eidgate/card"
)

// moduleCard is a card.Card whose keys are in a child process.
type moduleCard struct {
	process   *process
	info      card.Info
	ownDialog bool
	keys      map[card.Usage]*pair
	used      bool // a PIN was sent
}

// pair is a key of a known usage.
type pair struct {
	key
	certificate *x509.Certificate
}

var _ card.Card = (*moduleCard)(nil)

// sort finds the keys to log in and to sign with, by key usage as RFC 5280
// section 4.2.1.3 has it: a certificate for signatures that commit is for
// signing and nothing else. A renewal may leave several: the newest is used.
func (c *moduleCard) sort(keys []key) error {
	c.keys = make(map[card.Usage]*pair)
	for _, k := range keys {
		certificate, err := x509.ParseCertificate(k.Certificate)
		if err != nil {
			continue // not one that Go can read; there may be others
		}
		usage := card.Authentication
		switch {
		case certificate.KeyUsage&x509.KeyUsageContentCommitment != 0:
			usage = card.Signing
		case certificate.KeyUsage&x509.KeyUsageDigitalSignature == 0:
			continue
		}
		if old := c.keys[usage]; old == nil || certificate.NotAfter.After(old.certificate.NotAfter) {
			c.keys[usage] = &pair{k, certificate}
		}
		c.info.PINPad = c.info.PINPad || k.PINPad
	}
	if len(c.keys) == 0 {
		return ErrNothing
	}
	login, sign := c.keys[card.Authentication], c.keys[card.Signing]
	c.info.OneCode = login != nil && sign != nil && login.Token == sign.Token
	return nil
}

func (c *moduleCard) pair(u card.Usage) (*pair, error) {
	if k := c.keys[u]; k != nil {
		return k, nil
	}
	return nil, fmt.Errorf("%s: %w", u, ErrNoKey)
}

func (c *moduleCard) Info() card.Info { return c.info }

// DocumentNumber is the token's serial number, or a mark of the certificate
// where the module gives none.
func (c *moduleCard) DocumentNumber(context.Context) (string, error) { return c.number(), nil }

func (c *moduleCard) number() string {
	k := cmp.Or(c.keys[card.Authentication], c.keys[card.Signing])
	number := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(k.Serial))
	if number == "" {
		sum := sha256.Sum256(k.certificate.Raw)
		number = strings.ToUpper(hex.EncodeToString(sum[:4]))
	}
	return number[:min(len(number), 32)]
}

func (c *moduleCard) Certificate(_ context.Context, u card.Usage) (*x509.Certificate, error) {
	k, err := c.pair(u)
	if err != nil {
		return nil, err
	}
	return k.certificate, nil
}

func (c *moduleCard) Algorithms(_ context.Context, u card.Usage) ([]card.Algorithm, error) {
	k, err := c.pair(u)
	if err != nil {
		return nil, err
	}
	all := k.algorithms()
	if len(all) == 0 {
		return nil, fmt.Errorf("the %s key: %w", u, card.ErrUnsupported)
	}
	return all, nil
}

// algorithms are what pkcs11 can sign with: ECDSA with any digest, the curve's
// own first; PKCS #1 v1.5, and PSS where the token lists it.
func (k *pair) algorithms() []card.Algorithm {
	var all []card.Algorithm
	switch public := k.certificate.PublicKey.(type) {
	case *ecdsa.PublicKey:
		own := crypto.SHA256
		switch bits := public.Params().BitSize; {
		case bits > 384:
			own = crypto.SHA512
		case bits > 256:
			own = crypto.SHA384
		}
		all = append(all, card.Algorithm{Key: x509.ECDSA, Hash: own})
		for _, h := range []crypto.Hash{
			crypto.SHA256, crypto.SHA384, crypto.SHA512, crypto.SHA224,
			crypto.SHA3_256, crypto.SHA3_384, crypto.SHA3_512, crypto.SHA3_224,
		} {
			if h != own && h.Available() {
				all = append(all, card.Algorithm{Key: x509.ECDSA, Hash: h})
			}
		}
	case *rsa.PublicKey:
		for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512, crypto.SHA224} {
			all = append(all, card.Algorithm{Key: x509.RSA, Hash: h, Padding: card.PKCS1v15})
		}
		for _, h := range []crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			if k.PSS {
				all = append(all, card.Algorithm{Key: x509.RSA, Hash: h, Padding: card.PSS})
			}
		}
	}
	return all
}

func (*moduleCard) PersonalData(context.Context) (*card.PersonalData, error) {
	return nil, fmt.Errorf("reading the personal data: %w", card.ErrUnsupported)
}
