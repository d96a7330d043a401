package card

import (
	"context"
	"fmt"
)

const (
	maxCertificate = 8 * 1024 // the largest seen on a card is 2124 bytes
	maxRecord      = 256      // one field of the personal data file
)

// choose sends SELECT and returns the control information, if it asked for any.
func (ch *channel) choose(ctx context.Context, operation string, p1, p2 byte, id []byte, le int) ([]byte, error) {
	return ch.must(ctx, operation, command{ins: insSelect, p1: p1, p2: p2, data: id, le: le})
}

// application selects an application by its name.
func (ch *channel) application(ctx context.Context, operation string, aid []byte) error {
	_, err := ch.choose(ctx, operation, 0x04, 0x0C, aid, noAnswer)
	return err
}

// readFile reads size bytes of the selected file in pieces the reader and the
// card can carry. chunk is the most to ask for at once; anyLength leaves the
// choice to the card.
func (ch *channel) readFile(ctx context.Context, operation string, size, chunk int) ([]byte, error) {
	b := make([]byte, 0, size)
	for len(b) < size {
		le := chunk
		if le != anyLength {
			le = min(chunk, size-len(b))
		}
		piece, err := ch.must(ctx, operation, command{
			ins: insReadBinary, p1: byte(len(b) >> 8), p2: byte(len(b)), le: le,
		})
		if err != nil {
			return nil, err
		}
		if len(piece) == 0 || len(piece) > size-len(b) {
			return nil, fmt.Errorf("%s: %d bytes where at most %d may follow: %w",
				operation, len(piece), size-len(b), ErrBadAnswer)
		}
		b = append(b, piece...)
	}
	return b, nil
}

// derLength cuts what follows the outermost DER object: a certificate may lie
// in a larger file.
func derLength(b []byte) ([]byte, error) {
	_, value, rest, err := tlv(b)
	if err != nil {
		return nil, err
	}
	if len(value) == 0 {
		return nil, fmt.Errorf("reading a certificate of no bytes: %w", ErrBadAnswer)
	}
	return b[:len(b)-len(rest)], nil
}
