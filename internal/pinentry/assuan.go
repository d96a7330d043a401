package pinentry

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

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
