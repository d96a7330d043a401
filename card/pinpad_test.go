package card_test

import (
	"context"
	"errors"
	"testing"

	"eidgate/card"
	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
)

// atTheReader is a PINSource whose user types at the reader.
type atTheReader struct{ requests []card.PINRequest }

func (a *atTheReader) PIN(_ context.Context, r card.PINRequest) (*card.PIN, error) {
	a.requests = append(a.requests, r)
	return nil, nil
}

// types is a user at the PIN pad who types these codes.
func types(codes ...string) sim.Pad {
	return func(int) ([]string, uint16) { return codes, 0 }
}

func TestCodesAreTypedAtTheReader(t *testing.T) { eachKind(t, typedAtTheReader) }

func typedAtTheReader(t *testing.T, k kind) {
	for _, u := range usages() {
		svc, c := k.newCard(t)
		svc.SetPINPad(reader, types(k.code(u)))
		source := &atTheReader{}
		r := request(u, "")
		r.PINs = source
		if _, err := sign(t.Context(), svc, r); err != nil {
			t.Fatalf("%s: %v", u, err)
		}
		if len(source.requests) != 1 || !source.requests[0].PINPad {
			t.Errorf("%s: requests %+v", u, source.requests)
		}
		if v, o := count(c, "20"), operations(c); v != 1 || o != 1 {
			t.Errorf("%s: %d VERIFY, %d operations", u, v, o)
		}

		svc.SetPINPad(reader, types("999999"))
		var wrong *card.WrongPINError
		if _, err := sign(t.Context(), svc, r); !errors.As(err, &wrong) || wrong.Left != k.tries()-1 {
			t.Errorf("%s: wrong code: %v", u, err)
		}
	}
}

func TestWhatAPINPadSaysItself(t *testing.T) {
	for sw, want := range map[uint16]error{
		0x6400: card.ErrPINPadTimeout, 0x6401: card.ErrCancelled, 0x6402: card.ErrPINsDiffer, 0x6404: card.ErrUnsupported,
	} {
		svc, c := newCard(t)
		svc.SetPINPad(reader, func(int) ([]string, uint16) { return nil, sw })
		r := request(card.Signing, "")
		r.PINs = &atTheReader{}
		if out, err := sign(t.Context(), svc, r); out != nil || !errors.Is(err, want) {
			t.Errorf("%X: %v", sw, err)
		}
		if count(c, "20")+operations(c) != 0 {
			t.Errorf("%X: something was sent", sw)
		}
	}
	svc, _ := newCard(t)
	svc.SetPINPad(reader, func(int) ([]string, uint16) { return nil, 0x6403 })
	r := request(card.Signing, "")
	r.PINs = &atTheReader{}
	var format *card.PINFormatError
	if _, err := sign(t.Context(), svc, r); !errors.As(err, &format) {
		t.Errorf("6403: %v", err)
	}
}

func TestCodesAreChangedAtTheReader(t *testing.T) {
	for _, k := range []kind{"esteid2018", "esteid2025", "fineid4"} {
		svc, _ := k.newCard(t)
		asks := func(want int, codes ...string) sim.Pad {
			return func(n int) ([]string, uint16) {
				if n != want {
					t.Errorf("%s: the reader wants %d codes, want %d", k, n, want)
				}
				return codes, 0
			}
		}
		at := card.ChangeRequest{Ref: card.PIN1, Current: &atTheReader{}, New: &atTheReader{}}
		svc.SetPINPad(reader, asks(2, simtest.PIN1, "246810"))
		if err := open(t, svc).Card.ChangePIN(t.Context(), at); err != nil {
			t.Fatalf("%s: %v", k, err)
		}
	}
	// On IDEMIA's cards the PUK and the new code are two commands.
	svc, _ := newCard(t)
	typed := [][]string{{simtest.PUK}, {"135790"}}
	svc.SetPINPad(reader, func(int) ([]string, uint16) {
		now := typed[0]
		typed = typed[1:]
		return now, 0
	})
	s := open(t, svc)
	if err := s.Card.UnblockPIN(t.Context(), card.ChangeRequest{Ref: card.PIN1, Current: &atTheReader{}, New: &atTheReader{}}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	svc.SetPINPad(reader, nil)
	if _, err := sign(t.Context(), svc, request(card.Authentication, "135790")); err != nil {
		t.Errorf("the new code: %v", err)
	}
}

// TestReadersThatLieAreOverruled: with pads ignored, codes come from the
// computer.
func TestReadersThatLieAreOverruled(t *testing.T) {
	svc, _ := newCard(t)
	svc.SetPINPad(reader, func(int) ([]string, uint16) {
		t.Error("the PIN pad was used")
		return nil, 0x6401
	})
	source := &asked{code: simtest.PIN2}
	r := request(card.Signing, "")
	r.PINs = source
	if _, err := sign(t.Context(), card.WithoutPINPads(svc), r); err != nil {
		t.Error(err)
	}
	if len(source.requests) != 1 || source.requests[0].PINPad {
		t.Errorf("%+v", source.requests)
	}
}

// TestHalfAtTheReaderIsRefused: one code from the computer and one from the
// reader cannot be one command.
func TestHalfAtTheReaderIsRefused(t *testing.T) {
	svc, c := newCard(t)
	svc.SetPINPad(reader, types(simtest.PIN1, "246810"))
	half := card.ChangeRequest{Ref: card.PIN1, Current: &atTheReader{}, New: &asked{code: "246810"}}
	if err := open(t, svc).Card.ChangePIN(t.Context(), half); !errors.Is(err, card.ErrUnsupported) || count(c, "24") != 0 {
		t.Errorf("%v", err)
	}
}
