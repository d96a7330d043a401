package pki

import (
	"crypto"
	"fmt"
	"io"
	"math/big"
	"time"

	"eidgate/certs/timestamp"
)

// tsaAccuracy is what the authority promises about this machine's clock. Its
// times are whole seconds, like SK's and like OCSP's (RFC 6960 §4.2.2.1): an
// answer made in the same second does not look older than the time-stamp then,
// which digidoc4j refuses and for which a signer would have to wait.
const tsaAccuracy = time.Second

// timestamper makes the time-stamp authority. Its serial numbers are random
// with 159 bits, so that none is given twice and none has to be written down
// (RFC 3161 §2.4.2 asks for uniqueness across restarts).
func (p *PKI) timestamper() *timestamp.Authority {
	return &timestamp.Authority{
		Certificate: p.tsa.cert, Key: p.tsa.key, Policy: timestampPolicy,
		Hash: crypto.SHA256, Accuracy: tsaAccuracy,
		Serial: p.timestampSerial, Random: p.options.Random,
		Now: func() time.Time { return p.options.Now().Truncate(time.Second) },
	}
}

func (p *PKI) timestampSerial() (*big.Int, error) {
	b := make([]byte, 20)
	if _, err := io.ReadFull(p.options.Random, b); err != nil {
		return nil, fmt.Errorf("making a serial number: %w", err)
	}
	b[0] &= 0x7f
	return new(big.Int).SetBytes(b), nil
}
