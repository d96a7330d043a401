//go:build cgo && linux

package modulecard_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"syscall"
	"testing"
	"time"

	"eidgate/card/modulecard"
	"eidgate/internal/fault"
	"eidgate/internal/pin"
	"eidgate/pkcs11"
)

const signUsage = x509.KeyUsageContentCommitment

// findKey finds a key of the token "holder".
func findKey(t *testing.T, module, attributes string, o modulecard.KeyOptions) (*modulecard.Key, error) {
	t.Helper()
	k, err := modulecard.FindKey(t.Context(), "pkcs11:token=holder"+attributes+"?module-path="+module, o)
	if err == nil {
		t.Cleanup(func() { _ = k.Close() })
	}
	return k, err
}

func TestKeyOfAToken(t *testing.T) {
	for name, newKey := range map[string]func() crypto.Signer{"P-256": p256, "RSA": rsa2048} {
		t.Run(name, func(t *testing.T) {
			token(t, "holder", newKey)
			ask := &asker{code: softPIN}
			k, err := findKey(t, softhsm(t), "", modulecard.KeyOptions{PINs: ask, KeyUsage: signUsage})
			if err != nil {
				t.Fatal(err)
			}
			if k.Label() != "holder" || k.Certificate().KeyUsage&signUsage == 0 || ask.asked != 0 {
				t.Errorf("%s, usage %v, asked %d times", k.Label(), k.Certificate().KeyUsage, ask.asked)
			}
			options := []crypto.SignerOpts{crypto.SHA256, crypto.SHA384}
			if _, ok := k.Public().(*rsa.PublicKey); ok {
				options = append(options, &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthEqualsHash},
					&rsa.PSSOptions{Hash: crypto.SHA384, SaltLength: 20})
			}
			for n, o := range options {
				if _, err := k.Sign(nil, digest(t, o.HashFunc()), o); err != nil || ask.asked != n+1 {
					t.Errorf("%v: %v, asked %d times", o, err, ask.asked)
				}
			}
			if ask.last.Purpose != pin.Sign || ask.last.Token != "holder" || ask.last.Left != 3 {
				t.Errorf("the user is told %+v", ask.last)
			}
			if _, err := k.Sign(nil, []byte{1}, crypto.SHA256); !errors.Is(err, pkcs11.ErrDigest) || ask.asked != len(options) {
				t.Errorf("a short digest: %v", err)
			}
		})
	}
}

// One PIN for several signatures while the login is held. Ctrl-C goes to the
// process of the module too, and it is the parent that decides.
func TestHeldKey(t *testing.T) {
	token(t, "holder", p256)
	module := softhsm(t)
	ask := &asker{code: softPIN}
	k, err := findKey(t, module, ";id=%02", modulecard.KeyOptions{PINs: ask})
	if err != nil {
		t.Fatal(err)
	}
	if always, err := k.AlwaysAuthenticates(); always || err != nil {
		t.Errorf("%v, %v", always, err)
	}
	if err := k.Hold(); err != nil {
		t.Fatal(err)
	}
	for _, child := range children(t, module) {
		if err := syscall.Kill(child, syscall.SIGINT); err != nil {
			t.Error(err)
		}
	}
	for range 2 {
		if _, err := k.Sign(nil, digest(t, crypto.SHA256), crypto.SHA256); err != nil {
			t.Fatal(err)
		}
	}
	if ask.asked != 1 {
		t.Errorf("asked %d times while the login was held", ask.asked)
	}
	if err := k.Release(); err != nil {
		t.Error(err)
	}
	if _, err := k.Sign(nil, digest(t, crypto.SHA256), crypto.SHA256); err != nil || ask.asked != 2 {
		t.Errorf("%v, asked %d times after the login ended", err, ask.asked)
	}
}

