//go:build cgo && unix

package pkcs11_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/fault"
	"eidgate/internal/pin"
	"eidgate/pkcs11"
)

func TestWrongPIN(t *testing.T) {
	h := newHSM(t)
	serial := h.token("wrong")
	h.key(serial, "p256", keyOptions{id: 1})
	ask := &asker{pin: "111111"}
	k := h.find(&pkcs11.URI{Serial: serial}, pkcs11.Options{PINs: ask})
	digest := hashed(crypto.SHA256, "x")

	_, err := k.Sign(nil, digest, crypto.SHA256)
	var wrong *pkcs11.WrongPINError
	if !errors.As(err, &wrong) || wrong.Left != 2 || fault.CodeOf(err) != "pkcs11.pin-wrong" || fault.HintOf(err) == "" {
		t.Fatalf("wrong PIN: %v (%s)", err, fault.CodeOf(err))
	}
	if ask.asked.Load() != 1 {
		t.Errorf("asked %d times", ask.asked.Load())
	}
	if strings.Contains(err.Error(), "111111") {
		t.Error("the PIN is in the error")
	}

	ask.pin = userPIN
	_, err = k.Sign(nil, digest, crypto.SHA256)
	h.ok(err)
	if left := ask.last.Load().Left; left != 2 {
		t.Errorf("after a wrong PIN the user is told %d tries", left)
	}
}

func TestPINThatCannotBeOneUsesNoTry(t *testing.T) {
	h := newHSM(t)
	serial := h.token("short")
	h.key(serial, "p256", keyOptions{id: 1})
	ask := &asker{}
	k := h.find(&pkcs11.URI{Serial: serial}, pkcs11.Options{PINs: ask})
	for _, p := range []string{"", "12", "123"} {
		ask.pin = p
		if _, err := k.Sign(nil, hashed(crypto.SHA256, "x"), crypto.SHA256); !errors.Is(err, pkcs11.ErrPINFormat) {
			t.Errorf("PIN of %d: %v", len(p), err)
		}
	}
	ask.pin = userPIN
	_, err := k.Sign(nil, hashed(crypto.SHA256, "x"), crypto.SHA256)
	h.ok(err)
	if left := ask.last.Load().Left; left != 3 {
		t.Errorf("a try was used: %d left", left)
	}
}

func TestNothingIsAskedForAnImpossibleSignature(t *testing.T) {
	h := newHSM(t)
	serial := h.token("ask")
	h.key(serial, "rsa", keyOptions{id: 1})
	ask := &asker{pin: userPIN}
	k := h.find(&pkcs11.URI{Serial: serial}, pkcs11.Options{PINs: ask})
	short := make([]byte, 31)
	cases := map[string]struct {
		digest []byte
		opts   crypto.SignerOpts
		want   error
	}{
		"short digest":  {short, crypto.SHA256, pkcs11.ErrDigest},
		"no hash":       {short, crypto.Hash(0), pkcs11.ErrDigest},
		"no options":    {short, nil, pkcs11.ErrDigest},
		"negative salt": {hashed(crypto.SHA256, "x"), &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: -7}, pkcs11.ErrMechanism},
	}
	for name, c := range cases {
		if _, err := k.Sign(nil, c.digest, c.opts); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if ask.asked.Load() != 0 {
		t.Error("the PIN was asked for a signature that cannot be made")
	}
}

