//go:build cgo && linux

package modulecard_test

import (
	"context"
	"crypto"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"eidgate/card"
	"eidgate/internal/fault"
	"eidgate/internal/testtool"
	"eidgate/pkcs11"
)

// compiled is the module, which all tests share; how it behaves is told by
// EVIL.
var compiled sync.Once

// evil compiles a module that stands before SoftHSM and misbehaves as told.
func evil(t *testing.T, how string) string {
	t.Helper()
	module := filepath.Join(workshop, "evil.so")
	compiled.Do(func() {
		testtool.Run(t, testtool.Need(t, "cc"), "-shared", "-fPIC", "-o", module, "testdata/evil.c", "-ldl")
	})
	t.Setenv("EVIL_MODULE", softhsm(t))
	t.Setenv("EVIL", how)
	return module
}

func request(t *testing.T) card.SignRequest {
	t.Helper()
	return card.SignRequest{
		Usage: card.Signing, Digest: digest(t, crypto.SHA256), Hash: crypto.SHA256, PINs: &asker{code: softPIN},
	}
}

// A module that dies takes nothing with it but its own process.
func TestModuleThatDies(t *testing.T) {
	for how, when := range map[string]string{
		"abort-load": "open", "abort-token": "open", "crash-login": "sign", "abort-sign": "sign", "exit-sign": "sign",
	} {
		t.Run(how, func(t *testing.T) {
			token(t, "holder", p256)
			desk := new(shelf)
			s, err := desk.take(t, t.Context(), evil(t, how))
			if when == "open" {
				if fault.CodeOf(err) != "card.module-crashed" {
					t.Errorf("opening: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			r := request(t)
			if _, err := s.Card.Sign(t.Context(), r); fault.CodeOf(err) != "card.module-crashed" {
				t.Errorf("signing: %v", err)
			}
			if asked := r.PINs.(*asker).asked; asked != 1 {
				t.Errorf("asked %d times", asked)
			}
			if _, err := s.Card.Sign(t.Context(), request(t)); fault.CodeOf(err) != "card.module-crashed" {
				t.Errorf("signing after the crash: %v", err)
			}
			if err := s.Close(); err != nil || desk.resets != 1 {
				t.Errorf("%v, %d resets", err, desk.resets)
			}
		})
	}
}

// A module that does not answer is given up on when the caller's time is over.
func TestModuleThatHangs(t *testing.T) {
	token(t, "holder", p256)
	s, err := new(shelf).take(t, t.Context(), evil(t, "hang-sign"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	if _, err := s.Card.Sign(ctx, request(t)); !errors.Is(err, card.ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestModuleThatDoesNotEnd(t *testing.T) {
	token(t, "holder", p256)
	s, err := new(shelf).take(t, t.Context(), evil(t, "hang-end"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil { // returns at all
		t.Error(err)
	}
}

// A module that lies gets no signature out.
func TestModuleThatLies(t *testing.T) {
	for _, how := range []string{"lie-sign", "zero-sign", "empty-sign"} {
		t.Run(how, func(t *testing.T) {
			token(t, "holder", p256)
			s, err := new(shelf).take(t, t.Context(), evil(t, how))
			if err != nil {
				t.Fatal(err)
			}
			if signature, err := s.Card.Sign(t.Context(), request(t)); !errors.Is(err, card.ErrBadSignature) || signature != nil {
				t.Errorf("%X, %v", signature, err)
			}
		})
	}
}

// What a module prints reaches neither the protocol nor anybody else.
func TestModuleThatPrints(t *testing.T) {
	token(t, "holder", p256)
	s, err := new(shelf).take(t, t.Context(), evil(t, "print-login"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Card.Sign(t.Context(), request(t)); err != nil {
		t.Error(err)
	}
}

// A module with a window of its own gets no PIN from us, and whoever shows the
// request learns that.
func TestModuleWithItsOwnDialog(t *testing.T) {
	token(t, "holder", p256)
	t.Setenv("EVIL_PIN", softPIN)
	desk := &shelf{dialog: true}
	s, err := desk.take(t, t.Context(), evil(t, "own-dialog"))
	if err != nil {
		t.Fatal(err)
	}
	if info := s.Card.Info(); !info.OwnDialog || !info.PINPad {
		t.Errorf("%+v", info)
	}
	for _, entered := range []string{"", "1111"} { // what is entered with us nevertheless goes nowhere
		r := request(t)
		ask := &asker{code: entered}
		r.PINs = ask
		if _, err := s.Card.Sign(t.Context(), r); err != nil || ask.asked != 1 || !ask.last.PINPad {
			t.Errorf("%v, asked %d times, %+v", err, ask.asked, ask.last)
		}
	}
	if err := s.Close(); err != nil || desk.resets != 1 {
		t.Errorf("%v, %d resets", err, desk.resets)
	}
}

func TestModuleThatIsNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "text.so")
	if err := os.WriteFile(file, []byte("not a module"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := new(shelf).take(t, t.Context(), file); !errors.Is(err, pkcs11.ErrModuleUnusable) {
		t.Errorf("not a module: %v", err)
	}
	if _, err := new(shelf).take(t, t.Context(), file+".gone"); !errors.Is(err, pkcs11.ErrNoModule) {
		t.Errorf("no file: %v", err)
	}
}
