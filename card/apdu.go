package card

import (
	"context"
	"errors"
	"fmt"

	"eidgate/internal/pin"
)

// Instructions of ISO/IEC 7816-4 and -8 that the drivers use.
const (
	insVerify               = 0x20
	insManageSecurity       = 0x22
	insChangeReference      = 0x24
	insPerformSecurity      = 0x2A
	insResetRetryCounter    = 0x2C
	insInternalAuthenticate = 0x88
	insSelect               = 0xA4
	insReadBinary           = 0xB0
	insGetResponse          = 0xC0
	insGetData              = 0xCB
)

const (
	swOK           = 0x9000
	swBlocked      = 0x6983
	swInvalidated  = 0x6984
	swNotSatisfied = 0x6985
	swWrongData    = 0x6A80

	// noAnswer as Le: no data expected. anyLength: up to 256 bytes.
	noAnswer  = 0
	anyLength = 256

	maxAnswer      = 256 + 2   // short APDUs only: extended length is never assumed
	maxWholeAnswer = 16 * 1024 // collected by GET RESPONSE
	maxRounds      = 64        // GET RESPONSE for one command
)

// command is a short command APDU, ISO/IEC 7816-4 section 5.1.
type command struct {
	ins, p1, p2 byte
	data        []byte
	le          int // noAnswer, 1..255, or anyLength
}

// repeatable says that sending the command twice changes nothing: only then
// may a 6Cxx be answered by repeating it. Commands that carry a PIN or use a
// key are not in this list.
func (c command) repeatable() bool {
	switch c.ins {
	case insSelect, insReadBinary, insGetResponse, insGetData:
		return true
	}
	return false
}

// bytes encodes the command into buf, which must be long enough.
func (c command) bytes(buf []byte, withLe bool) []byte {
	b := append(buf[:0], 0x00, c.ins, c.p1, c.p2)
	if len(c.data) > 0 {
		b = append(b, byte(len(c.data)))
		b = append(b, c.data...)
	}
	if c.le != noAnswer && withLe {
		b = append(b, byte(c.le)) // 256 becomes 00
	}
	return b
}

// channel sends commands and collects answers over T=0 and T=1 alike.
type channel struct {
	transport Transport
	protocol  Protocol
	pad       PINPad
}

// send sends a command that carries no secret. Its answer's status word is
// anything but 61xx, and 6Cxx only where repeating was not allowed or did not
// help.
func (ch *channel) send(ctx context.Context, c command) ([]byte, uint16, error) {
	if len(c.data) > 255 {
		return nil, 0, fmt.Errorf("sending a command of %d bytes: %w", len(c.data), ErrUnsupported)
	}
	// T=0 cannot carry data both ways in one command (ISO/IEC 7816-3 section
	// 12.2.5): the answer is fetched after 61xx.
	withLe := ch.protocol != T0 || len(c.data) == 0
	data, sw, err := ch.exchange(ctx, c.bytes(make([]byte, 0, 261), withLe))
	if err == nil && sw>>8 == 0x6C && c.repeatable() {
		c.le = int(sw & 0xFF)
		if c.le == 0 {
			c.le = anyLength
		}
		data, sw, err = ch.exchange(ctx, c.bytes(make([]byte, 0, 261), true))
	}
	if err != nil || sw>>8 != 0x61 {
		return data, sw, err
	}
	return ch.collect(ctx, data, sw)
}

// collect follows 61xx with GET RESPONSE, ISO/IEC 7816-4 section 7.6.1.
func (ch *channel) collect(ctx context.Context, data []byte, sw uint16) ([]byte, uint16, error) {
	for range maxRounds {
		if sw>>8 != 0x61 {
			return data, sw, nil
		}
		le := int(sw & 0xFF)
		if le == 0 {
			le = anyLength
		}
		more, next, err := ch.exchange(ctx, command{ins: insGetResponse, le: le}.bytes(make([]byte, 0, 5), true))
		if err != nil {
			return nil, 0, err
		}
		if next>>8 == 0x6C { // so many bytes are there: ask for them
			sw = 0x6100 | next&0xFF
			continue
		}
		if len(more) == 0 && next>>8 == 0x61 || len(data)+len(more) > maxWholeAnswer {
			break
		}
		data, sw = append(data, more...), next
	}
	return nil, 0, fmt.Errorf("collecting an answer: %w", ErrBadAnswer)
}

// exchange is one command and one answer on the wire.
func (ch *channel) exchange(ctx context.Context, apdu []byte) ([]byte, uint16, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, contextError(err)
	}
	answer, err := ch.transport.Transmit(ctx, apdu)
	if err != nil {
		return nil, 0, err
	}
	n := len(answer)
	if n < 2 || n > maxAnswer {
		return nil, 0, fmt.Errorf("receiving %d bytes: %w", n, ErrBadAnswer)
	}
	return answer[:n-2], uint16(answer[n-2])<<8 | uint16(answer[n-1]), nil
}

// codeSize is the length of a code in a command, padding included, on every
// card of the table.
const codeSize = 12

// sendSecret sends a command whose data is codes, each padded to its length,
// exactly once. The command is built in locked memory and wiped. Codes that
// are nil are typed at the reader.
func (ch *channel) sendSecret(ctx context.Context, e entry, ref PINRef, codes ...*PIN) (uint16, error) {
	e.codes = len(codes)
	for i, p := range codes {
		if (p == nil) != (codes[0] == nil) {
			return 0, fmt.Errorf("entering one code here and one at the reader: %w", ErrUnsupported)
		}
		if p == nil && i == e.codes-1 {
			return ch.typed(ctx, e, ref)
		}
	}
	apdu, err := pin.FromBytes(make([]byte, 5+codeSize*len(codes))) // locked, zero
	if err != nil {
		return 0, err
	}
	defer apdu.Wipe()
	b := apdu.Bytes()
	copy(b, e.template())
	for i, p := range codes {
		copy(b[5+i*codeSize:5+(i+1)*codeSize], p.Bytes())
	}
	data, sw, err := ch.exchange(ctx, b)
	if err == nil && len(data) != 0 {
		return 0, fmt.Errorf("receiving data for a command that has none: %w", ErrBadAnswer)
	}
	return sw, err
}

// must sends a command that has to succeed.
func (ch *channel) must(ctx context.Context, operation string, c command) ([]byte, error) {
	data, sw, err := ch.send(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", operation, err)
	}
	if sw != swOK {
		return nil, &StatusError{Operation: operation, SW: sw}
	}
	return data, nil
}

// contextError turns the end of a context into the card's own error.
func contextError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	}
	return fmt.Errorf("%w: %w", ErrInterrupted, err)
}
