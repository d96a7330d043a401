//go:build unix

package pinentry_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"eidgate/internal/pin"
	"eidgate/internal/pinentry"
	"eidgate/internal/pinentry/pinentrytest"
)

func TestMain(m *testing.M) {
	pinentrytest.Main()
	os.Exit(m.Run())
}

func TestProgramAsks(t *testing.T) {
	s := pinentrytest.New(t,
		pinentrytest.PIN("1234"), pinentrytest.PIN("50%+x"), pinentrytest.Cancel,
		pinentrytest.Answer{Do: "timeout"}, pinentrytest.Answer{Do: "die"}, pinentrytest.Answer{Do: "ok"},
		pinentrytest.Answer{Data: "12\n D 34"}, pinentrytest.Answer{Data: "1%0A2"}, pinentrytest.Answer{Data: "1%zz"},
	)
	p := &pinentry.Program{Path: s.Path}
	d := pinentry.Dialog{
		Title: "Sisselogimine", Text: "100 % kindel?\nhttps://näidis.ee", Error: "Vale PIN1", Prompt: "PIN1:",
		OK: "Logi sisse", Cancel: "Loobu", Limit: time.Minute,
	}
	for i, want := range []struct {
		pin  string
		err  error
		code bool
	}{
		{pin: "1234"}, {pin: "50%+x"}, {err: pinentry.ErrCancelled}, {err: pinentry.ErrTimeout}, {code: true}, {pin: ""},
		{err: pinentry.ErrProtocol}, {err: pinentry.ErrProtocol}, {err: pinentry.ErrProtocol},
	} {
		code, err := p.PIN(t.Context(), d)
		switch {
		case want.code:
			if err == nil {
				t.Errorf("%d: a program that died gave a PIN", i)
			}
		case !errors.Is(err, want.err):
			t.Errorf("%d: error %v, want %v", i, err, want.err)
		case err == nil && string(code.Bytes()) != want.pin:
			t.Errorf("%d: PIN of %d bytes, want %q", i, code.Len(), want.pin)
		}
		code.Wipe()
	}
	shown := s.Shown(t, 0)
	if shown.Description != d.Text || shown.Title != d.Title || shown.Error != d.Error || shown.Prompt != d.Prompt ||
		shown.Buttons != "Logi sisse|Loobu|" || shown.Asked != "GETPIN" {
		t.Errorf("the dialog showed %+v", shown)
	}
}

func TestProgramTooLongIsNotAPIN(t *testing.T) {
	s := pinentrytest.New(t, pinentrytest.PIN(strings.Repeat("7", 900)))
	code, err := (&pinentry.Program{Path: s.Path}).PIN(t.Context(), pinentry.Dialog{Prompt: "PIN1:"})
	if err != nil {
		t.Fatal(err)
	}
	defer code.Wipe()
	if code.Len() != pin.MaxLength || strings.Contains(string(code.Bytes()), "7") {
		t.Errorf("PIN of %d bytes", code.Len())
	}
}

func TestProgramConfirms(t *testing.T) {
	s := pinentrytest.New(t, pinentrytest.Yes, pinentrytest.Other, pinentrytest.Other, pinentrytest.Cancel)
	p := &pinentry.Program{Path: s.Path}
	two := pinentry.Dialog{Text: "?", OK: "yes", Cancel: "no"}
	three := two
	three.Other = "next"
	for i, want := range []struct {
		d      pinentry.Dialog
		answer pinentry.Answer
		err    error
	}{
		{two, pinentry.OK, nil}, {three, pinentry.Other, nil},
		{two, 0, pinentry.ErrCancelled}, {three, 0, pinentry.ErrCancelled},
	} {
		answer, err := p.Confirm(t.Context(), want.d)
		if answer != want.answer || !errors.Is(err, want.err) {
			t.Errorf("%d: %v, %v", i, answer, err)
		}
	}
}

func TestProgramGoesAwayWithItsContext(t *testing.T) {
	s := pinentrytest.New(t, pinentrytest.Wait)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the page is gone")
	go func() {
		s.Shown(t, 0)
		cancel(why)
	}()
	_, err := (&pinentry.Program{Path: s.Path}).PIN(ctx, pinentry.Dialog{Prompt: "PIN1:"})
	if !errors.Is(err, why) {
		t.Errorf("error %v", err)
	}
	s.Gone(t, s.Shown(t, 0))
}

func TestProgramMissing(t *testing.T) {
	if _, err := (&pinentry.Program{Path: "/nowhere/pinentry"}).PIN(t.Context(), pinentry.Dialog{}); err == nil {
		t.Error("a missing program gave a PIN")
	}
}

func TestTextTooLongIsNotShownInPart(t *testing.T) {
	s := pinentrytest.New(t, pinentrytest.Yes)
	_, err := (&pinentry.Program{Path: s.Path}).Confirm(t.Context(), pinentry.Dialog{Text: strings.Repeat("x", 1000)})
	if !errors.Is(err, pinentry.ErrProtocol) || s.Count(t) != 0 {
		t.Errorf("error %v, %d dialogs", err, s.Count(t))
	}
}
