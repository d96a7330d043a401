package card

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/hex"
)

// applet is what a kind of card must be able to do. Rules about PINs, the
// checks of signatures and all caching are in [eid], once for all kinds.
type applet interface {
	// certificate reads the file, which may be longer than the certificate.
	certificate(ctx context.Context, u Usage) ([]byte, error)
	documentNumber(ctx context.Context) (string, error)
	personalData(ctx context.Context) (*PersonalData, error)
	// codes tells how a code must look.
	codes(r PINRef) codeFormat
	pinStatus(ctx context.Context, r PINRef) (PINStatus, error)
	// algorithms are what the key of a certificate can do.
	algorithms(u Usage, c *x509.Certificate) []Algorithm
	// sign verifies the PIN and makes one signature, at most one VERIFY and
	// one signing command. ECDSA signatures are r||s.
	sign(ctx context.Context, in signing, p *PIN) ([]byte, error)
	// change replaces a code; unblock sets a new one by the PUK.
	change(ctx context.Context, r PINRef, old, fresh *PIN) error
	unblock(ctx context.Context, r PINRef, puk, fresh *PIN) error
}

// signing is what an applet signs.
type signing struct {
	usage     Usage
	digest    []byte
	algorithm Algorithm
	public    crypto.PublicKey
}

// codeFormat is how a code must look: digits, min to max of them.
type codeFormat struct{ min, max int }

// fits reports whether a code may be sent to the card.
func (f codeFormat) fits(p *PIN) bool {
	if p.Len() < f.min || p.Len() > f.max {
		return false
	}
	for _, c := range p.Bytes() {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// driver is one row of the table of supported cards.
type driver struct {
	kind, name string
	atrs       []atrPattern
	open       func(*channel) applet
}

// atrPattern matches an answer to reset; a nil mask compares every bit.
type atrPattern struct{ value, mask []byte }

func atr(value string) atrPattern { return atrPattern{value: unhex(value)} }

// unhex decodes a constant of this package; a wrong one is nil and found by
// the tests.
func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		return nil
	}
	return b
}

func (p atrPattern) matches(atr []byte) bool {
	if len(atr) != len(p.value) || len(atr) == 0 {
		return false
	}
	for i, b := range atr {
		mask := byte(0xFF)
		if p.mask != nil {
			mask = p.mask[i]
		}
		if (b^p.value[i])&mask != 0 {
			return false
		}
	}
	return true
}

// drivers is the table of supported cards.
func drivers() []driver {
	return []driver{esteid2018, esteid2025, fineid4, fineid3, lateid2}
}

func lookUp(atr []byte) *driver {
	for _, d := range drivers() {
		for _, p := range d.atrs {
			if p.matches(atr) {
				return &d
			}
		}
	}
	return nil
}

// Supported reports whether a driver knows the card with this answer to reset.
func Supported(atr []byte) bool { return lookUp(atr) != nil }
