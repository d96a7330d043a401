//go:build cgo

package pcsc_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha512"
	"errors"
	"testing"
	"time"

	"eidgate/card"
	"eidgate/card/pcsc"
	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
	"eidgate/internal/fault"
	"eidgate/internal/pin"
	"eidgate/internal/vreader/vreadertest"
)

func TestBothKeysSign(t *testing.T) {
	insert(t, 0, "AS0010001")
	s := open(t)
	digest := sha512.Sum384([]byte("document"))
	for _, c := range []struct {
		usage card.Usage
		pin   string
	}{{card.Authentication, simtest.PIN1}, {card.Signing, simtest.PIN2}} {
		key, err := card.Signer(t.Context(), s.Card, c.usage, enters(c.pin))
		if err != nil {
			t.Fatal(err)
		}
		signature, err := key.Sign(nil, digest[:], crypto.SHA384)
		if err != nil {
			t.Fatal(err)
		}
		if !ecdsa.VerifyASN1(key.Public().(*ecdsa.PublicKey), digest[:], signature) {
			t.Errorf("%s: the signature does not verify", c.usage)
		}
	}
	if n, err := s.Card.DocumentNumber(t.Context()); err != nil || n != "AS0010001" {
		t.Errorf("document number %q, %v", n, err)
	}
	p, err := s.Card.PersonalData(t.Context())
	if err != nil || p.PersonalCode != "38001085718" || p.Surname != "JÕEORG" {
		t.Errorf("personal data: %v", err)
	}
}

