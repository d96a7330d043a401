package card

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
)

const (
	// Signature algorithms in MSE SET: the low half of the byte; the high half
	// names the hash (FINEID S4-1, table of algorithm references).
	thalesECDSA = 0x04
	thalesPSS   = 0x05
)

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
