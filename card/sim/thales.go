package sim

import (
	"crypto/ecdsa"
	"encoding/asn1"
	"io"

	"eidgate/internal/persofile"
)

// thales is the application of Thales' cards: Estonian ones of 2025 and
// Finnish ones of version 4, two key pairs on P-384.
type thales struct {
	files     tree
	answer    []byte         // to reset
	codes     map[byte]*code // by reference
	pin1      byte
	pin2, puk byte
	keys      map[byte]thalesKey // by reference
	activate  bool               // codes must be changed before first use
	random    io.Reader

	key    *thalesKey // chosen by MSE SET, nil when none
	hash   byte       // length of the digest MSE SET announced
	digest []byte     // handed over, nil when none
}

type thalesKey struct {
	private *ecdsa.PrivateKey
	pin     byte
	once    bool // the PIN is good for one signature
}

const (
	thalesPad  = 0x00
	thalesSize = 12
	thalesRead = 0xB5 // most the card sends at once
)

func newThales(f *persofile.File, o options) (*thales, error) {
	auth, authDER, err := keyPair(f.Authentication)
	if err != nil {
		return nil, err
	}
	sign, signDER, err := keyPair(f.Signing)
	if err != nil {
		return nil, err
	}
	c := &thales{codes: make(map[byte]*code), random: o.random}
	root := &file{id: masterFile, aid: unhex("A000000063504B43532D3135")}
	c.files = tree{root: root, sizeTag: 0x81}
	if f.Card == "fineid4" {
		err = c.finnish(f, root, authDER, signDER)
	} else {
		err = c.estonian(f, root, authDER, signDER)
	}
	if err != nil {
		return nil, err
	}
	for number := range c.keys {
		k := c.keys[number]
		k.private = auth
		if k.pin == c.pin2 {
			k.private = sign
		}
		c.keys[number] = k
	}
	for _, k := range c.codes {
		k.changed = !o.unused
	}
	c.reset()
	return c, nil
}

func (c *thales) estonian(f *persofile.File, root *file, auth, sign []byte) error {
	c.answer = unhex("3BFF9600008031FE438031B85365494464B085051012233F1D")
	c.pin1, c.pin2, c.puk, c.activate = 0x81, 0x82, 0x83, true
	c.keys = map[byte]thalesKey{0x01: {pin: c.pin1}, 0x05: {pin: c.pin2, once: true}}
	root.add(&file{id: 0xADF1}).add(&file{id: 0x3411, content: auth})
	root.add(&file{id: 0xADF2}).add(&file{id: 0x3421, content: sign})
	person := root.add(&file{id: 0xDFDD})
	for i, text := range personalData(f, 23) { // rows are numbered in decimal
		person.add(&file{id: 0x5000 + uint16((i+1)/10<<4|(i+1)%10), content: text})
	}
	return c.addCodes(f, 5, 3)
}

func (c *thales) finnish(f *persofile.File, root *file, auth, sign []byte) error {
	c.answer = unhex("3B7F9600008031B865B085050011122460829000")
	c.pin1, c.pin2, c.puk = 0x11, 0x82, 0x83
	c.keys = map[byte]thalesKey{0x01: {pin: c.pin1}, 0x02: {pin: c.pin2, once: true}}
	info, err := asn1.Marshal(struct {
		Version int
		Serial  []byte
	}{0, []byte(f.DocumentNumber)})
	if err != nil {
		return err
	}
	root.add(&file{id: 0x5032, content: info})
	root.add(&file{id: 0x4331, content: auth})
	root.add(&file{id: 0x5016}).add(&file{id: 0x4332, content: sign})
	return c.addCodes(f, 6, 5)
}

func (c *thales) addCodes(f *persofile.File, pin2Min, tries int) error {
	for _, k := range []struct {
		number  byte
		value   string
		minimum int
	}{{c.pin1, f.PIN1, 4}, {c.pin2, f.PIN2, pin2Min}, {c.puk, f.PUK, 8}} {
		made, err := newCode(k.value, k.minimum, thalesSize, tries)
		if err != nil {
			return err
		}
		c.codes[k.number] = made
	}
	return nil
}

