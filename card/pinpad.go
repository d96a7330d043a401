package card

import (
	"context"
	"encoding/binary"
	"fmt"
)

// PINPad holds the reader's control codes for taking codes itself, PC/SC part
// 10 section 2.3 (FEATURE_VERIFY_PIN_DIRECT, FEATURE_MODIFY_PIN_DIRECT). A code
// is zero where the reader cannot do that; codes are then typed at the
// computer.
type PINPad struct{ Verify, Modify uint32 }

// complete says that every code can be entered at the reader.
func (p PINPad) complete() bool { return p.Verify != 0 && p.Modify != 0 }

// WithoutPINPads makes a service whose readers all take codes from the
// computer, for readers that say they have a PIN pad and have none.
func WithoutPINPads(svc Service) Service { return padless{svc} }

type padless struct{ Service }

func (p padless) Connect(ctx context.Context, reader string) (Connection, error) {
	c, err := p.Service.Connect(ctx, reader)
	if err != nil {
		return nil, err
	}
	return padlessConnection{c}, nil
}

type padlessConnection struct{ Connection }

func (padlessConnection) PINPad() PINPad { return PINPad{} }

const (
	padSeconds  = 60     // for the first digit and between digits
	padASCII    = 0x82   // system units bytes, no offset, left justified, ASCII
	padOnKey    = 0x02   // entry ends with the reader's OK key
	padEnglish  = 0x0409 // language of the reader's own messages
	confirmNew  = 0x01   // the new code is entered twice
	withCurrent = 0x02   // the current code is entered first
)

// entry is one command whose codes are typed at the reader.
type entry struct {
	command
	pad    byte
	format codeFormat // of the code that is typed, or of the new one
	codes  int        // in the command
}

// template is the command with padding where the codes belong.
func (e entry) template() []byte {
	b := []byte{0x00, e.ins, e.p1, e.p2, byte(codeSize * e.codes)}
	for range codeSize * e.codes {
		b = append(b, e.pad)
	}
	return b
}

// verifyStructure is PIN_VERIFY_STRUCTURE, PC/SC part 10 table 3.
func (e entry) verifyStructure() []byte {
	b := []byte{padSeconds, padSeconds, padASCII, codeSize, 0x00}
	b = append(b, byte(e.format.max), byte(e.format.min)) // wPINMaxExtraDigit, low byte first
	b = append(b, padOnKey, 0x01)                         // one message
	b = binary.LittleEndian.AppendUint16(b, padEnglish)
	b = append(b, 0x00, 0x00, 0x00, 0x00) // message index, T=1 prologue
	return e.withTemplate(b)
}

// modifyStructure is PIN_MODIFY_STRUCTURE, PC/SC part 10 table 4.
func (e entry) modifyStructure() []byte {
	confirm, messages, offset := byte(confirmNew), byte(2), byte(0)
	if e.codes == 2 {
		confirm, messages, offset = confirmNew|withCurrent, 3, codeSize
	}
	b := []byte{padSeconds, padSeconds, padASCII, codeSize, 0x00, 0x00, offset}
	b = append(b, byte(e.format.max), byte(e.format.min), confirm, padOnKey, messages)
	b = binary.LittleEndian.AppendUint16(b, padEnglish)
	b = append(b, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00) // message indexes, T=1 prologue
	return e.withTemplate(b)
}

func (e entry) withTemplate(b []byte) []byte {
	t := e.template()
	b = binary.LittleEndian.AppendUint32(b, uint32(len(t)))
	return append(b, t...)
}

// typed has the reader take the codes and send the command, exactly once.
func (ch *channel) typed(ctx context.Context, e entry, ref PINRef) (uint16, error) {
	code, structure := ch.pad.Verify, e.verifyStructure
	if e.ins != insVerify {
		code, structure = ch.pad.Modify, e.modifyStructure
	}
	if code == 0 {
		return 0, ErrUnsupported
	}
	if err := ctx.Err(); err != nil {
		return 0, contextError(err)
	}
	answer, err := ch.transport.Control(ctx, code, structure())
	if err != nil {
		return 0, err
	}
	if len(answer) != 2 {
		return 0, fmt.Errorf("receiving %d bytes from the PIN pad: %w", len(answer), ErrBadAnswer)
	}
	sw := uint16(answer[0])<<8 | uint16(answer[1])
	return sw, padError(ref, sw, e.format)
}

// padError is what a reader says itself, PC/SC part 10 section 2.5.
func padError(ref PINRef, sw uint16, f codeFormat) error {
	switch sw {
	case 0x6400:
		return ErrPINPadTimeout
	case 0x6401:
		return ErrCancelled
	case 0x6402:
		return ErrPINsDiffer
	case 0x6403:
		return &PINFormatError{Ref: ref, Min: f.min, Max: f.max}
	case 0x6404:
		return ErrUnsupported
	}
	return nil
}
