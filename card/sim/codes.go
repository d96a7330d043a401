package sim

import (
	"bytes"
	"crypto/subtle"
	"fmt"
)

// code is a PIN or a PUK with its counter. The counter survives a reset, as on
// a real card.
type code struct {
	value     []byte // without padding
	min       int
	left, max int
	verified  bool
	changed   bool // since the card was issued
}

// newCode makes a code of at least minimum digits; longest is the card's.
func newCode(value string, minimum, longest, tries int) (*code, error) {
	padded := make([]byte, longest)
	copy(padded, value)
	if digits, ok := strip(padded, 0, longest); !ok || len(value) > longest || len(digits) < minimum {
		return nil, fmt.Errorf("a code must be %d to %d digits", minimum, longest)
	}
	return &code{value: []byte(value), min: minimum, left: tries, max: tries}, nil
}

// try compares an entered code and counts, ISO/IEC 7816-4 section 7.5.6.
func (c *code) try(entered []byte) uint16 {
	if c.left == 0 {
		return swBlocked
	}
	if subtle.ConstantTimeCompare(entered, c.value) == 1 {
		c.left, c.verified = c.max, true
		return swOK
	}
	c.verified = false
	c.left--
	return 0x63C0 | uint16(c.left)
}

// state answers a VERIFY without data: verified already, or tries left.
func (c *code) state() uint16 {
	switch {
	case c.verified:
		return swOK
	case c.left == 0:
		return swBlocked
	}
	return 0x63C0 | uint16(c.left)
}

// set gives the code a new value and its tries back.
func (c *code) set(value []byte) uint16 {
	if len(value) < c.min {
		return swWrongData
	}
	c.value = bytes.Clone(value)
	c.left, c.verified, c.changed = c.max, false, true
	return swOK
}

// strip takes the padding off a code of fixed length. ok is false when the
// padding is not only at the end or the code is not digits.
func strip(b []byte, pad byte, length int) (value []byte, ok bool) {
	if len(b) != length {
		return nil, false
	}
	n := bytes.IndexByte(b, pad)
	if n < 0 {
		n = length
	}
	for _, c := range b[n:] {
		if c != pad {
			return nil, false
		}
	}
	for _, c := range b[:n] {
		if c < '0' || c > '9' {
			return nil, false
		}
	}
	return b[:n], true
}
