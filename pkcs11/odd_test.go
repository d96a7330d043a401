//go:build cgo && unix

package pkcs11_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"eidgate/internal/fault"
	"eidgate/internal/pin"
	"eidgate/internal/rawsig"
	"eidgate/internal/testtool"
	"eidgate/pkcs11"
)

// odd is a module that does what no module at hand can be made to do: readers
// with a pad, flags before a PIN locks, wrong answers.
type odd struct {
	t      *testing.T
	path   string
	log    string
	gate   string
	digest []byte
	public *ecdsa.PublicKey
}

func newOdd(t *testing.T) *odd {
	t.Helper()
	dir := t.TempDir()
	o := &odd{t: t, path: filepath.Join(dir, "odd.so"), log: filepath.Join(dir, "log"), gate: filepath.Join(dir, "gate")}
	testtool.Run(t, testtool.Need(t, "cc"), "-shared", "-fPIC", "-Wall", "-Wextra", "-o", o.path, filepath.Join("testdata", "odd.c"))
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o.public, o.digest = &key.PublicKey, hashed(crypto.SHA256, "odd")
	der, err := ecdsa.SignASN1(rand.Reader, key, o.digest)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := rawsig.FromDER(&key.PublicKey, der)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"ODD_POINT": hex.EncodeToString(point), "ODD_SIGNATURE": hex.EncodeToString(raw), "ODD_LOG": o.log, "ODD_GATE": o.gate,
	} {
		t.Setenv(name, value)
	}
	return o
}

// sign makes one signature in a mode and gives the calls that it took.
func (o *odd) sign(ctx context.Context, mode string, options pkcs11.Options) (signature []byte, calls string, err error) {
	o.t.Helper()
	o.t.Setenv("ODD_MODE", mode)
	m, err := pkcs11.Open(o.path)
	if err != nil {
		return nil, "", err
	}
	defer m.Close()
	k, err := m.Find(ctx, &pkcs11.URI{Serial: "0001"}, options)
	if err != nil {
		return nil, "", err
	}
	_ = os.Remove(o.log)
	signature, err = k.SignContext(ctx, o.digest, crypto.SHA256)
	log, _ := os.ReadFile(o.log)
	return signature, strings.ReplaceAll(strings.TrimSpace(string(log)), "\n", ", "), err
}

func TestModuleCallsOfOneSignature(t *testing.T) {
	o := newOdd(t)
	for mode, want := range map[string]string{
		"good":          "login user, init, sign, close",
		"low":           "login user, init, sign, close",
		"already":       "login user, init, sign, close",
		"always":        "login user, init, sign, close",
		"always-strict": "login user, init, sign, init, login context, sign, close",
	} {
		ask := &asker{pin: "1234"}
		signature, calls, err := o.sign(t.Context(), mode, pkcs11.Options{PINs: ask})
		if err != nil || calls != want || ask.asked.Load() != 1 {
			t.Errorf("%s: %v, calls %q, want %q; PIN asked %d times", mode, err, calls, want, ask.asked.Load())
			continue
		}
		verifies(t, o.public, o.digest, signature, crypto.SHA256)
	}
}

func TestPINPad(t *testing.T) {
	o := newOdd(t)
	shown := 0
	pad := pin.SourceFunc(func(_ context.Context, r pin.Request) (*pin.Buffer, error) {
		shown++
		if !r.PINPad {
			t.Error("the request does not say that the reader takes the PIN")
		}
		return nil, nil
	})
	signature, calls, err := o.sign(t.Context(), "pad", pkcs11.Options{PINs: pad})
	if err != nil || shown != 1 || calls != "login user, init, sign, close" {
		t.Fatalf("%v, shown %d times, %q", err, shown, calls)
	}
	verifies(t, o.public, o.digest, signature, crypto.SHA256)
	// A source that has a PIN all the same does not get it to the module.
	if _, _, err := o.sign(t.Context(), "pad", pkcs11.Options{PINs: &asker{pin: "1234"}}); err != nil {
		t.Error(err)
	}
	if _, _, err := o.sign(t.Context(), "pad-cancel", pkcs11.Options{PINs: pad}); !errors.Is(err, pin.ErrCancelled) {
		t.Errorf("cancelled on the pad: %v", err)
	}
}

func TestOddAnswers(t *testing.T) {
	o := newOdd(t)
	const one = "login user, init, sign, close"
	for mode, c := range map[string]struct{ code, calls string }{
		"wrong":      {"pkcs11.signature-wrong", one},
		"short":      {"pkcs11.signature-wrong", one},
		"empty":      {"pkcs11.signature-wrong", one},
		"long":       {"pkcs11.signature-wrong", one},
		"removed":    {"pkcs11.token-removed", one},
		"unheard-of": {"pkcs11.module-error", one},
		"mechanism":  {"pkcs11.mechanism", "login user, init, close"},
		"forbidden":  {"pkcs11.mechanism", "login user, init, close"},
		"expired":    {"pkcs11.pin-to-be-changed", "login user, close"},
		"locked":     {"pkcs11.pin-locked", "close"},
		"final":      {"pkcs11.last-try", "close"},
		"change":     {"pkcs11.pin-to-be-changed", "close"},
		"no-start":   {"pkcs11.module-unusable", ""},
		"version-1":  {"pkcs11.module-unusable", ""},
		"no-end":     {"pkcs11.too-many-objects", ""},
	} {
		signature, calls, err := o.sign(t.Context(), mode, pkcs11.Options{PINs: &asker{pin: "1234"}})
		if fault.CodeOf(err) != c.code || signature != nil || calls != c.calls {
			t.Errorf("%s: %v (%s), calls %q, want %s and %q", mode, err, fault.CodeOf(err), calls, c.code, c.calls)
		}
	}
	if _, _, err := o.sign(t.Context(), "final", pkcs11.Options{PINs: &asker{pin: "1234"}, LastTry: true}); err != nil {
		t.Errorf("the last try with consent: %v", err)
	}
	var wrong *pkcs11.WrongPINError
	if _, _, err := o.sign(t.Context(), "final", pkcs11.Options{PINs: &asker{pin: "4321"}, LastTry: true}); !errors.As(err, &wrong) {
		t.Errorf("the last try, wrong: %v", err)
	}
}

// A module that waits for ever does not hold its caller, and is ended when it
// can be.
func TestGivingUpOnAModule(t *testing.T) {
	o := newOdd(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	returned := make(chan struct{})
	go func() {
		o.waitFor("sign", returned)
		cancel()
	}()
	signature, calls, err := o.sign(ctx, "waits", pkcs11.Options{PINs: &asker{pin: "1234"}})
	close(returned)
	if !errors.Is(err, context.Canceled) || signature != nil {
		t.Fatalf("%v after %q", err, calls)
	}
	if err := os.WriteFile(o.gate, nil, 0o600); err != nil { // lets the module go
		t.Fatal(err)
	}
	o.waitFor("close", t.Context().Done())
}

// waitFor waits until the module was called, or something ends the waiting.
func (o *odd) waitFor(call string, end <-chan struct{}) {
	for {
		log, err := os.ReadFile(o.log)
		if err == nil && slices.Contains(strings.Split(string(log), "\n"), call) {
			return
		}
		select {
		case <-end:
			return
		case <-time.After(time.Millisecond):
		}
	}
}
