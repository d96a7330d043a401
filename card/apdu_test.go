package card

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"eidgate/internal/fault"
	"eidgate/internal/pin"
)

// scripted answers commands in order and keeps them.
type scripted struct {
	answers []string
	sent    []string
}

func (s *scripted) Transmit(_ context.Context, apdu []byte) ([]byte, error) {
	s.sent = append(s.sent, hex.EncodeToString(apdu))
	if len(s.sent) > len(s.answers) {
		return nil, errors.New("nothing more was expected")
	}
	return hex.DecodeString(s.answers[len(s.sent)-1])
}

func (*scripted) Control(context.Context, uint32, []byte) ([]byte, error) { return nil, ErrUnsupported }

func TestAnswersAreCollected(t *testing.T) {
	get := command{ins: insGetData, p1: 1, data: []byte{9}, le: anyLength}
	read := command{ins: insReadBinary, le: 16}
	sign := command{ins: insPerformSecurity, data: []byte{9}, le: anyLength}
	for name, c := range map[string]struct {
		protocol Protocol
		command  command
		answers  []string
		sent     []string
		data     string
		sw       uint16
		bad      bool
	}{
		"T=1":                    {T1, get, []string{"0a0b9000"}, []string{"00cb0100010900"}, "0a0b", 0x9000, false},
		"T=0 without Le":         {T0, get, []string{"6102", "0a0b9000"}, []string{"00cb01000109", "00c0000002"}, "0a0b", 0x9000, false},
		"in two pieces":          {T0, get, []string{"6100", "0a6101", "0b9000"}, []string{"00cb01000109", "00c0000000", "00c0000001"}, "0a0b", 0x9000, false},
		"another length":         {T0, read, []string{"6c02", "0a0b9000"}, []string{"00b0000010", "00b0000002"}, "0a0b", 0x9000, false},
		"another length, once":   {T0, read, []string{"6c02", "6c02"}, []string{"00b0000010", "00b0000002"}, "", 0x6C02, false},
		"another length, later":  {T0, get, []string{"6100", "6c02", "0a0b9000"}, []string{"00cb01000109", "00c0000000", "00c0000002"}, "0a0b", 0x9000, false},
		"a key is used once":     {T1, sign, []string{"6c60"}, []string{"002a0000010900"}, "", 0x6C60, false},
		"warning after data":     {T1, read, []string{"0a6282"}, []string{"00b0000010"}, "0a", 0x6282, false},
		"an answer without end":  {T1, read, slices.Repeat([]string{"0a6100"}, 100), nil, "", 0, true},
		"no answer without end":  {T1, read, []string{"6100", "6100"}, nil, "", 0, true},
		"lengths without end":    {T0, get, append([]string{"6100"}, slices.Repeat([]string{"6c02"}, 100)...), nil, "", 0, true},
		"half a status word":     {T1, read, []string{"90"}, nil, "", 0, true},
		"longer than an answer":  {T1, read, []string{hex.EncodeToString(make([]byte, 259))}, nil, "", 0, true},
		"nothing":                {T1, read, []string{""}, nil, "", 0, true},
		"data in the last round": {T1, read, []string{"016101", "029000"}, []string{"00b0000010", "00c0000001"}, "0102", 0x9000, false},
	} {
		s := &scripted{answers: c.answers}
		data, sw, err := (&channel{transport: s, protocol: c.protocol}).send(t.Context(), c.command)
		if c.bad {
			if !errors.Is(err, ErrBadAnswer) || data != nil {
				t.Errorf("%s: %X, %v", name, data, err)
			}
			continue
		}
		if err != nil || hex.EncodeToString(data) != c.data || sw != c.sw || !slices.Equal(s.sent, c.sent) {
			t.Errorf("%s: %X, %04X, %v, sent %q", name, data, sw, err, s.sent)
		}
	}
}

// TestSecretsAreSentOnce: whatever the card answers to a command with a code.
func TestSecretsAreSentOnce(t *testing.T) {
	for _, answer := range []string{"6c0c", "6102", "", "90", "0a9000", "63c2", "6f00"} {
		s := &scripted{answers: []string{answer}}
		p, err := pin.FromBytes([]byte("1234"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = (&channel{transport: s}).sendSecret(t.Context(), entry{command: command{ins: insVerify, p2: 1}, pad: 0xFF}, PIN1, p)
		p.Wipe()
		if !slices.Equal(s.sent, []string{"002000010c31323334ffffffffffffffff"}) {
			t.Errorf("after %q: sent %q", answer, s.sent)
		}
	}
}

func TestStatusWordsOfCodes(t *testing.T) {
	for sw, want := range map[uint16]string{
		0x9000: "", 0x63C0: "card.pin-blocked", 0x63C1: "card.wrong-pin", 0x6983: "card.pin-blocked",
		0x6984: "card.pin-blocked", 0x6700: "card.bad-answer", 0x6982: "card.bad-answer", 0x6300: "card.bad-answer",
	} {
		err := codeError(PIN1, sw)
		got := ""
		if err != nil {
			got = fault.CodeOf(err)
		}
		if got != want {
			t.Errorf("%04X: %q, want %q", sw, got, want)
		}
	}
	if err := codeError(PUK, swBlocked); !errors.Is(err, ErrPUKBlocked) {
		t.Error(err)
	}
	if err := changeError(PIN2, swNotSatisfied); !errors.Is(err, ErrSameCode) {
		t.Error(err)
	}
}
