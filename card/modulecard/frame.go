package modulecard

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"

	"eidgate/internal/pin"
)

// A frame is one message between the processes: its kind, the length of what
// follows in 4 bytes, big-endian, and that.
type kind byte

const (
	kindLook      kind = 'L' // to the child: look, JSON
	kindSign      kind = 'S' // to the child: order, JSON; back: the signature
	kindTries     kind = 'T' // to the child: order, JSON; back: tries, JSON
	kindChange    kind = 'C' // to the child: order, JSON: change the PIN
	kindUnblock   kind = 'U' // to the child: order, JSON: a new PIN with the PUK
	kindDone      kind = 'D' // back: it is done
	kindFind      kind = 'O' // to the child: find, JSON
	kindFound     kind = 'o' // back: found, JSON
	kindAlways    kind = 'A' // to the child: does the key want its PIN each time?; back: a boolean, JSON
	kindHold      kind = 'H' // to the child: log in and stay so
	kindRelease   kind = 'R' // to the child: log out again
	kindPIN       kind = 'P' // to the child: a PIN; back: it is asked for, JSON
	kindElsewhere kind = 'E' // to the child: the PIN is entered elsewhere
	kindNoPIN     kind = 'N' // to the child: nobody enters the PIN
	kindKeys      kind = 'K' // back: keys, JSON
	kindFailure   kind = 'F' // back: failure, JSON
)

// maxFrame is the longest frame: keys with their certificates.
const maxFrame = 1 << 20

// frame is a message that was read. A PIN is never in data.
type frame struct {
	kind kind
	data []byte
	pin  *pin.Buffer
}

// write writes a frame. data goes out as it is: a PIN is copied nowhere.
func write(w io.Writer, k kind, data []byte) error {
	head := binary.BigEndian.AppendUint32([]byte{byte(k)}, uint32(len(data)))
	if _, err := w.Write(head); err != nil {
		return err
	}
	if len(data) == 0 {
		return nil
	}
	_, err := w.Write(data)
	return err
}

func writeJSON(w io.Writer, k kind, value any) error {
	b, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return write(w, k, b)
}

// reader tells the two ends apart: what is a PIN to the child is a request for
// one to the parent.
type reader int

const (
	parent reader = iota
	child
)

// read reads a frame; io.EOF when there is none.
func (end reader) read(r io.Reader) (frame, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	f, n := frame{kind: kind(head[0])}, binary.BigEndian.Uint32(head[1:])
	if end == child && f.kind == kindPIN {
		return f.readPIN(r, n)
	}
	if n > maxFrame {
		return frame{}, fmt.Errorf("%w: a frame of %d bytes", ErrProtocol, n)
	}
	f.data = make([]byte, n)
	if _, err := io.ReadFull(r, f.data); err != nil {
		return frame{}, fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	return f, nil
}

// readPIN reads the PIN straight into locked memory.
func (f frame) readPIN(r io.Reader, n uint32) (frame, error) {
	if n >= pin.MaxLength {
		return frame{}, fmt.Errorf("%w: a PIN of %d bytes", ErrProtocol, n)
	}
	p, err := pin.Read(io.LimitReader(r, int64(n)))
	if err != nil {
		return frame{}, err
	}
	if p.Len() != int(n) {
		p.Wipe()
		return frame{}, fmt.Errorf("%w: a PIN with a line feed, or cut short", ErrProtocol)
	}
	f.pin = p
	return f, nil
}
