//go:build cgo

package pcsc_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha512"
	"crypto/x509"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/card"
	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
)

// pkcs11Tool runs OpenSC's tool on its own module, over the same daemon.
func pkcs11Tool(t testing.TB, arguments ...string) (string, error) {
	t.Helper()
	return tool(t, "pkcs11-tool", append([]string{"--module", openSC(t)}, arguments...)...)
}

func tool(t testing.TB, name string, arguments ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, arguments...).CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("%s hangs: %s", name, out)
	}
	return string(out), err
}

// openSC finds the module, as Debian and others install it.
func openSC(t testing.TB) string {
	t.Helper()
	for _, p := range []string{"/usr/lib/*/opensc-pkcs11.so", "/usr/lib*/opensc-pkcs11.so"} {
		if found, _ := filepath.Glob(p); len(found) > 0 {
			return found[0]
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("opensc is not installed")
	}
	t.Skip("opensc is not installed")
	return ""
}

// keys are OpenSC's slot and names for the two keys, and ours.
var keys = []struct {
	usage     card.Usage
	slot, id  string
	pin, name string
}{
	{card.Authentication, "0", "01", simtest.PIN1, "Isikutuvastus"},
	{card.Signing, "1", "02", simtest.PIN2, "Allkirjastamine"},
}

func TestOpenSCListsBothCertificates(t *testing.T) {
	insert(t, 0, "AS0010001")
	s := open(t)
	want := make(map[card.Usage]*x509.Certificate)
	for _, k := range keys {
		c, err := s.Card.Certificate(t.Context(), k.usage)
		if err != nil {
			t.Fatal(err)
		}
		want[k.usage] = c
	}
	s.Close()
	for _, k := range keys {
		if out, err := pkcs11Tool(t, "--slot", k.slot, "--list-objects"); err != nil || !strings.Contains(out, k.name) {
			t.Errorf("%v: %s", err, out)
		}
		file := filepath.Join(t.TempDir(), "cert")
		if out, err := pkcs11Tool(t, "--slot", k.slot, "--read-object", "--type", "cert", "--id", k.id, "--output-file", file); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		der, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(der) != string(want[k.usage].Raw) {
			t.Errorf("%s: OpenSC reads another certificate than we do", k.usage)
		}
	}
	if out, err := pkcs11Tool(t, "-L"); err != nil || !strings.Contains(out, "AS0010001") {
		t.Errorf("%v: %s", err, out)
	}
}

// openSCSigns makes a raw r||s signature with OpenSC.
func openSCSigns(t testing.TB, slot, id, code string, digest []byte) ([]byte, string, error) {
	t.Helper()
	in, out := filepath.Join(t.TempDir(), "in"), filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(in, digest, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := pkcs11Tool(t, "--slot", slot, "--login", "--pin", code, "--sign", "--id", id,
		"--mechanism", "ECDSA", "--input-file", in, "--output-file", out)
	if err != nil {
		return nil, text, err
	}
	signature, err := os.ReadFile(out)
	return signature, text, err
}

func TestOpenSCSignsWithBothPINs(t *testing.T) {
	insert(t, 0, "AS0010001")
	digest := sha512.Sum384([]byte("document"))
	for _, k := range keys {
		s := open(t)
		c, err := s.Card.Certificate(t.Context(), k.usage)
		s.Close()
		if err != nil {
			t.Fatal(err)
		}
		signature, text, err := openSCSigns(t, k.slot, k.id, k.pin, digest[:])
		if err != nil || len(signature) != 96 {
			t.Fatalf("%s: %v: %s", k.usage, err, text)
		}
		r, v := new(big.Int).SetBytes(signature[:48]), new(big.Int).SetBytes(signature[48:])
		if !ecdsa.Verify(c.PublicKey.(*ecdsa.PublicKey), digest[:], r, v) {
			t.Errorf("%s: OpenSC's signature does not verify", k.usage)
		}
	}
}

func status(t *testing.T, r card.PINRef) int {
	t.Helper()
	s := open(t)
	defer s.Close()
	p, err := s.Card.PINStatus(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return p.Left
}

// TestWrongAndBlockedCodesAgree enters wrong codes through OpenSC and through
// us in turn: both see each other's counting, and the block.
func TestWrongAndBlockedCodesAgree(t *testing.T) {
	insert(t, 0, "AS0010001")
	digest := sha512.Sum384([]byte("document"))
	for _, k := range keys {
		if _, text, err := openSCSigns(t, k.slot, k.id, "999999", digest[:]); err == nil || !strings.Contains(text, "CKR_PIN_INCORRECT") {
			t.Fatalf("%s: OpenSC and a wrong PIN: %v: %s", k.usage, err, text)
		}
		if n := status(t, card.PINOf(k.usage)); n != 2 {
			t.Fatalf("%s: %d tries left after OpenSC's wrong one", k.usage, n)
		}
		s := open(t)
		_, err := s.Card.Sign(t.Context(), card.SignRequest{Usage: k.usage, Digest: digest[:], Hash: crypto.SHA384, PINs: enters("999999")})
		s.Close()
		var wrong *card.WrongPINError
		if !errors.As(err, &wrong) || wrong.Left != 1 {
			t.Fatalf("%s: our wrong PIN: %v", k.usage, err)
		}
		if out, err := pkcs11Tool(t, "-L"); err != nil || !strings.Contains(out, "final user PIN try") {
			t.Errorf("%s: OpenSC does not see the last try: %v: %s", k.usage, err, out)
		}
		if _, _, err := openSCSigns(t, k.slot, k.id, "999999", digest[:]); err == nil {
			t.Fatalf("%s: OpenSC signs with a wrong PIN", k.usage)
		}
		s = open(t)
		_, err = s.Card.Sign(t.Context(), card.SignRequest{Usage: k.usage, Digest: digest[:], Hash: crypto.SHA384, PINs: enters(k.pin), LastTry: true})
		s.Close()
		if !errors.Is(err, card.ErrPINBlocked) {
			t.Errorf("%s: blocked by OpenSC, we say %v", k.usage, err)
		}
		if out, err := pkcs11Tool(t, "-L"); err != nil || !strings.Contains(out, "user PIN locked") {
			t.Errorf("%s: OpenSC does not see the block: %v: %s", k.usage, err, out)
		}
	}
}

// commands counts what a card is sent while something happens to it.
func commands(c *sim.Card, happen func()) int {
	c.ClearTrace()
	happen()
	return len(c.Trace())
}

// TestWeSendFewerCommandsThanOpenSC counts the commands of one signature, card
// just inserted: through us and through OpenSC's PKCS#11 module.
func TestWeSendFewerCommandsThanOpenSC(t *testing.T) {
	digest := sha512.Sum384([]byte("document"))
	for _, k := range keys {
		c := insert(t, 0, "AS0010001")
		ours := commands(c, func() {
			s := open(t)
			defer s.Close()
			if _, err := s.Card.Sign(t.Context(), card.SignRequest{Usage: k.usage, Digest: digest[:], Hash: crypto.SHA384, PINs: enters(k.pin)}); err != nil {
				t.Fatal(err)
			}
		})
		if err := host.Remove(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		c = insert(t, 0, "AS0010001")
		theirs := commands(c, func() {
			if _, text, err := openSCSigns(t, k.slot, k.id, k.pin, digest[:]); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
		})
		t.Logf("commands for one %s signature, card just inserted: ours %d, OpenSC's %d", k.usage, ours, theirs)
		if ours >= theirs {
			t.Errorf("%s: we send %d commands, OpenSC %d", k.usage, ours, theirs)
		}
	}
}