func TestKeysThatAreRefused(t *testing.T) {
	token(t, "holder", p256)
	var several *pkcs11.SeveralError
	if _, err := findKey(t, softhsm(t), "", modulecard.KeyOptions{}); !errors.As(err, &several) || len(several.Found) != 2 || several.Found[0].ID == nil {
		t.Errorf("two keys: %v", err)
	}
	for uri, code := range map[string]string{
		"pkcs11:token=none?module-path=" + softhsm(t):                          "pkcs11.token-not-found",
		"pkcs11:token=holder;id=%09?module-path=" + softhsm(t):                 "pkcs11.pin-required", // it may be hidden until a login
		"pkcs11:token=holder?module-path=/nowhere.so":                          "pkcs11.module-not-found",
		"pkcs11:token=holder?module-path=/etc/passwd":                          "pkcs11.module-unusable",
		"pkcs11:token=holder?pin-value=1&module-path=" + softhsm(t):            "pkcs11.pin-value-refused",
		"pkcs11:token=holder;id=%02?pin-source=fd:9&module-path=" + softhsm(t): "pkcs11.pin-source-refused",
		"pkcs11:token=holder":                                                  "pkcs11.bad-uri",
		"holder":                                                               "pkcs11.bad-uri",
	} {
		k, err := modulecard.FindKey(t.Context(), uri, modulecard.KeyOptions{})
		if err == nil {
			_ = k.Close()
		}
		if fault.CodeOf(err) != code {
			t.Errorf("%s: %v, code %s", uri, err, fault.CodeOf(err))
		}
	}
	sign := func(o modulecard.KeyOptions) error {
		k, err := findKey(t, softhsm(t), ";id=%02", o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = k.Sign(nil, digest(t, crypto.SHA256), crypto.SHA256)
		return err
	}
	if err := sign(modulecard.KeyOptions{}); !errors.Is(err, pkcs11.ErrPINRequired) {
		t.Errorf("nobody to ask: %v", err)
	}
	if err := sign(modulecard.KeyOptions{PINs: &asker{code: "1"}}); !errors.Is(err, pkcs11.ErrPINFormat) {
		t.Errorf("a short PIN: %v", err)
	}
	declines := pin.SourceFunc(func(context.Context, pin.Request) (*pin.Buffer, error) { return nil, pin.ErrCancelled })
	if err := sign(modulecard.KeyOptions{PINs: declines}); !errors.Is(err, pin.ErrCancelled) {
		t.Errorf("declined: %v", err)
	}
	var wrong *pkcs11.WrongPINError
	if err := sign(modulecard.KeyOptions{PINs: &asker{code: "000000"}}); !errors.As(err, &wrong) || wrong.Left != 2 {
		t.Errorf("a wrong PIN: %v", err)
	}
}

// Whatever the module of a token does, no wrong signature comes out and the
// caller gets an error.
func TestTokenModulesThatMisbehave(t *testing.T) {
	token(t, "holder", p256)
	for how, code := range map[string]string{
		"abort-load": "card.module-crashed", "abort-token": "card.module-crashed", "crash-login": "card.module-crashed",
		"abort-sign": "card.module-crashed", "exit-sign": "card.module-crashed", "hang-token": "card.timeout", "hang-sign": "card.timeout",
		"lie-sign": "pkcs11.signature-wrong", "zero-sign": "pkcs11.signature-wrong", "empty-sign": "pkcs11.signature-wrong",
	} {
		t.Run(how, func(t *testing.T) {
			o := modulecard.KeyOptions{PINs: &asker{code: softPIN}}
			if code == "card.timeout" {
				o.Limit = 500 * time.Millisecond
			}
			var signature []byte
			k, err := findKey(t, evil(t, how), ";id=%02", o)
			if err == nil {
				signature, err = k.Sign(nil, digest(t, crypto.SHA256), crypto.SHA256)
			}
			if fault.CodeOf(err) != code || signature != nil {
				t.Errorf("%v, code %s, %X", err, fault.CodeOf(err), signature)
			}
		})
	}
}
