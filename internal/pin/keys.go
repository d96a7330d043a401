package pin

import (
	"fmt"
	"io"
)

// Keys that end or change the entry on a terminal in raw mode.
const (
	keyInterrupt = 0x03 // Ctrl-C
	keyEOF       = 0x04 // Ctrl-D
	keyBackspace = 0x08
	keyLineFeed  = '\n'
	keyReturn    = '\r'
	keyKill      = 0x15 // Ctrl-U
	keyEscape    = 0x1b
	keyDelete    = 0x7f
)

// ReadKeys reads a PIN from a terminal in raw mode, key by key into locked
// memory: Enter ends it, Backspace takes the last byte back, Ctrl-U all of
// them, and Ctrl-C, Ctrl-D or Escape give [ErrCancelled].
func ReadKeys(r io.Reader) (*Buffer, error) {
	p, err := empty()
	if err != nil {
		return nil, err
	}
	key, err := FromBytes([]byte{0}) // one locked byte to read into
	if err != nil {
		p.Wipe()
		return nil, err
	}
	defer key.Wipe()
	for {
		n, err := r.Read(key.Bytes())
		if n == 0 && err == nil {
			continue
		}
		if n == 0 {
			p.Wipe()
			return nil, fmt.Errorf("reading the PIN: %w", err)
		}
		done, err := p.press(key.Bytes()[0])
		if err != nil {
			p.Wipe()
			return nil, err
		}
		if done {
			return p, nil
		}
	}
}

// press takes one key and reports whether it ended the entry.
func (p *Buffer) press(key byte) (bool, error) {
	switch key {
	case keyReturn, keyLineFeed:
		return true, nil
	case keyInterrupt, keyEOF, keyEscape:
		return false, ErrCancelled
	case keyBackspace, keyDelete:
		if p.n > 0 {
			p.n--
			p.mem[p.n] = 0
		}
	case keyKill:
		clear(p.mem)
		p.n = 0
	default:
		if p.n == MaxLength {
			return false, ErrTooLong
		}
		p.mem[p.n] = key
		p.n++
	}
	return false, nil
}
