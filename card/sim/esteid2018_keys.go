package sim

import (
	"bytes"
	"crypto/ecdsa"
	"io"
)

// environment answers MSE SET. The algorithm is named by one byte or by the
// four of older programs; both are taken, as the real card does.
func (c *esteid2018) environment(r request) uint16 {
	if r.p1 != 0x41 {
		return swWrongP1P2
	}
	algorithm, rest, err := unwrap(r.data, 0x80)
	if err != nil {
		return swWrongData
	}
	key, rest, err := unwrap(rest, 0x84)
	if err != nil || len(key) != 1 || len(rest) != 0 {
		return swWrongData
	}
	is := func(forms ...[]byte) bool {
		for _, f := range forms {
			if bytes.Equal(algorithm, f) {
				return true
			}
		}
		return false
	}
	c.authSet, c.signSet = false, false
	switch {
	case r.p2 == 0xA4 && key[0] == 0x81 && c.files.df == c.awp && is([]byte{0x04}, unhex("FF200800")):
		c.authSet = true
	case r.p2 == 0xB6 && key[0] == 0x9F && c.files.df == c.qscd && is([]byte{0x54}, unhex("FF150800")):
		c.signSet = true
	default:
		return swNoReference
	}
	return swOK
}

// authenticate is INTERNAL AUTHENTICATE: PIN1 stays verified.
func (c *esteid2018) authenticate(r request) ([]byte, uint16) {
	switch {
	case !c.authSet || c.files.df != c.awp:
		return nil, swNotSatisfied
	case !c.pin1.verified:
		return nil, swNotVerified
	}
	return c.ecdsa(c.auth, r.data)
}

// computeSignature is PSO: COMPUTE DIGITAL SIGNATURE. PIN2 is good for one.
func (c *esteid2018) computeSignature(r request) ([]byte, uint16) {
	switch {
	case r.p1 != 0x9E || r.p2 != 0x9A:
		return nil, swWrongP1P2
	case !c.signSet || c.files.df != c.qscd:
		return nil, swNotSatisfied
	case !c.pin2.verified:
		return nil, swNotVerified
	}
	c.pin2.verified = false
	return c.ecdsa(c.sign, r.data)
}

// ecdsa signs a field element; the card pads and cuts nothing.
func (c *esteid2018) ecdsa(key *ecdsa.PrivateKey, digest []byte) ([]byte, uint16) {
	if len(digest) != p384Size {
		return nil, swWrongLength
	}
	return signRaw(c.random, key, digest)
}

// signRaw makes a signature in the form r||s.
func signRaw(random io.Reader, key *ecdsa.PrivateKey, digest []byte) ([]byte, uint16) {
	r, s, err := ecdsa.Sign(random, key, digest)
	if err != nil {
		return nil, swInternalDamage
	}
	out := make([]byte, 2*p384Size)
	r.FillBytes(out[:p384Size])
	s.FillBytes(out[p384Size:])
	return out, swOK
}
