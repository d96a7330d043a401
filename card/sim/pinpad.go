package sim

import (
	"context"
	"encoding/binary"

	"eidgate/card"
)

// Pad is a simulated user at a reader's PIN pad. It is told how many codes the
// reader wants and answers with them, or with the reader's status word when
// that is not 0: 6400 for nothing in time, 6401 for cancel.
type Pad func(codes int) (typed []string, sw uint16)

// Control codes of the simulated pad, and where its structures hold what (PC/SC
// part 10 tables 3 and 4).
const (
	padVerify       = 0x42330006
	padModify       = 0x42330007
	verifyHeader    = 19
	modifyHeader    = 24
	modifyOffsetNew = 6
	modifyConfirm   = 9
	apduHeader      = 5
)

// SetPINPad gives a reader a PIN pad with a user at it; nil takes it away. It
// holds for the next connection.
func (s *Service) SetPINPad(name string, p Pad) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.find(name); r != nil {
		r.pad = p
	}
}

func (c *connection) PINPad() card.PINPad {
	if c.reader.pad == nil {
		return card.PINPad{}
	}
	return card.PINPad{Verify: padVerify, Modify: padModify}
}

// Control is the pad: it puts what is typed into the command it is given and
// sends it.
func (c *connection) Control(ctx context.Context, code uint32, in []byte) ([]byte, error) {
	header := map[uint32]int{padVerify: verifyHeader, padModify: modifyHeader}[code]
	if c.reader.pad == nil || header == 0 || len(in) < header+apduHeader {
		return nil, card.ErrUnsupported
	}
	command := append([]byte{}, in[header:]...)
	if int(binary.LittleEndian.Uint32(in[header-4:])) != len(command) || int(command[4]) != len(command)-apduHeader {
		return nil, card.ErrBadAnswer
	}
	offsets := []int{0}
	if code == padModify {
		offsets = []int{int(in[modifyOffsetNew])}
		if in[modifyConfirm]&0x02 != 0 {
			offsets = append([]int{0}, offsets...)
		}
	}
	typed, sw := c.reader.pad(len(offsets))
	if sw != 0 {
		return answer(nil, sw), nil
	}
	for i, offset := range offsets {
		copy(command[apduHeader+offset:], typed[i])
	}
	return c.Transmit(ctx, command)
}
