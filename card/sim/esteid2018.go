package sim

import (
	"crypto/ecdsa"
	"io"
	"strings"

	"eidgate/internal/persofile"
)

// esteid2018 is the application of IDEMIA's Estonian card: two key pairs on
// P-384, PIN1 and PUK of the card, PIN2 of the signing application.
type esteid2018 struct {
	files           tree
	main, awp, qscd *file
	pin1, pin2, puk *code
	auth, sign      *ecdsa.PrivateKey
	random          io.Reader

	// The security environment MSE SET left, zero when none.
	authSet, signSet bool
}

const (
	idemiaPad  = 0xFF
	idemiaSize = 12
	p384Size   = 48
)

func newEstEID2018(f *persofile.File, random io.Reader) (*esteid2018, error) {
	auth, authDER, err := keyPair(f.Authentication)
	if err != nil {
		return nil, err
	}
	sign, signDER, err := keyPair(f.Signing)
	if err != nil {
		return nil, err
	}
	c := &esteid2018{auth: auth, sign: sign, random: random}
	for _, k := range []struct {
		to      **code
		value   string
		minimum int
	}{{&c.pin1, f.PIN1, 4}, {&c.pin2, f.PIN2, 5}, {&c.puk, f.PUK, 8}} {
		if *k.to, err = newCode(k.value, k.minimum, idemiaSize, 3); err != nil {
			return nil, err
		}
	}
	c.main = &file{id: masterFile, aid: unhex("A000000077010800070000FE00000100")}
	c.main.add(&file{id: 0xD003, content: append([]byte{0x04, byte(len(f.DocumentNumber))}, f.DocumentNumber...)})
	df := c.main.add(&file{id: 0x5000})
	for i, text := range personalData(f, 15) {
		df.add(&file{id: 0x5001 + uint16(i), content: text})
	}
	c.awp = c.main.add(&file{id: 0xADF1, aid: unhex("E828BD080FF2504F5420415750")})
	c.awp.add(&file{id: 0x3401, content: authDER})
	c.qscd = c.main.add(&file{id: 0xADF2, aid: unhex("51534344204170706C69636174696F6E")})
	c.qscd.add(&file{id: 0x341F, content: signDER})
	c.files = tree{root: c.main, sizeTag: 0x80}
	c.reset()
	return c, nil
}

// personalData is the fields of the personal data file: dates with spaces, a
// lone zero byte where there is nothing to say.
func personalData(f *persofile.File, fields int) [][]byte {
	day := func(s string) string { return strings.ReplaceAll(s, ".", " ") }
	all := make([][]byte, fields)
	for i := range all {
		all[i] = []byte{0}
	}
	for i, text := range []string{
		f.Surname, f.GivenNames, f.Sex, f.Citizenship, day(f.Birth),
		f.PersonalCode, f.DocumentNumber, day(f.Expiry),
	} {
		if text != "" {
			all[i] = []byte(text)
		}
	}
	return all
}

func (c *esteid2018) atr() []byte {
	return unhex("3BDB960080B1FE451F830012233F536549440F9000F1")
}

// reset is what power-on and a warm reset do: counters stay, rights go.
func (c *esteid2018) reset() {
	c.files.reset()
	c.authSet, c.signSet = false, false
	c.forget()
}

func (c *esteid2018) forget() {
	c.pin1.verified, c.pin2.verified, c.puk.verified = false, false, false
}

func (c *esteid2018) process(r request) ([]byte, uint16) {
	switch r.ins {
	case 0xA4:
		return c.choose(r)
	case 0xB0:
		return c.files.read(r, 256)
	case 0xCB:
		return c.counters(r)
	case 0x20:
		return nil, c.verify(r)
	case 0x24:
		return nil, c.change(r)
	case 0x2C:
		return nil, c.unblock(r)
	case 0x22:
		return nil, c.environment(r)
	case 0x88:
		return c.authenticate(r)
	case 0x2A:
		return c.computeSignature(r)
	}
	return nil, swNoInstruction
}

