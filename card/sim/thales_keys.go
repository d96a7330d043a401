package sim

// environment answers MSE SET with an algorithm and a key: both keys sign with
// template B6.
func (c *thales) environment(r request) uint16 {
	c.key, c.digest = nil, nil
	if r.p1 != 0x41 || r.p2 != 0xB6 {
		return swWrongP1P2
	}
	algorithm, rest, err := unwrap(r.data, 0x80)
	if err != nil || len(algorithm) != 1 {
		return swWrongData
	}
	number, rest, err := unwrap(rest, 0x84)
	if err != nil || len(number) != 1 || len(rest) != 0 {
		return swWrongData
	}
	key, known := c.keys[number[0]]
	size := map[byte]byte{0x34: 28, 0x44: 32, 0x54: 48, 0x64: 64}[algorithm[0]]
	if !known || size == 0 {
		return swNoReference
	}
	c.key, c.hash = &key, size
	return swOK
}

// perform is PSO: HASH with a finished digest, or PSO: COMPUTE DIGITAL
// SIGNATURE over it.
func (c *thales) perform(r request) ([]byte, uint16) {
	switch {
	case c.key == nil:
		return nil, swNotSatisfied
	case r.p1 == 0x90 && r.p2 == 0xA0:
		digest, rest, err := unwrap(r.data, 0x90)
		if err != nil || len(rest) != 0 || len(digest) != int(c.hash) {
			return nil, swWrongData
		}
		c.digest = append([]byte{}, digest...)
		return nil, swOK
	case r.p1 == 0x9E && r.p2 == 0x9A:
		return c.signature()
	}
	return nil, swWrongP1P2
}

func (c *thales) signature() ([]byte, uint16) {
	k := c.codes[c.key.pin]
	switch {
	case c.digest == nil, c.activate && !k.changed:
		return nil, swNotSatisfied
	case !k.verified:
		return nil, swNotVerified
	}
	if c.key.once {
		k.verified = false
	}
	digest := c.digest
	c.digest = nil
	return signRaw(c.random, c.key.private, digest)
}
