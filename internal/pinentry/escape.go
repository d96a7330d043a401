package pinentry

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"eidgate/internal/fault"
	"eidgate/internal/pin"
)

// unescaper gives the bytes of a data line, decoded, one at a time into the
// reader's own memory, and io.EOF at its end. CR and LF, which no PIN has, are
// refused: as escapes they are data, and pin.Read would take them for an end.
type unescaper struct {
	r    io.Reader
	left int // bytes the line may still have
}

func (u *unescaper) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	p = p[:1]
	if err := u.next(p); err != nil {
		return 0, err
	}
	switch p[0] {
	case '\n':
		p[0] = 0
		return 0, io.EOF
	case '%':
		if err := u.escaped(p); err != nil {
			p[0] = 0
			return 0, err
		}
	}
	if p[0] < 0x20 || p[0] == 0x7f {
		p[0] = 0
		return 0, fmt.Errorf("%w: a control character in the PIN", ErrProtocol)
	}
	return 1, nil
}

func (u *unescaper) next(p []byte) error {
	if u.left--; u.left < 0 {
		return ErrProtocol
	}
	_, err := io.ReadFull(u.r, p)
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF // io.EOF is the line's end
	}
	return err
}

// escaped reads the two digits after a percent sign.
func (u *unescaper) escaped(p []byte) error {
	var value byte
	for range 2 {
		if err := u.next(p); err != nil {
			return err
		}
		switch d := p[0]; {
		case d >= '0' && d <= '9':
			value = value<<4 | (d - '0')
		case d >= 'A' && d <= 'F', d >= 'a' && d <= 'f':
			value = value<<4 | (d&0x0F + 9)
		default:
			return ErrProtocol
		}
	}
	p[0] = value
	return nil
}

// skip reads the line to its end and gives a PIN that is too long for any card
// and holds nothing of what was entered.
func (u *unescaper) skip() (*pin.Buffer, error) {
	var b [1]byte
	for {
		switch _, err := u.Read(b[:]); {
		case errors.Is(err, io.EOF):
			overlong := make([]byte, pin.MaxLength)
			for i := range overlong {
				overlong[i] = '0'
			}
			return pin.FromBytes(overlong)
		case err != nil && fault.CodeOf(err) != "":
			return nil, err
		case err != nil:
			return nil, fmt.Errorf("reading from pinentry: %w", err)
		}
		clear(b[:])
	}
}

// escape writes a text as the argument of a command: libassuan's percent
// escapes for what would end the line. Other control characters are gone.
func escape(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '%' || r == '\n':
			fmt.Fprintf(&b, "%%%02X", r)
		case r < 0x20 || r == 0x7f:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
