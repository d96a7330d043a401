// Package pin holds PINs the way the whole program must hold them: as bytes in
// locked memory that are wiped after use, never as a string.
//
// [Buffer] is the PIN, [Source] is whoever can ask the user for one. card and
// pkcs11 re-export both, because keys of either kind ask for a PIN at the
// moment of use, once.
//
// A Buffer refuses to be printed, logged or marshalled. It does not protect
// against a debugger with the rights of the same user.
package pin

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"eidgate/internal/fault"
)

// MaxLength is the longest PIN or PUK in bytes that a Buffer takes.
const MaxLength = 64

// ErrCancelled says that the user did not want to enter the PIN.
var ErrCancelled = fault.New("pin.cancelled", "PIN entry was cancelled", "")

// ErrTooLong says that what was entered cannot be a PIN.
var ErrTooLong = fault.New("pin.too-long", "the PIN is longer than 64 bytes", "Enter the PIN that belongs to the card.")

// Purpose is what a PIN is asked for.
type Purpose int

// The purposes a PIN is asked for.
const (
	Authenticate Purpose = iota + 1 // PIN1: log in
	Sign                            // PIN2: sign a document
	Unblock                         // PUK
	Change                          // a code that is replaced, and the new one
)

// Request tells a [Source] what the user must be told before entering a PIN.
type Request struct {
	Purpose   Purpose
	Label     string // what the PIN is called on the token: "PIN1", "PIN2", "PUK"
	Token     string // which card or token, as its owner knows it; may come from the card, so escape it before display
	Left, Max int    // tries left and allowed; -1 when the token does not say
	MinLength int    // shortest PIN the token takes
	MaxLength int    // longest PIN the token takes
	PINPad    bool   // the reader takes the PIN itself: show the request, return nil
}

// Source asks the user for one PIN. It returns [ErrCancelled] when the user
// declines, and nil without an error only when the request said PINPad. The
// caller wipes the Buffer.
type Source interface {
	PIN(ctx context.Context, r Request) (*Buffer, error)
}

// SourceFunc makes a function a [Source].
type SourceFunc func(ctx context.Context, r Request) (*Buffer, error)

// PIN calls f.
func (f SourceFunc) PIN(ctx context.Context, r Request) (*Buffer, error) { return f(ctx, r) }

// Buffer is a PIN in locked memory. The zero value is not usable; see [Read]
// and [FromBytes]. It is not safe for concurrent use.
type Buffer struct {
	mem []byte // MaxLength locked bytes, nil once wiped
	n   int
}

// FromBytes moves the PIN out of b: b is overwritten with zeros in any case.
func FromBytes(b []byte) (*Buffer, error) {
	defer clear(b)
	if len(b) > MaxLength {
		return nil, ErrTooLong
	}
	p, err := empty()
	if err != nil {
		return nil, err
	}
	p.n = copy(p.mem, b)
	return p, nil
}

// Read reads a PIN from r up to the first line feed or the end, straight into
// locked memory, and reads nothing beyond the line feed.
func Read(r io.Reader) (*Buffer, error) {
	p, err := empty()
	if err != nil {
		return nil, err
	}
	for {
		if p.n == MaxLength {
			p.Wipe()
			return nil, ErrTooLong
		}
		n, err := r.Read(p.mem[p.n : p.n+1])
		if n == 1 && p.mem[p.n] == '\n' {
			break
		}
		p.n += n
		if err == io.EOF {
			break
		}
		if err != nil {
			p.Wipe()
			return nil, fmt.Errorf("reading the PIN: %w", err)
		}
	}
	if p.n > 0 && p.mem[p.n-1] == '\r' {
		p.n--
		p.mem[p.n] = 0
	}
	return p, nil
}

func empty() (*Buffer, error) {
	mem, err := lock(MaxLength)
	if err != nil {
		return nil, fmt.Errorf("locking memory for the PIN: %w", err)
	}
	return &Buffer{mem: mem}, nil
}

// Copy is a second Buffer with the same PIN, wiped on its own.
func (p *Buffer) Copy() (*Buffer, error) {
	c, err := empty()
	if err != nil {
		return nil, err
	}
	c.n = copy(c.mem, p.Bytes())
	return c, nil
}

// Bytes is the PIN itself, valid until Wipe. Callers must not keep a copy.
func (p *Buffer) Bytes() []byte { return p.mem[:p.n] }

// Len is the length of the PIN in bytes.
func (p *Buffer) Len() int { return p.n }

// Wipe overwrites and releases the PIN. It may be called more than once and on
// nil.
func (p *Buffer) Wipe() {
	if p == nil || p.mem == nil {
		return
	}
	clear(p.mem)
	unlock(p.mem)
	p.mem, p.n = nil, 0
}

// Format prints a placeholder whatever the verb.
func (p *Buffer) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "[PIN]") }

// LogValue keeps the PIN out of logs.
func (p *Buffer) LogValue() slog.Value { return slog.StringValue("[PIN]") }

// MarshalText refuses, so that no encoder can write a PIN.
func (p *Buffer) MarshalText() ([]byte, error) {
	return nil, fault.New("pin.not-marshalled", "a PIN is never written", "")
}
