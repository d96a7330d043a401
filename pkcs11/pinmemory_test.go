//go:build cgo && linux

package pkcs11_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"eidgate/internal/pin"
	"eidgate/internal/pin/pintest"
	"eidgate/pkcs11"
)

// The PIN of the token is made by a child process, so that this one never
// holds it but in the buffer that is under test. What this process knows is
// the PIN with every byte inverted.
func TestPINIsNowhereInMemoryAfterwards(t *testing.T) {
	if dir := os.Getenv(makeToken); dir != "" {
		makeTokenWithRandomPIN(t, dir)
		return
	}
	h := newHSM(t)
	dir := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPINIsNowhereInMemoryAfterwards$")
	child.Env = append(os.Environ(), makeToken+"="+dir)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	inverted, err := os.ReadFile(filepath.Join(dir, "inverted"))
	h.ok(err)
	serial, err := os.ReadFile(filepath.Join(dir, "serial"))
	h.ok(err)

	seen := 0
	k := h.find(&pkcs11.URI{Serial: string(serial)}, pkcs11.Options{PINs: pin.SourceFunc(func(context.Context, pin.Request) (*pin.Buffer, error) {
		f, err := os.Open(filepath.Join(dir, "pin"))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		p, err := pin.Read(f)
		seen = copies(t, inverted)
		return p, err
	})})
	_, err = k.Sign(nil, hashed(crypto.SHA256, "x"), crypto.SHA256)
	h.ok(err)
	if seen != 1 {
		t.Errorf("while it is in use the PIN was found %d times, want 1: the scan does not work", seen)
	}
	if n := copies(t, inverted); n != 0 {
		t.Errorf("%d copies of the PIN are left in memory", n)
	}
	from := func(name string) pin.Source {
		return pin.SourceFunc(func(context.Context, pin.Request) (*pin.Buffer, error) {
			f, err := os.Open(filepath.Join(dir, name))
			if err != nil {
				return nil, err
			}
			defer f.Close()
			return pin.Read(f)
		})
	}
	fresh, err := os.ReadFile(filepath.Join(dir, "new-inverted"))
	h.ok(err)
	h.ok(h.open().ChangePIN(t.Context(), &pkcs11.URI{Serial: string(serial)}, pkcs11.CodeChange{Current: from("pin"), New: from("new")}))
	for _, code := range [][]byte{inverted, fresh} {
		if n := copies(t, code); n != 0 {
			t.Errorf("%d copies of a PIN are left in memory after a change", n)
		}
	}
}

func makeTokenWithRandomPIN(t *testing.T, dir string) {
	digits, fresh := randomDigits(), randomDigits()
	h := &hsm{t: t, path: softhsmModule(t), pin: string(digits)}
	serial := h.token("scan")
	h.key(serial, "p256", keyOptions{id: 1})
	for name, content := range map[string][]byte{
		"pin": digits, "inverted": inverse(digits), "new": fresh, "new-inverted": inverse(fresh), "serial": []byte(serial),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func randomDigits() []byte {
	digits := make([]byte, 14)
	rand.Read(digits)
	for i := range digits {
		digits[i] = '0' + digits[i]%10
	}
	return digits
}

func inverse(b []byte) []byte {
	b = bytes.Clone(b)
	for i := range b {
		b[i] ^= 0xff
	}
	return b
}

func copies(t *testing.T, inverted []byte) int {
	t.Helper()
	n := pintest.Copies(inverted)
	if n < 0 {
		t.Skip("this system does not let a process read its own memory")
	}
	return n
}
