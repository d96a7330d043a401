package pinentry

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"eidgate/internal/fault"
	"eidgate/internal/pin"
)

// maxLine is the longest line of the protocol, without its line feed.
const maxLine = 1000

// maxLines bounds what a server may say before it answers a command.
const maxLines = 64

// Error codes of libgpg-error that pinentry programs give, the low 16 bits of
// the number after ERR (gpg-error.h).
const (
	codeMask           = 0xFFFF
	codeTimeout        = 62
	codeCancelled      = 99
	codeNotConfirmed   = 114
	codeFullyCancelled = 198
)

// serverError is an ERR line.
type serverError struct{ code int }

func (e *serverError) Error() string { return fmt.Sprintf("pinentry answered error %d", e.code) }

// errNotConfirmed is the third button.
var errNotConfirmed = errors.New("not confirmed")

// conn is the client's end of an Assuan connection.
type conn struct {
	r io.Reader // read byte by byte: a buffer would keep the PIN
	w io.Writer
}

// greet reads the server's first line.
func (c *conn) greet() error {
	_, err := c.answer(false)
	return err
}

// command sends one line and reads its answer, which must have no data.
func (c *conn) command(name, argument string) error {
	_, err := c.exchange(name, argument, false)
	return err
}

// secret sends one line and reads its data as a PIN. No data is an empty PIN.
func (c *conn) secret(name string) (*pin.Buffer, error) {
	return c.exchange(name, "", true)
}

func (c *conn) exchange(name, argument string, secret bool) (*pin.Buffer, error) {
	line := name
	if argument != "" {
		line += " " + argument
	}
	if len(line) > maxLine || strings.ContainsAny(line, "\r\n") {
		return nil, fmt.Errorf("sending a line: %w", ErrProtocol)
	}
	if _, err := io.WriteString(c.w, line+"\n"); err != nil {
		return nil, fmt.Errorf("sending a line: %w", err)
	}
	return c.answer(secret)
}

// answer reads lines up to OK or ERR.
func (c *conn) answer(secret bool) (*pin.Buffer, error) {
	var code *pin.Buffer
	for range maxLines {
		line, data, err := c.line(secret && code == nil)
		if data != nil {
			code = data
			continue
		}
		if err != nil {
			code.Wipe()
			return nil, err
		}
		verb, rest, _ := strings.Cut(line, " ")
		switch {
		case verb == "OK":
			if secret && code == nil {
				return pin.FromBytes(nil)
			}
			return code, nil
		case verb == "ERR":
			code.Wipe()
			return nil, readError(rest)
		case verb == "S", strings.HasPrefix(verb, "#"):
		default: // INQUIRE, END, a second D or nonsense
			code.Wipe()
			return nil, ErrProtocol
		}
	}
	code.Wipe()
	return nil, ErrProtocol
}

func readError(text string) error {
	number, _, _ := strings.Cut(text, " ")
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return ErrProtocol
	}
	switch n & codeMask {
	case codeCancelled, codeFullyCancelled:
		return ErrCancelled
	case codeTimeout:
		return ErrTimeout
	case codeNotConfirmed:
		return errNotConfirmed
	}
	return &serverError{code: int(n & codeMask)}
}

// line reads one line byte by byte. A line of data is read into locked memory
// when data is wanted, and refused when it is not.
func (c *conn) line(dataWanted bool) (string, *pin.Buffer, error) {
	var line []byte
	var b [1]byte
	for len(line) <= maxLine {
		if _, err := io.ReadFull(c.r, b[:]); err != nil {
			return "", nil, fmt.Errorf("reading from pinentry: %w", err)
		}
		if b[0] == '\n' {
			return strings.TrimSuffix(string(line), "\r"), nil, nil
		}
		line = append(line, b[0])
		if string(line) == "D " {
			if !dataWanted {
				return "", nil, ErrProtocol
			}
			code, err := c.data()
			return "", code, err
		}
	}
	return "", nil, ErrProtocol
}

// data reads the rest of a data line as a PIN. What is too long for one is
// skipped, so that the answer's end can still be read.
func (c *conn) data() (*pin.Buffer, error) {
	in := &unescaper{r: c.r, left: maxLine}
	code, err := pin.Read(in)
	if errors.Is(err, pin.ErrTooLong) {
		return in.skip()
	}
	if err != nil {
		return nil, err
	}
	return code, nil
}

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
