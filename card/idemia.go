package card

import (
	"context"
	"crypto/x509"
	"fmt"
)

// The applications of IDEMIA's eID cards on Cosmo 8 and Cosmo X chips.
var (
	idemiaMain = unhex("A000000077010800070000FE00000100") // the card's root
	idemiaAWP  = unhex("E828BD080FF2504F5420415750")       // authentication key, DF ADF1
	idemiaQSCD = unhex("51534344204170706C69636174696F6E") // signing key, DF ADF2
)

const (
	idemiaPad      = 0xFF
	idemiaAuthKey  = 0x81
	idemiaSignKey  = 0x9F
	idemiaCurve    = 48 // bytes of a P-384 field element
	idemiaMaxChunk = 0xC0
)

// esteid2018 is the Estonian card of 2018 to 2025, on both chips.
var esteid2018 = driver{
	kind: "esteid2018",
	name: "Estonian eID card (2018)",
	atrs: []atrPattern{
		atr("3BDB960080B1FE451F830012233F536549440F9000F1"),   // Cosmo 8.1 and 8.2
		atr("3BDC960080B1FE451F830012233F54654944320F9000C3"), // Cosmo X
	},
	open: func(ch *channel) applet { return &idemia{ch: ch, pin2Min: 5} },
}

// idemia speaks to EstEID 2018. Files are selected from the root each time:
// a path is relative to the current application.
type idemia struct {
	ch      *channel
	pin2Min int // digits
}

// references are a code's number in VERIFY and in GET DATA. PIN2 is local to
// the QSCD application (bit 8 of the reference).
func (*idemia) references(r PINRef) (verify, data byte, aid []byte) {
	switch r {
	case PIN1:
		return 0x01, 0x01, idemiaMain
	case PUK:
		return 0x02, 0x02, idemiaMain
	case PIN2:
	}
	return 0x85, 0x05, idemiaQSCD
}

func (i *idemia) codes(r PINRef) codeFormat {
	switch r {
	case PIN1:
		return codeFormat{4, codeSize}
	case PIN2:
		return codeFormat{i.pin2Min, codeSize}
	case PUK:
	}
	return codeFormat{8, codeSize}
}

func (i *idemia) certificate(ctx context.Context, u Usage) ([]byte, error) {
	path := []byte{0xAD, 0xF1, 0x34, 0x01}
	if u == Signing {
		path = []byte{0xAD, 0xF2, 0x34, 0x1F}
	}
	return i.file(ctx, path, maxCertificate)
}

// file reads the file at a path from the root.
func (i *idemia) file(ctx context.Context, path []byte, limit int) ([]byte, error) {
	if err := i.ch.application(ctx, "selecting the card's application", idemiaMain); err != nil {
		return nil, err
	}
	fci, err := i.ch.choose(ctx, "selecting a file", 0x09, 0x04, path, anyLength)
	if err != nil {
		return nil, err
	}
	size, err := fileSize(fci, limit)
	if err != nil {
		return nil, err
	}
	return i.ch.readFile(ctx, "reading a file", size, idemiaMaxChunk)
}

// documentNumber reads EF D003, 04 LL and the number in ASCII.
func (i *idemia) documentNumber(ctx context.Context) (string, error) {
	b, err := i.file(ctx, []byte{0xD0, 0x03}, maxRecord)
	if err != nil {
		return "", err
	}
	number, err := tlvFind(b, 0x04)
	return string(number), err
}

// personalData reads DF 5000: one field per file, 5001 to 500F.
func (i *idemia) personalData(ctx context.Context) (*PersonalData, error) {
	if err := i.ch.application(ctx, "selecting the card's application", idemiaMain); err != nil {
		return nil, err
	}
	if _, err := i.ch.choose(ctx, "selecting the personal data", 0x09, 0x0C, []byte{0x3F, 0x00, 0x50, 0x00}, noAnswer); err != nil {
		return nil, err
	}
	var fields [15]string
	for n := range fields {
		var err error
		if fields[n], err = i.field(ctx, byte(n+1)); err != nil {
			return nil, fmt.Errorf("field %d: %w", n+1, err)
		}
	}
	p := &PersonalData{
		Surname: fields[0], GivenNames: fields[1], Sex: fields[2], Citizenship: fields[3],
		Birth: fields[4], PersonalCode: fields[5], DocumentNumber: fields[6], Expiry: fields[7],
		Issued: fields[8], ResidencePermit: fields[9],
	}
	for _, remark := range fields[10:] {
		if remark != "" {
			p.Remarks = append(p.Remarks, remark)
		}
	}
	return p, nil
}

func (i *idemia) field(ctx context.Context, n byte) (string, error) {
	if _, err := i.ch.choose(ctx, "selecting a field", 0x01, 0x0C, []byte{0x50, n}, noAnswer); err != nil {
		return "", err
	}
	b, err := i.ch.must(ctx, "reading a field", command{ins: insReadBinary, le: anyLength})
	if err != nil {
		return "", err
	}
	return record(b)
}

