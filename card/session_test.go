package card_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"testing"
	"time"

	"eidgate/card"
	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
	"eidgate/internal/fault"
)

// readersOnly is a service for choices that never come to a connection.
type readersOnly struct {
	readers []card.Reader
	err     error
}

func (r readersOnly) Readers(context.Context) ([]card.Reader, error) { return r.readers, r.err }
func (r readersOnly) Watch(context.Context) iter.Seq2[[]card.Reader, error] {
	return func(func([]card.Reader, error) bool) {}
}
func (r readersOnly) Connect(context.Context, string) (card.Connection, error) {
	return nil, card.ErrBusy
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	known := card.Reader{Name: "a", Present: true, ATR: esteidATR}
	unknown := card.Reader{Name: "b", Present: true, ATR: []byte{0x3B, 0x00}}
	empty := card.Reader{Name: "c"}
	mute := card.Reader{Name: "d", Present: true, Mute: true}
	for _, c := range []struct {
		name    string
		readers []card.Reader
		want    card.Choice
		code    string
	}{
		{"no reader", nil, card.Choice{}, "card.no-reader"},
		{"no such reader", []card.Reader{known}, card.Choice{Reader: "x"}, "card.no-reader"},
		{"no card", []card.Reader{empty}, card.Choice{}, "card.no-card"},
		{"mute", []card.Reader{empty, mute}, card.Choice{}, "card.mute"},
		{"no answer yet", []card.Reader{{Name: "e", Present: true}}, card.Choice{}, "card.mute"},
		{"unknown", []card.Reader{unknown, mute, empty}, card.Choice{}, "card.unsupported"},
		{"two", []card.Reader{known, {Name: "a2", Present: true, ATR: esteidATR}}, card.Choice{}, "card.several"},
		{"busy", []card.Reader{unknown, known}, card.Choice{}, "card.busy"},
		{"busy by number", []card.Reader{known}, card.Choice{DocumentNumber: "AS1"}, "card.busy"},
		{"the empty reader", []card.Reader{known, empty}, card.Choice{Reader: "c"}, "card.no-card"},
	} {
		_, err := card.Open(t.Context(), readersOnly{readers: c.readers}, c.want)
		if fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := card.Open(t.Context(), readersOnly{err: card.ErrNoService}, card.Choice{}); !errors.Is(err, card.ErrNoService) {
		t.Error(err)
	}
	var e *card.UnsupportedCardError
	_, err := card.Open(t.Context(), readersOnly{readers: []card.Reader{unknown}}, card.Choice{})
	if !errors.As(err, &e) || e.Reader != "b" || !strings.Contains(err.Error(), "3b00") {
		t.Errorf("unknown: %v", err)
	}
}

var esteidATR = []byte{0x3B, 0xDB, 0x96, 0x00, 0x80, 0xB1, 0xFE, 0x45, 0x1F, 0x83, 0x00, 0x12, 0x23, 0x3F, 0x53, 0x65, 0x49, 0x44, 0x0F, 0x90, 0x00, 0xF1}

func TestCardsAreChosenByNumberAndReader(t *testing.T) {
	svc := sim.NewService("empty", "one", "two")
	for r, number := range map[string]string{"one": "AS0010001", "two": "AS0010002"} {
		c, err := sim.New(simtest.Person(t, number))
		if err != nil {
			t.Fatal(err)
		}
		svc.Insert(r, c)
	}
	for _, want := range []card.Choice{{DocumentNumber: "AS0010002"}, {Reader: "two"}, {Reader: "two", DocumentNumber: "AS0010002"}} {
		s, err := card.Open(t.Context(), svc, want)
		if err != nil {
			t.Fatalf("%+v: %v", want, err)
		}
		if n, err := s.Card.DocumentNumber(t.Context()); n != "AS0010002" || s.Reader().Name != "two" {
			t.Errorf("%+v: %q in %q, %v", want, n, s.Reader().Name, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, want := range []card.Choice{{DocumentNumber: "AS0010009"}, {Reader: "one", DocumentNumber: "AS0010002"}} {
		if _, err := card.Open(t.Context(), svc, want); !errors.Is(err, card.ErrNotFound) {
			t.Errorf("%+v: %v", want, err)
		}
	}
}

func TestATransactionKeepsOthersOut(t *testing.T) {
	svc, _ := newCard(t)
	s := open(t, svc)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := card.Open(ctx, svc, card.Choice{}); !errors.Is(err, card.ErrBusy) {
		t.Errorf("second session: %v", err)
	}
	s.Close()
	open(t, svc)
}

func TestAnOldSessionStaysDead(t *testing.T) {
	svc, c := newCard(t)
	s := open(t, svc)
	svc.Insert(reader, nil)
	svc.Insert(reader, c)
	if _, err := s.Card.PINStatus(t.Context(), card.PIN1); !errors.Is(err, card.ErrCardRemoved) {
		t.Errorf("after removal and insertion: %v", err)
	}
}

func TestContextsEndSessions(t *testing.T) {
	svc, c := newCard(t)
	s := open(t, svc)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Card.Sign(ctx, request(card.Signing, simtest.PIN2)); !errors.Is(err, card.ErrInterrupted) {
		t.Errorf("cancelled: %v", err)
	}
	ctx, cancel = context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	if _, err := s.Card.Sign(ctx, request(card.Signing, simtest.PIN2)); !errors.Is(err, card.ErrTimeout) {
		t.Errorf("late: %v", err)
	}
	if n := len(c.Trace()); n != 0 {
		t.Errorf("%d commands were sent", n)
	}
}

func TestWatchSeesCardsComeAndGo(t *testing.T) {
	svc, c := newCard(t)
	steps := 0
	for list, err := range svc.Watch(t.Context()) {
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		if want := steps%2 == 0; list[0].Present != want {
			t.Errorf("step %d: present %v", steps, list[0].Present)
		}
		if steps++; steps == 3 {
			break
		}
		if steps == 1 {
			svc.Insert(reader, nil)
		} else {
			svc.Insert(reader, c)
		}
	}
}

func TestTracesHoldNoCodesAndNoFiles(t *testing.T) {
	for _, u := range usages() {
		f := simtest.Person(t, "AS0010001")
		f.PIN1, f.PIN2 = "918273645", "918273645"
		svc, c := insert(t, f)
		var lines []string
		traced := card.Traced(svc, func(x card.Exchange) { lines = append(lines, fmt.Sprintf("%s %s %v", x.Command, x.Answer, x.Err)) })
		if _, err := sign(t.Context(), traced, request(u, "918273645")); err != nil {
			t.Fatal(err)
		}
		if len(lines) != len(c.Trace()) {
			t.Errorf("%d lines for %d commands", len(lines), len(c.Trace()))
		}
		for _, x := range c.Trace() {
			lines = append(lines, x.Command)
		}
		all := strings.ToLower(strings.Join(lines, "\n"))
		for _, secret := range []string{"918273645", "393138323733363435", "33383030313038"} { // the last is the personal code in the certificate
			if strings.Contains(all, secret) {
				t.Errorf("%s: the trace holds %s", u, secret)
			}
		}
		if !strings.Contains(all, "..") {
			t.Error("no command was masked")
		}
	}
}

func TestPersonalDataIsNotLogged(t *testing.T) {
	svc, _ := newCard(t)
	p, err := open(t, svc).Card.PersonalData(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := card.PersonalData{
		Surname: "JÕEORG", GivenNames: "JAAK-KRISTJAN", Sex: "M", Citizenship: "EST", Birth: "08 01 1980 EST",
		PersonalCode: "38001085718", DocumentNumber: "AS0010001", Expiry: "31 12 2030",
	}
	if p.PersonalCode != want.PersonalCode || p.Surname != want.Surname || p.GivenNames != want.GivenNames ||
		p.Sex != want.Sex || p.Citizenship != want.Citizenship || p.Birth != want.Birth ||
		p.DocumentNumber != want.DocumentNumber || p.Expiry != want.Expiry || len(p.Remarks) != 0 {
		t.Error("the personal data differs")
	}
	if at, err := p.ExpiresAt(); err != nil || !at.Equal(time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("expires %v, %v", at, err)
	}
	var out strings.Builder
	slog.New(slog.NewTextHandler(&out, nil)).Info("read", "data", p, "value", *p)
	fmt.Fprintf(&out, "%v %+v %s", p, *p, p)
	if strings.Contains(out.String(), "38001085718") || strings.Contains(out.String(), "JAAK") {
		t.Errorf("printed: %s", out.String())
	}
}

func TestEveryKindTellsItsNumber(t *testing.T) {
	eachKind(t, func(t *testing.T, k kind) {
		svc, _ := k.newCard(t)
		s := open(t, svc)
		if n, err := s.Card.DocumentNumber(t.Context()); err != nil || n != "AS0010001" {
			t.Errorf("document number %q, %v", n, err)
		}
		if info := s.Card.Info(); info.Kind != string(k) || info.Reader != reader || len(info.ATR) == 0 {
			t.Errorf("%+v", info)
		}
		if k == "fineid4" {
			return
		}
		p, err := s.Card.PersonalData(t.Context())
		if err != nil || p.Surname != "JÕEORG" || p.PersonalCode != "38001085718" || p.Expiry != "31 12 2030" {
			t.Errorf("personal data: %v", err)
		}
	})
}

func TestHostileReaderNamesAreTamed(t *testing.T) {
	for name, want := range map[string]string{
		"OMNIKEY CardMan 3121 00 00":      "OMNIKEY CardMan 3121 00 00",
		"Õunalugeja <b>":                  "Õunalugeja <b>", // whoever writes HTML escapes HTML
		"a\x1b[31mb\r\nc\x00":             "a?[31mb??c?",
		"left\u202etfel \u2066\u200b end": "left?tfel ?? end",
		"\xff\xfe":                        "??",
		strings.Repeat("x", 1000):         strings.Repeat("x", 128),
		"":                                "",
	} {
		if got := (card.Reader{Name: name}).Label(); got != want {
			t.Errorf("%q: %q", name, got)
		}
	}
}