// TestEveryKindSigns puts each kind of card into a real reader.
func TestEveryKindSigns(t *testing.T) {
	digest := sha512.Sum384([]byte("document"))
	for _, kind := range sim.Kinds() {
		t.Run(kind, func(t *testing.T) {
			var code string
			insertPerson(t, 0, "AS0010001", func(f *person) {
				*f = *simtest.Kind(t, kind, "AS0010001")
				code = f.PIN2
			})
			s := open(t)
			defer s.Close()
			key, err := card.Signer(t.Context(), s.Card, card.Signing, enters(code))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := key.Sign(nil, digest[:], crypto.SHA384); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLosingTheCardOverPCSC pulls the card out instead of each command of a
// signature, the way a real reader reports it.
func TestLosingTheCardOverPCSC(t *testing.T) {
	digest := sha512.Sum384([]byte("document"))
	sign := func() ([]byte, error) {
		s, err := card.Open(t.Context(), pcsc.New(), card.Choice{})
		if err != nil {
			return nil, err
		}
		defer s.Close()
		return s.Card.Sign(t.Context(), card.SignRequest{Usage: card.Signing, Digest: digest[:], Hash: crypto.SHA384, PINs: enters(simtest.PIN2)})
	}
	c := insert(t, 0, "AS0010001")
	for n := range commands(c, func() {
		if _, err := sign(); err != nil {
			t.Fatal(err)
		}
	}) {
		if err := host.Insert(t.Context(), 0, c); err != nil {
			t.Fatal(err)
		}
		c.ClearTrace()
		c.SetFaults(sim.Faults{RemoveAt: &n})
		signature, err := sign()
		if signature != nil || fault.CodeOf(err) != "card.removed" {
			t.Errorf("removed at command %d: %X, %v", n, signature, err)
		}
		if all := len(c.Trace()); all != n {
			t.Errorf("removed at command %d: %d commands", n, all)
		}
		c.SetFaults(sim.Faults{})
	}
}

func TestRemovalWhileThePINIsAsked(t *testing.T) {
	c := insert(t, 0, "AS0010001")
	s := open(t)
	digest := sha512.Sum384([]byte("document"))
	source := pin.SourceFunc(func(context.Context, card.PINRequest) (*card.PIN, error) {
		if err := host.Remove(t.Context(), 0); err != nil {
			t.Error(err)
		}
		if err := host.Insert(t.Context(), 0, c); err != nil { // quickly back in
			t.Error(err)
		}
		return pin.FromBytes([]byte(simtest.PIN2))
	})
	c.ClearTrace()
	_, err := s.Card.Sign(t.Context(), card.SignRequest{Usage: card.Signing, Digest: digest[:], Hash: crypto.SHA384, PINs: source})
	if !errors.Is(err, card.ErrCardRemoved) && !errors.Is(err, card.ErrCardReset) {
		t.Errorf("%v", err)
	}
	for _, x := range c.Trace() {
		if x.Command[2:4] == "20" {
			t.Errorf("the PIN went to a card that was reinserted: %s", x.Command)
		}
	}
}

func TestAnotherSessionIsGivenUpOn(t *testing.T) {
	insert(t, 0, "AS0010001")
	s := open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := card.Open(ctx, pcsc.New(), card.Choice{}); !errors.Is(err, card.ErrBusy) {
		t.Errorf("while another session is open: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	// The call given up on must not keep the card for itself.
	again := open(t)
	if _, err := again.Card.PINStatus(t.Context(), card.PIN1); err != nil {
		t.Errorf("after the other session: %v", err)
	}
}

func TestACardThatHangsIsGivenUpOn(t *testing.T) {
	c := insert(t, 0, "AS0010001")
	s := open(t)
	release := make(chan struct{})
	c.SetFaults(sim.Faults{Answer: func(_ int, _, answer []byte) []byte {
		<-release
		return answer
	}})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := s.Card.PINStatus(ctx, card.PIN1); !errors.Is(err, card.ErrTimeout) {
		t.Errorf("a card that hangs: %v", err)
	}
	if _, err := s.Card.PINStatus(t.Context(), card.PIN1); !errors.Is(err, card.ErrTimeout) {
		t.Errorf("the lost handle: %v", err)
	}
	close(release)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	c.SetFaults(sim.Faults{})
	if n := status(t, card.PIN1); n != 3 {
		t.Errorf("%d tries left", n)
	}
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	vreadertest.Require(t)
	for want, choice := range map[string]card.Choice{
		"card.no-card":   {},
		"card.no-reader": {Reader: "none"},
	} {
		if _, err := card.Open(t.Context(), pcsc.New(), choice); fault.CodeOf(err) != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := pcsc.New().Connect(t.Context(), host.Reader(0)); !errors.Is(err, card.ErrNoCard) {
		t.Errorf("connecting to an empty reader: %v", err)
	}
}

func TestWatchSeesCardsComeAndGo(t *testing.T) {
	vreadertest.Require(t)
	c, err := sim.New(simtest.Person(t, "AS0010001"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	present := func(list []card.Reader) bool {
		for _, r := range list {
			if r.Name == host.Reader(1) {
				return r.Present && len(r.ATR) > 0
			}
		}
		return false
	}
	want := false
	steps := 0
	for list, err := range pcsc.New().Watch(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if present(list) != want {
			continue
		}
		switch steps++; steps {
		case 1:
			err = host.Insert(ctx, 1, c)
			want = true
		case 2:
			if _, err := pcsc.New().Readers(ctx); err != nil { // at the same time
				t.Error(err)
			}
			err = host.Remove(ctx, 1)
			want = false
		case 3:
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("watching ended at step %d", steps)
}

// TestClosingWhileTheCardGoes closes a session in the moment the card is
// pulled out; the next card must be found.
func TestClosingWhileTheCardGoes(t *testing.T) {
	c := insert(t, 0, "AS0010001")
	for range 5 {
		s := open(t)
		zero := 0
		c.SetFaults(sim.Faults{RemoveAt: &zero})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		_, err := s.Card.PINStatus(ctx, card.PIN1)
		cancel()
		if err == nil {
			t.Error("no error")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		c.SetFaults(sim.Faults{})
		if err := host.Insert(t.Context(), 0, c); err != nil {
			t.Fatal(err)
		}
	}
}
