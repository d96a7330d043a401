package card

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
)

// thalesMain is the PKCS #15 application of Thales' eID cards.
var thalesMain = unhex("A000000063504B43532D3135")

const (
	thalesPad = 0x00

	// Signature algorithms in MSE SET: the low half of the byte; the high half
	// names the hash (FINEID S4-1, table of algorithm references).
	thalesECDSA = 0x04
	thalesPSS   = 0x05
)

// thalesCard is what differs between the kinds of card with this application.
type thalesCard struct {
	authFile, signFile []byte // paths from the root
	authKey, signKey   byte
	pin1, pin2, puk    byte // references, 0 when the card has none we know
	pin2Min            int
	tries              int
	mustActivate       bool // the codes from the envelope must be changed first
	personFolder       []byte
}

// esteid2025 is the Estonian card since November 2025.
var esteid2025 = thalesDriver("esteid2025", "Estonian eID card (2025)", thalesCard{
	authFile: unhex("ADF13411"), signFile: unhex("ADF23421"), authKey: 0x01, signKey: 0x05,
	pin1: 0x81, pin2: 0x82, puk: 0x83, pin2Min: 5, tries: 3, mustActivate: true, personFolder: unhex("DFDD"),
}, atr("3BFF9600008031FE438031B85365494464B085051012233F1D"))

// fineid4 is the Finnish card of the specification's version 4; two bytes of
// its answer to reset are the version of the card's software.
var fineid4 = thalesDriver("fineid4", "Finnish eID card (version 4)", thalesCard{
	authFile: unhex("4331"), signFile: unhex("50164332"), authKey: 0x01, signKey: 0x02,
	pin1: 0x11, pin2: 0x82, pin2Min: 6, tries: 5,
}, atrPattern{
	value: unhex("3B7F9600008031B865B0850500111224608290" + "00"),
	mask:  unhex("FFFFFFFFFFFFFFFFFFFFFFFF0000FFFFFFFFFF" + "FF"),
})

// fineid3 is the Finnish card of version 3: RSA to log in, P-256 to sign.
var fineid3 = thalesDriver("fineid3", "Finnish eID card (version 3)", thalesCard{
	authFile: unhex("4331"), signFile: unhex("50164335"), authKey: 0x01, signKey: 0x03,
	pin1: 0x11, pin2: 0x82, pin2Min: 6, tries: 5,
}, atr("3B7F9600008031B865B0850300EF1200F6829000"), atr("3B7F9600008031B865B08504021B1200F6829000"))

func thalesDriver(kind, name string, c thalesCard, atrs ...atrPattern) driver {
	return driver{kind: kind, name: name, atrs: atrs, open: func(ch *channel) applet { return &thales{thalesCard: c, ch: ch} }}
}

// thales speaks to cards with Thales' application. Its references do not
// depend on the selected file, so it is selected once.
type thales struct {
	thalesCard
	ch       *channel
	selected bool
}

func (t *thales) start(ctx context.Context) error {
	if t.selected {
		return nil
	}
	if err := t.ch.application(ctx, "selecting the card's application", thalesMain); err != nil {
		return err
	}
	t.selected = true
	return nil
}

// file reads a file by its path from the root, in pieces as the card likes.
func (t *thales) file(ctx context.Context, path []byte, limit int) ([]byte, error) {
	if err := t.start(ctx); err != nil {
		return nil, err
	}
	fci, err := t.ch.choose(ctx, "selecting a file", 0x08, 0x04, path, anyLength)
	if err != nil {
		return nil, err
	}
	size, err := fileSize(fci, limit)
	if err != nil {
		return nil, err
	}
	return t.ch.readFile(ctx, "reading a file", size, anyLength)
}

func (t *thales) certificate(ctx context.Context, u Usage) ([]byte, error) {
	if u == Signing {
		return t.file(ctx, t.signFile, maxCertificate)
	}
	return t.file(ctx, t.authFile, maxCertificate)
}

// documentNumber is plain text in the personal data, or the serial number in
// EF.TokenInfo where there are none (PKCS #15 v1.1 section 6.9).
func (t *thales) documentNumber(ctx context.Context) (string, error) {
	if t.personFolder != nil {
		return t.field(ctx, 7)
	}
	b, err := t.file(ctx, []byte{0x50, 0x32}, maxRecord)
	if err != nil {
		return "", err
	}
	serial, err := tlvFind(b, 0x30, 0x04)
	if err != nil {
		return "", err
	}
	if !plainNumber(string(serial)) {
		return fmt.Sprintf("%X", serial), nil
	}
	return string(serial), nil
}

// personalData reads the rows that are the same on every issue of the card.
func (t *thales) personalData(ctx context.Context) (*PersonalData, error) {
	if t.personFolder == nil {
		return nil, ErrUnsupported
	}
	var fields [8]string
	for n := range fields {
		var err error
		if fields[n], err = t.field(ctx, n+1); err != nil {
			return nil, fmt.Errorf("field %d: %w", n+1, err)
		}
	}
	return &PersonalData{
		Surname: fields[0], GivenNames: fields[1], Sex: fields[2], Citizenship: fields[3],
		Birth: fields[4], PersonalCode: fields[5], DocumentNumber: fields[6], Expiry: fields[7],
	}, nil
}

