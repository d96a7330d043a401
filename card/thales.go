package card

import (
	"context"
	"fmt"
)

// thalesMain is the PKCS #15 application of Thales' eID cards.
var thalesMain = unhex("A000000063504B43532D3135")

// thalesPad fills codes up to their length.
const thalesPad = 0x00

// thalesCard is what differs between the kinds of card with this application.
type thalesCard struct {
	authFile, signFile []byte // paths from the root
	authKey, signKey   byte
	pin1, pin2, puk    byte // references
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
// its answer to reset are the version of the card's software. The codes are those
// of FINEID S1 v4.2 section 3.5.2 and, for the PUK, of EF.AOD in FINEID S4-1 v4.2
// section 8.1.5, as refineid-core (crates/auth) cites them from Finnish cards.
var fineid4 = thalesDriver("fineid4", "Finnish eID card (version 4)", thalesCard{
	authFile: unhex("4331"), signFile: unhex("50164332"), authKey: 0x01, signKey: 0x02,
	pin1: 0x11, pin2: 0x82, puk: 0x83, pin2Min: 6, tries: 5,
}, atrPattern{
	value: unhex("3B7F9600008031B865B0850500111224608290" + "00"),
	mask:  unhex("FFFFFFFFFFFFFFFFFFFFFFFF0000FFFFFFFFFF" + "FF"),
})

// fineid3 is the Finnish card of version 3: RSA to log in, P-256 to sign. Its PUK
// is the one that OpenSC names (card-fineid.c, in its repository until 2020).
var fineid3 = thalesDriver("fineid3", "Finnish eID card (version 3)", thalesCard{
	authFile: unhex("4331"), signFile: unhex("50164335"), authKey: 0x01, signKey: 0x03,
	pin1: 0x11, pin2: 0x82, puk: 0x83, pin2Min: 6, tries: 5,
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