// pinStatus asks for 70 {BF81RR {A0 {9A max, 9B left}}}.
func (i *idemia) pinStatus(ctx context.Context, r PINRef) (PINStatus, error) {
	_, number, aid := i.references(r)
	if err := i.ch.application(ctx, "selecting the application", aid); err != nil {
		return PINStatus{}, err
	}
	b, err := i.ch.must(ctx, "asking for tries left", command{
		ins: insGetData, p1: 0x3F, p2: 0xFF, le: anyLength,
		data: []byte{0x4D, 0x08, 0x70, 0x06, 0xBF, 0x81, number, 0x02, 0xA0, 0x80},
	})
	if err != nil {
		return PINStatus{}, err
	}
	inner, err := tlvFind(b, 0x70, 0xBF8100|uint32(number), 0xA0)
	if err != nil {
		return PINStatus{}, err
	}
	most, err1 := tlvFind(inner, 0x9A)
	left, err2 := tlvFind(inner, 0x9B)
	if err1 != nil || err2 != nil || len(most) != 1 || len(left) != 1 {
		return PINStatus{}, fmt.Errorf("reading the counters: %w", ErrBadAnswer)
	}
	return PINStatus{Left: int(left[0]), Max: int(most[0]), Activated: true}, nil
}

func (*idemia) algorithms(_ Usage, c *x509.Certificate) []Algorithm {
	return curveAlgorithms(c, 8*idemiaCurve)
}

// sign chooses the key, verifies the PIN and signs. For signing, its
// application is still selected from pinStatus.
func (i *idemia) sign(ctx context.Context, in signing, p *PIN) ([]byte, error) {
	key := byte(idemiaSignKey)
	if in.usage == Authentication {
		key = idemiaAuthKey
		if err := i.ch.application(ctx, "selecting the application", idemiaAWP); err != nil {
			return nil, err
		}
	}
	steps := idemiaSteps(in, key)
	if _, err := i.ch.must(ctx, "choosing the key", steps[0]); err != nil {
		return nil, err
	}
	if err := i.verify(ctx, PINOf(in.usage), p); err != nil {
		return nil, err
	}
	return i.ch.must(ctx, "computing the signature", steps[1])
}

// idemiaSteps are the commands that choose a key and use it, for a key on
// P-384: authentication is INTERNAL AUTHENTICATE with the key of AWP, signing
// is PSO: COMPUTE DIGITAL SIGNATURE with that of QSCD.
func idemiaSteps(in signing, key byte) [2]command {
	digest := field(in.digest, idemiaCurve)
	if in.usage == Authentication {
		return [2]command{
			{ins: insManageSecurity, p1: 0x41, p2: 0xA4, data: []byte{0x80, 0x01, 0x04, 0x84, 0x01, key}},
			{ins: insInternalAuthenticate, data: digest, le: anyLength},
		}
	}
	return [2]command{
		{ins: insManageSecurity, p1: 0x41, p2: 0xB6, data: []byte{0x80, 0x01, 0x54, 0x84, 0x01, key}},
		{ins: insPerformSecurity, p1: 0x9E, p2: 0x9A, data: digest, le: anyLength},
	}
}

func (i *idemia) verify(ctx context.Context, r PINRef, p *PIN) error {
	number, _, _ := i.references(r)
	sw, err := i.ch.sendSecret(ctx, entry{command: command{ins: insVerify, p2: number}, pad: idemiaPad, format: i.codes(r)}, r, p)
	if err != nil {
		return fmt.Errorf("verifying %s: %w", r, err)
	}
	return codeError(r, sw)
}

// change is CHANGE REFERENCE DATA with the old code and the new one.
func (i *idemia) change(ctx context.Context, r PINRef, old, fresh *PIN) error {
	number, _, aid := i.references(r)
	if err := i.ch.application(ctx, "selecting the application", aid); err != nil {
		return err
	}
	sw, err := i.ch.sendSecret(ctx, entry{command: command{ins: insChangeReference, p2: number}, pad: idemiaPad, format: i.codes(r)}, r, old, fresh)
	if err != nil {
		return fmt.Errorf("changing %s: %w", r, err)
	}
	return changeError(r, sw)
}

// unblock verifies the PUK and sets a new code with RESET RETRY COUNTER.
func (i *idemia) unblock(ctx context.Context, r PINRef, puk, fresh *PIN) error {
	if err := i.ch.application(ctx, "selecting the application", idemiaMain); err != nil {
		return err
	}
	if err := i.verify(ctx, PUK, puk); err != nil {
		return err
	}
	number, _, aid := i.references(r)
	if r == PIN2 {
		if err := i.ch.application(ctx, "selecting the application", aid); err != nil {
			return err
		}
	}
	sw, err := i.ch.sendSecret(ctx, entry{command: command{ins: insResetRetryCounter, p1: 0x02, p2: number}, pad: idemiaPad, format: i.codes(r)}, r, fresh)
	if err != nil {
		return fmt.Errorf("unblocking %s: %w", r, err)
	}
	return codeError(r, sw)
}