// field reads one row; rows are numbered in decimal: 5009 is followed by 5010.
func (t *thales) field(ctx context.Context, n int) (string, error) {
	path := append(append([]byte{}, t.personFolder...), 0x50, byte(n/10<<4|n%10))
	b, err := t.file(ctx, path, maxRecord)
	if err != nil {
		return "", err
	}
	return record(b)
}

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

func (t *thales) reference(r PINRef) (byte, error) {
	number := t.puk
	switch r {
	case PIN1:
		number = t.pin1
	case PIN2:
		number = t.pin2
	case PUK:
	}
	if number == 0 {
		return 0, ErrUnsupported
	}
	return number, nil
}

// pinStatus asks for A0 {83 RR, DF21 left.., DF2F changed}.
func (t *thales) pinStatus(ctx context.Context, r PINRef) (PINStatus, error) {
	number, err := t.reference(r)
	if err != nil {
		return PINStatus{}, err
	}
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
	if changed, err := tlvFind(b, 0xA0, 0xDF2F); err == nil && len(changed) == 1 && t.mustActivate && r != PUK {
		s.Activated = changed[0] != 0
	}
	return s, nil
}

func (t *thales) algorithms(_ Usage, c *x509.Certificate) []Algorithm {
	switch key := c.PublicKey.(type) {
	case *ecdsa.PublicKey:
		return curveAlgorithms(c, key.Curve.Params().BitSize)
	case *rsa.PublicKey:
		return []Algorithm{{Key: x509.RSA, Hash: crypto.SHA256, Padding: PSS}}
	}
	return nil
}

// sign verifies the PIN, chooses the key, hands over the digest and has it
// signed: PSO: HASH with the finished digest, then PSO: COMPUTE DIGITAL
// SIGNATURE.
func (t *thales) sign(ctx context.Context, in signing, p *PIN) ([]byte, error) {
	key := t.authKey
	if in.usage == Signing {
		key = t.signKey
	}
	algorithm, size, err := thalesAlgorithm(in)
	if err != nil {
		return nil, err
	}
	if err := t.verify(ctx, PINOf(in.usage), p); err != nil {
		return nil, err
	}
	for _, step := range []struct {
		name string
		command
	}{
		{"choosing the key", command{ins: insManageSecurity, p1: 0x41, p2: 0xB6, data: []byte{0x80, 0x01, algorithm, 0x84, 0x01, key}}},
		{"handing over the digest", command{ins: insPerformSecurity, p1: 0x90, p2: 0xA0, data: append([]byte{0x90, byte(len(in.digest))}, in.digest...)}},
	} {
		if _, err := t.ch.must(ctx, step.name, step.command); err != nil {
			return nil, err
		}
	}
	compute := command{ins: insPerformSecurity, p1: 0x9E, p2: 0x9A, le: anyLength}
	if t.ch.protocol == T0 {
		compute.le = size // a wrong length would have to be asked for again
	}
	return t.ch.must(ctx, "computing the signature", compute)
}

// thalesAlgorithm is the algorithm's reference and the signature's length. The
// card knows a hash by its length, SHA-3 as well as SHA-2.
func thalesAlgorithm(in signing) (reference byte, size int, err error) {
	hash := map[int]byte{28: 0x30, 32: 0x40, 48: 0x50, 64: 0x60}[len(in.digest)]
	if hash == 0 {
		return 0, 0, ErrUnsupported
	}
	switch key := in.public.(type) {
	case *ecdsa.PublicKey:
		return hash | thalesECDSA, 2 * ((key.Curve.Params().BitSize + 7) / 8), nil
	case *rsa.PublicKey:
		return hash | thalesPSS, key.Size(), nil
	}
	return 0, 0, ErrUnsupported
}

func (t *thales) verify(ctx context.Context, r PINRef, p *PIN) error {
	number, err := t.reference(r)
	if err != nil {
		return err
	}
	sw, err := t.ch.sendSecret(ctx, command{ins: insVerify, p2: number}, thalesPad, p)
	if err != nil {
		return fmt.Errorf("verifying %s: %w", r, err)
	}
	return codeError(r, sw)
}

// change is CHANGE REFERENCE DATA. The PUK of these cards cannot be changed.
func (t *thales) change(ctx context.Context, r PINRef, old, fresh *PIN) error {
	number, err := t.reference(r)
	if err != nil || r == PUK {
		return fmt.Errorf("changing %s: %w", r, ErrUnsupported)
	}
	sw, err := t.ch.sendSecret(ctx, command{ins: insChangeReference, p2: number}, thalesPad, old, fresh)
	if err != nil {
		return fmt.Errorf("changing %s: %w", r, err)
	}
	return changeError(r, sw)
}

// unblock is one RESET RETRY COUNTER with the PUK and the new code: tries that
// are counted are the PUK's.
func (t *thales) unblock(ctx context.Context, r PINRef, puk, fresh *PIN) error {
	number, err := t.reference(r)
	if err != nil {
		return fmt.Errorf("unblocking %s: %w", r, err)
	}
	sw, err := t.ch.sendSecret(ctx, command{ins: insResetRetryCounter, p2: number}, thalesPad, puk, fresh)
	if err != nil {
		return fmt.Errorf("unblocking %s: %w", r, err)
	}
	return codeError(PUK, sw)
}
