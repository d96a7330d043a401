package nativehost

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Limits of the reference application, in bytes of JSON.
const (
	minMessage = 5
	maxMessage = 8192
)

// maxReply is what browsers take from a host: Chromium's limit is 1 MiB.
const maxReply = 1 << 20

// readMessage reads one framed message. It returns [ErrNoInput] when r ends
// before its first byte and [ErrLength] before it reads anything of a message
// that is too long.
func readMessage(r io.Reader) ([]byte, error) {
	var prefix [4]byte
	if _, err := io.ReadFull(r, prefix[:]); errors.Is(err, io.EOF) {
		return nil, ErrNoInput
	} else if err != nil {
		return nil, fmt.Errorf("reading the message's length: %w", err)
	}
	n := binary.NativeEndian.Uint32(prefix[:])
	if n < minMessage || n > maxMessage {
		return nil, fmt.Errorf("reading a message of %d bytes: %w", n, ErrLength)
	}
	message := make([]byte, n)
	if _, err := io.ReadFull(r, message); err != nil {
		return nil, fmt.Errorf("reading a message of %d bytes: %w", n, err)
	}
	return message, nil
}

// WriteMessage writes one framed message in a single write, so that a reader
// that goes away never sees half of one.
func WriteMessage(w io.Writer, message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encoding a reply: %w", err)
	}
	if len(text) > maxReply {
		return fmt.Errorf("writing a reply of %d bytes: %w", len(text), ErrLength)
	}
	frame := binary.NativeEndian.AppendUint32(make([]byte, 0, 4+len(text)), uint32(len(text)))
	if _, err := w.Write(append(frame, text...)); err != nil {
		return fmt.Errorf("writing a reply: %w", err)
	}
	return nil
}