func TestUserDeclines(t *testing.T) {
	h := newHSM(t)
	serial := h.token("no")
	h.key(serial, "p256", keyOptions{id: 1})
	declines := pin.SourceFunc(func(context.Context, pin.Request) (*pin.Buffer, error) { return nil, pin.ErrCancelled })
	silent := pin.SourceFunc(func(context.Context, pin.Request) (*pin.Buffer, error) { return nil, nil })
	for name, c := range map[string]struct {
		source pin.Source
		want   error
	}{
		"declines":  {declines, pin.ErrCancelled},
		"no answer": {silent, pkcs11.ErrPINRequired},
		"nobody":    {nil, pkcs11.ErrPINRequired},
	} {
		k := h.find(&pkcs11.URI{Serial: serial}, pkcs11.Options{PINs: c.source})
		if _, err := k.Sign(nil, hashed(crypto.SHA256, "x"), crypto.SHA256); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestContextEndsDuringTheQuestion(t *testing.T) {
	h := newHSM(t)
	serial := h.token("late")
	h.key(serial, "p256", keyOptions{id: 1})
	ctx, cancel := context.WithCancel(t.Context())
	k := h.find(&pkcs11.URI{Serial: serial}, pkcs11.Options{PINs: pin.SourceFunc(func(context.Context, pin.Request) (*pin.Buffer, error) {
		cancel()
		return pin.FromBytes([]byte("000000")) // must not be sent any more
	})})
	if _, err := k.SignContext(ctx, hashed(crypto.SHA256, "x"), crypto.SHA256); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	ask := &asker{pin: userPIN}
	k = h.find(&pkcs11.URI{Serial: serial}, pkcs11.Options{PINs: ask})
	_, err := k.Sign(nil, hashed(crypto.SHA256, "x"), crypto.SHA256)
	h.ok(err)
	if ask.last.Load().Left != 3 {
		t.Error("the PIN was sent after the end of the context")
	}
}

func TestSeveralTokensAndKeys(t *testing.T) {
	h := newHSM(t)
	one, two := h.token("twin"), h.token("twin")
	h.key(one, "p256", keyOptions{id: 1})
	h.key(two, "p256", keyOptions{id: 1})
	h.key(two, "p384", keyOptions{id: 2})
	m := h.open()
	cases := map[string]struct {
		uri   *pkcs11.URI
		code  string
		found int
	}{
		"keys on two tokens": {&pkcs11.URI{Token: "twin", ID: []byte{1}}, "pkcs11.several-keys", 2},
		"keys on one token":  {&pkcs11.URI{Serial: two}, "pkcs11.several-keys", 2},
		"all":                {&pkcs11.URI{}, "pkcs11.several-keys", 3},
		"nothing visible":    {&pkcs11.URI{Token: "twin", ID: []byte{9}}, "pkcs11.several-tokens", 2},
	}
	for name, c := range cases {
		_, err := m.Find(t.Context(), c.uri, pkcs11.Options{})
		var several *pkcs11.SeveralError
		if !errors.As(err, &several) || fault.CodeOf(err) != c.code || len(several.Found) != c.found {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, u := range several.Found {
			if !strings.Contains(err.Error(), u.String()) {
				t.Errorf("%s: %s is not listed", name, u)
			}
			if c.code != "pkcs11.several-keys" {
				continue
			}
			if _, err := m.Find(t.Context(), u, pkcs11.Options{}); err != nil {
				t.Errorf("%s: the listed %s: %v", name, u, err)
			}
		}
	}
	uris, err := m.List(t.Context(), nil)
	h.ok(err)
	if len(uris) != 3 {
		t.Errorf("%d keys listed, want 3", len(uris))
	}
}

func TestNotFound(t *testing.T) {
	h := newHSM(t)
	serial := h.token("there")
	h.key(serial, "p256", keyOptions{id: 1})
	m := h.open()
	slot := uint(0)
	ask := &asker{pin: userPIN}
	for name, c := range map[string]struct {
		uri  *pkcs11.URI
		want error
	}{
		"serial":       {&pkcs11.URI{Serial: "0"}, pkcs11.ErrNoToken},
		"label":        {&pkcs11.URI{Token: "elsewhere"}, pkcs11.ErrNoToken},
		"manufacturer": {&pkcs11.URI{Serial: serial, Manufacturer: "nobody"}, pkcs11.ErrNoToken},
		"library":      {&pkcs11.URI{Serial: serial, LibraryVersion: "0.1"}, pkcs11.ErrNoToken},
		"slot":         {&pkcs11.URI{Serial: serial, SlotID: &slot}, pkcs11.ErrNoToken},
		"id":           {&pkcs11.URI{Serial: serial, ID: []byte{7}}, pkcs11.ErrNoKey},
		"object":       {&pkcs11.URI{Serial: serial, Object: "p521"}, pkcs11.ErrNoKey},
	} {
		if _, err := m.Find(t.Context(), c.uri, pkcs11.Options{PINs: ask}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestModules(t *testing.T) {
	text := filepath.Join(t.TempDir(), "module.so")
	if err := os.WriteFile(text, []byte("not a library"), 0o600); err != nil {
		t.Fatal(err)
	}
	libc := need(t, "/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6", "/lib64/libm.so.6")
	for path, want := range map[string]error{
		filepath.Join(t.TempDir(), "none.so"): pkcs11.ErrNoModule,
		text:                                  pkcs11.ErrModuleUnusable,
		libc:                                  pkcs11.ErrModuleUnusable,
		t.TempDir():                           pkcs11.ErrModuleUnusable,
	} {
		if _, err := pkcs11.Open(path); !errors.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestModuleByName(t *testing.T) {
	h := newHSM(t)
	serial := h.token("named")
	h.key(serial, "p256", keyOptions{id: 1})
	k, err := pkcs11.FindKey(t.Context(), "pkcs11:serial="+serial+"?module-name=softhsm2", pkcs11.Options{})
	h.ok(err)
	h.ok(k.Close())
	if _, err := pkcs11.FindKey(t.Context(), "pkcs11:serial=1?module-name=nosuch", pkcs11.Options{}); !errors.Is(err, pkcs11.ErrNoModule) {
		t.Error(err)
	}
	if _, err := pkcs11.FindKey(t.Context(), "pkcs11:serial=1", pkcs11.Options{}); !errors.Is(err, pkcs11.ErrBadURI) {
		t.Error(err)
	}
}

func TestClosedModule(t *testing.T) {
	h := newHSM(t)
	serial := h.token("closed")
	h.key(serial, "p256", keyOptions{id: 1})
	m := h.open()
	k, err := m.Find(t.Context(), &pkcs11.URI{Serial: serial}, pkcs11.Options{PINs: &asker{pin: userPIN}})
	h.ok(err)
	h.ok(m.Close())
	h.ok(m.Close())
	if _, err := k.Sign(nil, hashed(crypto.SHA256, "x"), crypto.SHA256); !errors.Is(err, pkcs11.ErrClosed) {
		t.Error(err)
	}
}

// Two users of one module in a process: the one that came second must not end
// it for the first.
func TestSecondOpenDoesNotEndTheFirst(t *testing.T) {
	h := newHSM(t)
	serial := h.token("shared")
	h.key(serial, "p256", keyOptions{id: 1})
	k := h.find(&pkcs11.URI{Serial: serial}, pkcs11.Options{PINs: &asker{pin: userPIN}})
	second, err := pkcs11.Open(h.path)
	h.ok(err)
	h.ok(second.Close())
	_, err = k.Sign(nil, hashed(crypto.SHA256, "x"), crypto.SHA256)
	h.ok(err)
}
