//go:build cgo && linux

package modulecard_test

import (
	"context"
	"crypto"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"eidgate/card"
	"eidgate/card/sim/simtest"
	"eidgate/internal/fault"
)

const (
	softPUK = "12345678"
	newPIN  = "654321"
)

func change(ref card.PINRef, current, fresh string) card.ChangeRequest {
	return card.ChangeRequest{Ref: ref, Current: &asker{code: current}, New: &asker{code: fresh}}
}

// login signs with the authentication key.
func login(t *testing.T, c card.Card, code string) error {
	t.Helper()
	_, err := c.Sign(t.Context(), card.SignRequest{
		Usage: card.Authentication, Digest: digest(t, crypto.SHA256), Hash: crypto.SHA256, PINs: &asker{code: code},
	})
	return err
}

func TestCodesOfSoftHSM(t *testing.T) {
	token(t, "holder", p256)
	desk := new(shelf)
	s, err := desk.take(t, t.Context(), softhsm(t))
	if err != nil {
		t.Fatal(err)
	}
	c := s.Card
	if !c.Info().OneCode {
		t.Error("both keys are on one token, and the card has two codes")
	}
	r := change(card.PIN1, softPIN, newPIN)
	if err := c.ChangePIN(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	old, fresh := r.Current.(*asker), r.New.(*asker)
	if old.asked != 1 || old.last.Label != "PIN1" || old.last.Left != 3 || fresh.asked != 1 || fresh.last.Label != "new PIN1" || fresh.last.Left != -1 {
		t.Errorf("asked %d times %+v and %d times %+v", old.asked, old.last, fresh.asked, fresh.last)
	}
	if err := login(t, c, newPIN); err != nil {
		t.Errorf("with the new PIN: %v", err)
	}
	var wrong *card.WrongPINError
	if err := c.ChangePIN(t.Context(), change(card.PIN2, softPIN, "111111")); !errors.As(err, &wrong) || wrong.Ref != card.PIN2 || wrong.Left != 2 {
		t.Errorf("with the old PIN: %v", err)
	}
	if status, err := c.PINStatus(t.Context(), card.PIN1); err != nil || status.Left != 2 || status.AtLeast {
		t.Errorf("the status is not of now: %+v, %v", status, err)
	}
	if err := c.UnblockPIN(t.Context(), change(card.PIN1, "00000000", "222222")); !errors.As(err, &wrong) || wrong.Ref != card.PUK {
		t.Errorf("with a wrong PUK: %v", err)
	}
	if status, err := c.PINStatus(t.Context(), card.PUK); err != nil || status.Left != 2 {
		t.Errorf("the PUK after a wrong entry: %+v, %v", status, err)
	}
	if err := c.UnblockPIN(t.Context(), change(card.PIN1, softPUK, "222222")); err != nil {
		t.Fatal(err)
	}
	if err := login(t, c, "222222"); err != nil {
		t.Errorf("with the PIN set with the PUK: %v", err)
	}
	if _, err := c.PINStatus(t.Context(), card.PUK); !errors.Is(err, card.ErrUnsupported) {
		t.Errorf("flags that tell nothing: %v", err)
	}
	if err := s.Close(); err != nil || desk.resets != 1 {
		t.Errorf("%v, %d resets", err, desk.resets)
	}
}

// Every refusal, and nothing changed after it.
func TestCodesThatAreRefused(t *testing.T) {
	token(t, "holder", p256)
	long := "12345678901234567890123456789012345678901234567890123456789012"
	for name, tt := range map[string]struct {
		how, value string
		unblock    bool
		request    card.ChangeRequest
		code       string
	}{
		"the PUK":              {request: change(card.PUK, softPUK, newPIN), code: "card.module-cannot-manage-codes"},
		"short current":        {request: change(card.PIN1, "1", newPIN), code: "card.pin-format"},
		"short new":            {request: change(card.PIN1, softPIN, "1"), code: "card.pin-format"},
		"no new":               {request: change(card.PIN1, softPIN, ""), code: "card.pin-format"},
		"the same":             {request: change(card.PIN1, softPIN, softPIN), code: "card.same-code"},
		"nobody to ask":        {request: card.ChangeRequest{Ref: card.PIN1, Current: &asker{code: softPIN}}, code: "pin.cancelled"},
		"unblock, short new":   {unblock: true, request: change(card.PIN2, softPUK, "1"), code: "card.pin-format"},
		"unblock, no PUK":      {unblock: true, request: change(card.PIN2, "", newPIN), code: "card.pin-format"},
		"unblock, wrong later": {how: "wrong-late", unblock: true, request: change(card.PIN2, softPUK, newPIN), code: "card.wrong-pin"},
		"unblock, long PUK":    {unblock: true, request: change(card.PIN2, long+long, newPIN), code: "pin.too-long"},
		"no function":          {how: "sign-only", request: change(card.PIN1, softPIN, newPIN), code: "card.module-cannot-manage-codes"},
		"no function, unblock": {how: "sign-only", unblock: true, request: change(card.PIN1, softPUK, newPIN), code: "card.module-cannot-manage-codes"},
		"not supported":        {how: "refuse-set", value: "0x54", request: change(card.PIN1, softPIN, newPIN), code: "card.module-cannot-manage-codes"},
		"read only":            {how: "refuse-set", value: "0xB5", request: change(card.PIN1, softPIN, newPIN), code: "card.module-cannot-manage-codes"},
		"write protected":      {how: "refuse-set", value: "0xE2", request: change(card.PIN1, softPIN, newPIN), code: "card.module-cannot-manage-codes"},
		"length of the module": {how: "refuse-set", value: "0xA2", request: change(card.PIN1, softPIN, newPIN), code: "card.pin-format"},
		"form of the module":   {how: "refuse-set", value: "0xA1", request: change(card.PIN1, softPIN, newPIN), code: "card.pin-format"},
		"locked":               {how: "refuse-set", value: "0xA4", request: change(card.PIN1, softPIN, newPIN), code: "card.pin-blocked"},
		"rejected by the user": {how: "refuse-set", value: "0x200", request: change(card.PIN1, softPIN, newPIN), code: "pin.cancelled"},
		"cancelled on the pad": {how: "refuse-set", value: "0x50", request: change(card.PIN1, softPIN, newPIN), code: "pin.cancelled"},
		"something else":       {how: "refuse-set", value: "0x5", request: change(card.PIN1, softPIN, newPIN), code: "card.module-failed"},
		"the module dies":      {how: "abort-set", request: change(card.PIN1, softPIN, newPIN), code: "card.module-crashed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("EVIL_VALUE", tt.value)
			s, err := new(shelf).take(t, t.Context(), evil(t, tt.how))
			if err != nil {
				t.Fatal(err)
			}
			operation := s.Card.ChangePIN
			if tt.unblock {
				operation = s.Card.UnblockPIN
			}
			if err := operation(t.Context(), tt.request); fault.CodeOf(err) != tt.code {
				t.Errorf("%v, code %s", err, fault.CodeOf(err))
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			t.Setenv("EVIL", "")
			if s, err = new(shelf).take(t, t.Context(), softhsm(t)); err != nil {
				t.Fatal(err)
			}
			if err := login(t, s.Card, softPIN); err != nil {
				t.Errorf("the PIN from before: %v", err)
			}
		})
	}
}

// The last try is used with the user's consent alone, and a code that is blocked
// is not sent.
func TestLastTryOfACode(t *testing.T) {
	c := insert(t, 0, "AS0010001")
	s := open(t, 0, rule(c, opensc(t)))
	var wrong *card.WrongPINError
	for left := 2; left > 0; left-- {
		if err := s.Card.ChangePIN(t.Context(), change(card.PIN2, "999999", newPIN)); !errors.As(err, &wrong) || wrong.Left != left {
			t.Fatalf("%d tries should be left: %v", left, err)
		}
	}
	c.ClearTrace()
	r := change(card.PIN2, simtest.PIN2, newPIN)
	if err := s.Card.ChangePIN(t.Context(), r); !errors.Is(err, card.ErrLastTry) {
		t.Errorf("without consent: %v", err)
	}
	if n := count(c, "0024"); n != 0 || r.Current.(*asker).asked != 0 {
		t.Errorf("without consent: sent %d times, asked %d times", n, r.Current.(*asker).asked)
	}
	r = change(card.PIN2, simtest.PIN2, newPIN)
	r.LastTry = true
	if err := s.Card.ChangePIN(t.Context(), r); err != nil || r.Current.(*asker).last.Left != 1 {
		t.Errorf("with consent: %v, the user is told %+v", err, r.Current.(*asker).last)
	}
	if n := count(c, "0024"); n != 1 {
		t.Errorf("with consent: sent %d times", n)
	}
}

// A reader with keys, and a module with a window of its own, take all codes
// themselves.
func TestCodesEnteredElsewhere(t *testing.T) {
	for _, how := range []string{"pad", "own-dialog"} {
		t.Run(how, func(t *testing.T) {
			token(t, "holder", p256)
			t.Setenv("EVIL_PIN", softPIN)
			t.Setenv("EVIL_NEW", newPIN)
			s, err := (&shelf{dialog: how == "own-dialog"}).take(t, t.Context(), evil(t, how))
			if err != nil {
				t.Fatal(err)
			}
			r := change(card.PIN1, "", "")
			if err := s.Card.ChangePIN(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			for _, a := range []*asker{r.Current.(*asker), r.New.(*asker)} {
				if a.asked != 1 || !a.last.PINPad {
					t.Errorf("asked %d times, %+v", a.asked, a.last)
				}
			}
			t.Setenv("EVIL", "")
			if s, err = new(shelf).take(t, t.Context(), softhsm(t)); err != nil {
				t.Fatal(err)
			}
			if err := login(t, s.Card, newPIN); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestUnblockOnAPINPad(t *testing.T) {
	token(t, "holder", p256)
	t.Setenv("EVIL_PIN", softPUK) // what is typed at C_Login
	t.Setenv("EVIL_NEW", newPIN)
	s, err := new(shelf).take(t, t.Context(), evil(t, "pad"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Card.UnblockPIN(t.Context(), change(card.PIN2, "", "")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("EVIL_PIN", newPIN)
	if s, err = new(shelf).take(t, t.Context(), evil(t, "pad")); err != nil {
		t.Fatal(err)
	}
	if err := login(t, s.Card, ""); err != nil {
		t.Error(err)
	}
}

// A PIN that must be changed before its first use can be changed and not used.
func TestCodeFromTheEnvelope(t *testing.T) {
	token(t, "holder", p256)
	s, err := new(shelf).take(t, t.Context(), evil(t, "to-be-changed"))
	if err != nil {
		t.Fatal(err)
	}
	if status, err := s.Card.PINStatus(t.Context(), card.PIN2); err != nil || status.Activated {
		t.Errorf("%+v, %v", status, err)
	}
	if err := login(t, s.Card, softPIN); !errors.Is(err, card.ErrPINNotActivated) {
		t.Errorf("used as it is: %v", err)
	}
	if err := s.Card.ChangePIN(t.Context(), change(card.PIN2, softPIN, newPIN)); err != nil {
		t.Error(err)
	}
}

// A module that hangs over a change is given up on, and its process ended.
func TestChangeThatHangs(t *testing.T) {
	token(t, "holder", p256)
	s, err := new(shelf).take(t, t.Context(), evil(t, "hang-set"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	if err := s.Card.ChangePIN(ctx, change(card.PIN1, softPIN, newPIN)); !errors.Is(err, card.ErrTimeout) {
		t.Error(err)
	}
}

// openSCUnblocks lets OpenSC's module unblock; without it the module refuses.
const openSCUnblocks = "app default {\n framework pkcs15 { use_file_caching = false; }\n}\napp opensc-pkcs11 {\n pkcs11 { user_pin_unblock_style = init_pin_in_so_session; }\n}\n"

func TestCodesThroughOpenSC(t *testing.T) {
	conf := filepath.Join(t.TempDir(), "opensc.conf")
	if err := os.WriteFile(conf, []byte(openSCUnblocks), 0o600); err != nil {
		t.Fatal(err)
	}
	c := insert(t, 0, "AS0010001")
	rules := rule(c, opensc(t))
	for ref, code := range map[card.PINRef]string{card.PIN1: simtest.PIN1, card.PIN2: simtest.PIN2} {
		s := open(t, 0, rules)
		if s.Card.Info().OneCode {
			t.Error("two codes are taken for one")
		}
		c.ClearTrace()
		if err := s.Card.ChangePIN(t.Context(), change(ref, code, newPIN)); err != nil {
			t.Fatal(err)
		}
		if n := count(c, "0024"); n != 1 {
			t.Errorf("%s: %d CHANGE REFERENCE DATA for one change", ref, n)
		}
		block(t, s.Card, ref)
		if err := s.Card.ChangePIN(t.Context(), change(ref, newPIN, code)); !errors.Is(err, card.ErrPINBlocked) {
			t.Errorf("blocked %s: %v", ref, err)
		}
		if err := s.Card.UnblockPIN(t.Context(), change(ref, simtest.PUK, code)); err == nil {
			t.Errorf("OpenSC unblocks %s without a setting for it", ref)
		} else if code := fault.CodeOf(err); code != "card.module-cannot-manage-codes" {
			t.Errorf("%s: %v, code %s", ref, err, code)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("OPENSC_CONF", conf)
	for ref, code := range map[card.PINRef]string{card.PIN1: simtest.PIN1, card.PIN2: simtest.PIN2} {
		s := open(t, 0, rules)
		var wrong *card.WrongPINError
		c.ClearTrace()
		err := s.Card.UnblockPIN(t.Context(), change(ref, "00000000", code))
		if !errors.As(err, &wrong) || wrong.Ref != card.PUK {
			t.Errorf("%s with a wrong PUK: %v", ref, err)
		}
		if n := count(c, "002C") + count(c, "00200002"); n > 1 {
			t.Errorf("%s: the PUK was sent %d times", ref, n)
		}
		if err := s.Card.UnblockPIN(t.Context(), change(ref, simtest.PUK, code)); err != nil {
			t.Fatalf("%s: %v", ref, err)
		}
		if status, err := s.Card.PINStatus(t.Context(), ref); err != nil || status.Left != 3 {
			t.Errorf("unblocked %s: %+v, %v", ref, status, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
