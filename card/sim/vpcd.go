package sim

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Control bytes of the vpcd protocol (vsmartcard, src/vpcd/vpcd.h): a message
// of one byte; anything longer is a command APDU.
const (
	vpcdPowerOff = 0x00
	vpcdPowerOn  = 0x01
	vpcdReset    = 0x02
	vpcdATR      = 0x04
)

// ServeVPCD is the card's side of the vpcd protocol: messages of a two-byte
// big-endian length and a payload, both ways. Connecting is insertion, closing
// conn is removal. It returns nil when the reader closes the connection or ctx
// ends, after closing conn.
//
// A TCP connection should acknowledge at once: the reader sends length and
// payload in two segments, and a delayed acknowledgement costs 40 ms for each
// command. [DialVPCD] makes such a connection.
func (c *Card) ServeVPCD(ctx context.Context, conn io.ReadWriteCloser) error {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	c.Reset()
	in := bufio.NewReader(conn)
	for {
		message, err := readMessage(in)
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("reading from the virtual reader: %w", err)
		}
		out, err := c.vpcdAnswer(message)
		if errors.Is(err, errRemoved) {
			return nil
		}
		if out == nil {
			continue
		}
		if err := writeMessage(conn, out); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("writing to the virtual reader: %w", err)
		}
	}
}

// vpcdAnswer is nil where the protocol has no answer.
func (c *Card) vpcdAnswer(message []byte) ([]byte, error) {
	if len(message) != 1 {
		out, err := c.transmit(message, onlyT0(c.ATR())) // pcscd prefers T=1
		if errors.Is(err, errReset) {
			return answer(nil, swInternalDamage), nil
		}
		return out, err
	}
	switch message[0] {
	case vpcdPowerOff, vpcdPowerOn, vpcdReset:
		c.Reset()
	case vpcdATR:
		return c.ATR(), nil
	}
	return nil, nil
}

func readMessage(in io.Reader) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(in, size[:]); err != nil {
		return nil, err
	}
	message := make([]byte, binary.BigEndian.Uint16(size[:]))
	_, err := io.ReadFull(in, message)
	return message, err
}

func writeMessage(w io.Writer, b []byte) error {
	out := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(b)), uint16(len(b)))
	_, err := w.Write(append(out, b...))
	return err
}