// choose also ends the rights of the codes when the card's application itself
// is selected by name: that starts it anew.
func (c *esteid2018) choose(r request) ([]byte, uint16) {
	data, sw := c.files.choose(r)
	if sw != swOK {
		return nil, sw
	}
	if r.p1 == 0x04 && c.files.df == c.main {
		c.forget()
		c.authSet, c.signSet = false, false
	}
	return data, swOK
}

// counters answers GET DATA 4D{70{BF81RR{A0 80}}} with tries allowed and left.
func (c *esteid2018) counters(r request) ([]byte, uint16) {
	if r.p1 != 0x3F || r.p2 != 0xFF {
		return nil, swWrongP1P2
	}
	list, _, err := unwrap(r.data, 0x4D)
	if err != nil {
		return nil, swWrongData
	}
	object, _, err := unwrap(list, 0x70)
	if err != nil || len(object) < 3 || object[0] != 0xBF || object[1] != 0x81 {
		return nil, swWrongData
	}
	number := object[2]
	var k *code
	var access []byte
	switch {
	case number == 0x01 && c.files.df == c.main:
		k, access = c.pin1, []byte{0xF3, 0x00, 0x00, 0x73, 0x43, 0x00}
	case number == 0x02 && c.files.df == c.main:
		k, access = c.puk, []byte{0xF3, 0x00, 0x00, 0x73, 0x43, 0x00}
	case number == 0x05 && c.files.df == c.qscd:
		k, access = c.pin2, []byte{0xF3, 0x00, 0x00, 0x73, 0xFF, 0x00}
	default:
		return nil, swNoReference
	}
	body := append(wrap(0x9A, []byte{byte(k.max)}), wrap(0x9B, []byte{byte(k.left)})...)
	body = append(body, wrap(0xA1, append(wrap(0x8C, access), wrap(0x9C, access)...))...)
	return wrap(0x70, wrap(0xBF8100|uint32(number), wrap(0xA0, body))), swOK
}

// reference finds the code of P2. PIN2 is known only inside its application.
func (c *esteid2018) reference(p2 byte) *code {
	switch {
	case p2 == 0x01:
		return c.pin1
	case p2 == 0x02:
		return c.puk
	case p2 == 0x85 && c.files.df == c.qscd:
		return c.pin2
	}
	return nil
}

func (c *esteid2018) verify(r request) uint16 {
	k := c.reference(r.p2)
	switch {
	case r.p1 != 0:
		return swWrongP1P2
	case k == nil:
		return swNoReference
	case len(r.data) == 0:
		return k.state()
	case len(r.data) != idemiaSize:
		return swWrongLength
	}
	value, ok := strip(r.data, idemiaPad, idemiaSize)
	if !ok {
		return swWrongData
	}
	return k.try(value)
}

func (c *esteid2018) change(r request) uint16 {
	k := c.reference(r.p2)
	if k == nil || r.p1 != 0 {
		return swNoReference
	}
	if len(r.data) != 2*idemiaSize {
		return swWrongLength
	}
	old, ok1 := strip(r.data[:idemiaSize], idemiaPad, idemiaSize)
	fresh, ok2 := strip(r.data[idemiaSize:], idemiaPad, idemiaSize)
	if !ok1 || !ok2 || len(fresh) < k.min {
		return swWrongData
	}
	if string(old) == string(fresh) {
		return swNotSatisfied // the new code must be another one
	}
	if sw := k.try(old); sw != swOK {
		return sw
	}
	return k.set(fresh)
}

// unblock sets a new code after the PUK was verified.
func (c *esteid2018) unblock(r request) uint16 {
	k := c.reference(r.p2)
	if k == nil || k == c.puk || r.p1 != 0x02 {
		return swNoReference
	}
	if !c.puk.verified {
		return swNotVerified
	}
	fresh, ok := strip(r.data, idemiaPad, idemiaSize)
	if !ok {
		return swWrongData
	}
	return k.set(fresh)
}