func (c *thales) atr() []byte { return c.answer }

func (c *thales) reset() {
	c.files.reset()
	c.forget()
}

func (c *thales) forget() {
	for _, k := range c.codes {
		k.verified = false
	}
	c.key, c.digest = nil, nil
}

func (c *thales) process(r request) ([]byte, uint16) {
	switch r.ins {
	case 0xA4:
		data, sw := c.files.choose(r)
		if sw == swOK && r.p1 == 0x04 {
			c.forget()
		}
		return data, sw
	case 0xB0:
		return c.files.read(r, thalesRead)
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
	case 0x2A:
		return c.perform(r)
	}
	return nil, swNoInstruction
}

// counters answers GET DATA A0 03 83 01 RR.
func (c *thales) counters(r request) ([]byte, uint16) {
	if r.p1 != 0x00 || r.p2 != 0xFF {
		return nil, swWrongP1P2
	}
	list, rest, err := unwrap(r.data, 0xA0)
	if err != nil || len(rest) != 0 {
		return nil, swWrongData
	}
	number, _, err := unwrap(list, 0x83)
	if err != nil || len(number) != 1 {
		return nil, swWrongData
	}
	k := c.codes[number[0]]
	if k == nil {
		return nil, swNoReference
	}
	changed := byte(0)
	if k.changed {
		changed = 1
	}
	body := wrap(0x83, number)
	for _, field := range []struct {
		tag   uint32
		value []byte
	}{
		{0x8C, unhex("F0000000")}, {0x9C, unhex("F0000000")},
		{0xDF21, []byte{byte(k.left), 0xFF, 0xA5, 0x03}}, {0xDF27, unhex("FFFF")},
		{0xDF28, []byte{thalesSize}}, {0xDF2F, []byte{changed}},
	} {
		body = append(body, wrap(field.tag, field.value)...)
	}
	return wrap(0xA0, body), swOK
}

func (c *thales) verify(r request) uint16 {
	k := c.codes[r.p2]
	switch {
	case r.p1 != 0:
		return swWrongP1P2
	case k == nil || r.p2 == c.puk:
		return swNoReference
	case len(r.data) == 0:
		return k.state()
	case len(r.data) != thalesSize:
		return swWrongLength
	}
	value, ok := strip(r.data, thalesPad, thalesSize)
	if !ok {
		return swWrongData
	}
	return k.try(value)
}

// two splits the data of a command that carries two codes.
func two(b []byte) (first, second []byte, ok bool) {
	if len(b) != 2*thalesSize {
		return nil, nil, false
	}
	first, ok1 := strip(b[:thalesSize], thalesPad, thalesSize)
	second, ok2 := strip(b[thalesSize:], thalesPad, thalesSize)
	return first, second, ok1 && ok2
}

func (c *thales) change(r request) uint16 {
	k := c.codes[r.p2]
	if k == nil || r.p2 == c.puk || r.p1 != 0 {
		return swNoReference
	}
	old, fresh, ok := two(r.data)
	if !ok || len(fresh) < k.min {
		return swWrongData
	}
	if string(old) == string(fresh) {
		return swNotSatisfied
	}
	if sw := k.try(old); sw != swOK {
		return sw
	}
	return k.set(fresh)
}

// unblock takes the PUK and the new code in one command.
func (c *thales) unblock(r request) uint16 {
	k := c.codes[r.p2]
	if k == nil || r.p2 == c.puk || r.p1 != 0 {
		return swNoReference
	}
	puk, fresh, ok := two(r.data)
	if !ok || len(fresh) < k.min {
		return swWrongData
	}
	if sw := c.codes[c.puk].try(puk); sw != swOK {
		return sw
	}
	return k.set(fresh)
}
