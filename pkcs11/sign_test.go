//go:build cgo && unix

package pkcs11_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	p11 "github.com/miekg/pkcs11"

	"eidgate/internal/fault"
	"eidgate/internal/pin"
	"eidgate/pkcs11"
)

func hashed(h crypto.Hash, text string) []byte {
	w := h.New()
	w.Write([]byte(text))
	return w.Sum(nil)
}

// verifies checks a signature with Go's own code, independent of the package.
func verifies(t *testing.T, public crypto.PublicKey, digest, signature []byte, opts crypto.SignerOpts) {
	t.Helper()
	good := false
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		good = ecdsa.VerifyASN1(key, digest, signature)
	case *rsa.PublicKey:
		if pss, ok := opts.(*rsa.PSSOptions); ok {
			good = rsa.VerifyPSS(key, opts.HashFunc(), digest, signature, &rsa.PSSOptions{SaltLength: pss.SaltLength}) == nil
		} else {
			good = rsa.VerifyPKCS1v15(key, opts.HashFunc(), digest, signature) == nil
		}
	}
	if !good {
		t.Errorf("%T with %v does not verify", public, opts)
	}
}

func TestSignaturesOfEveryKindVerify(t *testing.T) {
	h := newHSM(t)
	serial := h.token("signer")
	kinds := []string{"rsa", "p256", "p384"}
	for i, kind := range kinds {
		h.key(serial, kind, keyOptions{id: byte(i + 1)})
	}
	m := h.open()
	rsaOptions := []crypto.SignerOpts{
		&rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthEqualsHash},
		&rsa.PSSOptions{Hash: crypto.SHA384, SaltLength: rsa.PSSSaltLengthEqualsHash},
		&rsa.PSSOptions{Hash: crypto.SHA512, SaltLength: rsa.PSSSaltLengthAuto},
	}
	for i, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			ask := &asker{pin: userPIN}
			k, err := m.Find(t.Context(), &pkcs11.URI{Serial: serial, ID: []byte{byte(i + 1)}}, pkcs11.Options{PINs: ask})
			h.ok(err)
			if ask.asked.Load() != 0 {
				t.Error("finding the key asked for the PIN")
			}
			if k.Certificate() == nil {
				t.Error("no certificate beside the key")
			}
			options := []crypto.SignerOpts{crypto.SHA256, crypto.SHA384, crypto.SHA512}
			if kind == "rsa" {
				options = append(options, rsaOptions...)
			}
			for n, o := range options {
				digest := hashed(o.HashFunc(), kind)
				signature, err := k.Sign(nil, digest, o)
				if err != nil {
					t.Fatalf("%v: %v", o, err)
				}
				verifies(t, k.Certificate().PublicKey, digest, signature, o)
				if got := int(ask.asked.Load()); got != n+1 {
					t.Errorf("%d signatures, PIN asked %d times", n+1, got)
				}
			}
			if r := ask.last.Load(); r.Purpose != pin.Sign || r.Token != "signer" || r.Left != 3 || r.MinLength < 1 {
				t.Errorf("the user is told %+v", r)
			}
		})
	}
}

func TestManyAtOnce(t *testing.T) {
	h := newHSM(t)
	serial := h.token("busy")
	h.key(serial, "rsa", keyOptions{id: 1})
	h.key(serial, "p384", keyOptions{id: 2})
	m := h.open()
	ask := &asker{pin: userPIN}
	var wg sync.WaitGroup
	for id := byte(1); id <= 2; id++ {
		k, err := m.Find(t.Context(), &pkcs11.URI{Serial: serial, ID: []byte{id}}, pkcs11.Options{PINs: ask})
		h.ok(err)
		for range 20 {
			wg.Go(func() {
				digest := hashed(crypto.SHA256, "at once")
				signature, err := k.Sign(nil, digest, crypto.SHA256)
				if err != nil {
					t.Error(err)
					return
				}
				verifies(t, k.Public(), digest, signature, crypto.SHA256)
			})
		}
	}
	wg.Wait()
	if n := ask.asked.Load(); n > 40 {
		t.Errorf("PIN asked %d times for 40 signatures", n)
	}
}

func TestAlwaysAuthenticate(t *testing.T) {
	h := newHSM(t)
	serial := h.token("careful")
	h.key(serial, "p384", keyOptions{id: 1, always: true})
	digest := hashed(crypto.SHA384, "always")
	ask := &asker{pin: userPIN}
	k := h.find(&pkcs11.URI{Serial: serial}, pkcs11.Options{PINs: ask})

	for n := int32(1); n <= 2; n++ {
		signature, err := k.Sign(nil, digest, crypto.SHA384)
		h.ok(err)
		verifies(t, k.Public(), digest, signature, crypto.SHA384)
		if ask.asked.Load() != n {
			t.Fatalf("PIN asked %d times for %d signatures", ask.asked.Load(), n)
		}
	}

	held, err := k.Hold(t.Context())
	h.ok(err)
	defer held.Close()
	before := ask.asked.Load()
	_, err = k.Sign(nil, digest, crypto.SHA384)
	h.ok(err)
	if ask.asked.Load() != before+1 {
		t.Error("an always-authenticate key signed on a held login without asking")
	}
	ask.pin = "000000"
	_, err = k.Sign(nil, digest, crypto.SHA384)
	if fault.CodeOf(err) != "pkcs11.pin-wrong" {
		t.Errorf("wrong context PIN: %v", err)
	}
}

func TestHoldAsksOnceAndLogsOut(t *testing.T) {
	h := newHSM(t)
	serial := h.token("service")
	h.key(serial, "p256", keyOptions{id: 1})
	ask := &asker{pin: userPIN}
	k := h.find(&pkcs11.URI{Serial: serial}, pkcs11.Options{PINs: ask})
	held, err := k.Hold(t.Context())
	h.ok(err)
	digest := hashed(crypto.SHA256, "held")
	for range 3 {
		_, err = k.Sign(nil, digest, crypto.SHA256)
		h.ok(err)
	}
	if n := ask.asked.Load(); n != 1 {
		t.Errorf("PIN asked %d times", n)
	}
	h.ok(held.Close())
	h.ok(held.Close())
	_, err = k.Sign(nil, digest, crypto.SHA256)
	h.ok(err)
	if n := ask.asked.Load(); n != 2 {
		t.Errorf("after the login ended the PIN was asked %d times, want 2", n)
	}
}

func TestNobodyStaysLoggedIn(t *testing.T) {
	h := newHSM(t)
	serial := h.token("left")
	h.key(serial, "p256", keyOptions{id: 1})
	k := h.find(&pkcs11.URI{Serial: serial}, pkcs11.Options{PINs: &asker{pin: userPIN}})
	_, err := k.Sign(nil, hashed(crypto.SHA256, "x"), crypto.SHA256)
	h.ok(err)

	c := p11.New(h.path) // the same module, still initialised
	defer c.Destroy()
	s, err := c.OpenSession(k.Token().Slot, p11.CKF_SERIAL_SESSION)
	h.ok(err)
	info, err := c.GetSessionInfo(s)
	h.ok(err)
	if info.State != p11.CKS_RO_PUBLIC_SESSION {
		t.Errorf("session state %d after a signature: still logged in", info.State)
	}
}

func TestKeyWithoutCertificate(t *testing.T) {
	h := newHSM(t)
	serial := h.token("bare")
	for i, kind := range []string{"rsa", "p256", "p384"} {
		h.key(serial, kind, keyOptions{id: byte(i + 1), noCertificate: true})
	}
	m := h.open()
	for _, kind := range []string{"rsa", "p256", "p384"} {
		k, err := m.Find(t.Context(), &pkcs11.URI{Token: "bare", Object: kind}, pkcs11.Options{PINs: &asker{pin: userPIN}})
		h.ok(err)
		if k.Certificate() != nil {
			t.Error("a certificate out of nowhere")
		}
		digest := hashed(crypto.SHA256, kind)
		signature, err := k.Sign(nil, digest, crypto.SHA256)
		h.ok(err)
		verifies(t, k.Public(), digest, signature, crypto.SHA256)
	}
}

func TestHiddenKeyIsAskedForOnce(t *testing.T) {
	h := newHSM(t)
	serial := h.token("hidden")
	h.key(serial, "p384", keyOptions{id: 1, hidden: true})
	ask := &asker{pin: userPIN}
	k := h.find(&pkcs11.URI{Serial: serial}, pkcs11.Options{PINs: ask})
	digest := hashed(crypto.SHA384, "hidden")
	signature, err := k.Sign(nil, digest, crypto.SHA384)
	h.ok(err)
	verifies(t, k.Public(), digest, signature, crypto.SHA384)
	if n := ask.asked.Load(); n != 1 {
		t.Errorf("PIN asked %d times", n)
	}
}

func TestRenewedCertificate(t *testing.T) {
	h := newHSM(t)
	serial := h.token("renewed")
	h.key(serial, "p256", keyOptions{id: 1})
	public := h.public(serial, 1)
	newest := h.certificate(serial, 1, public, 48*time.Hour)
	h.certificate(serial, 1, public, 24*time.Hour)
	k := h.find(&pkcs11.URI{Serial: serial}, pkcs11.Options{})
	if !k.Certificate().Equal(newest) {
		t.Error("not the newest certificate")
	}
}

// A certificate of another key under the key's CKA_ID must not go out with a
// signature that it does not verify.
func TestSignatureThatItsCertificateDoesNotVerify(t *testing.T) {
	h := newHSM(t)
	serial := h.token("mixed up")
	ec, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	h.ok(err)
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	h.ok(err)
	for id, kind := range []string{"p384", "rsa"} {
		h.key(serial, kind, keyOptions{id: byte(id), hidden: true})
		h.certificate(serial, byte(id), []crypto.Signer{ec, rs}[id].Public(), time.Hour)
	}
	m := h.open()
	for name, c := range map[string]struct {
		id   byte
		opts crypto.SignerOpts
	}{
		"ECDSA":    {0, crypto.SHA384},
		"PKCS #1":  {1, crypto.SHA256},
		"RSA, PSS": {1, &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthEqualsHash}},
	} {
		k, err := m.Find(t.Context(), &pkcs11.URI{Serial: serial, ID: []byte{c.id}}, pkcs11.Options{PINs: &asker{pin: userPIN}})
		h.ok(err)
		signature, err := k.Sign(nil, hashed(c.opts.HashFunc(), "x"), c.opts)
		if !errors.Is(err, pkcs11.ErrSignatureWrong) || signature != nil {
			t.Errorf("%s: signature %x, error %v", name, signature, err)
		}
	}
}

func TestPINFromADescriptor(t *testing.T) {
	h := newHSM(t)
	serial := h.token("piped")
	h.key(serial, "p256", keyOptions{id: 1})
	uri := "pkcs11:serial=" + serial + "?module-path=" + h.path + "&pin-source=fd:5"
	k, err := pkcs11.FindKey(t.Context(), uri, pkcs11.Options{PINFiles: map[int]io.Reader{5: strings.NewReader(userPIN + "\n")}})
	h.ok(err)
	defer k.Close()
	_, err = k.Sign(nil, hashed(crypto.SHA256, "x"), crypto.SHA256)
	h.ok(err)

	_, err = pkcs11.FindKey(t.Context(), uri, pkcs11.Options{PINFiles: map[int]io.Reader{4: strings.NewReader(userPIN)}})
	if !errors.Is(err, pkcs11.ErrPINSource) {
		t.Errorf("a descriptor that was not passed: %v", err)
	}
}

func TestDigestIsNotKept(t *testing.T) {
	h := newHSM(t)
	serial := h.token("copy")
	h.key(serial, "p384", keyOptions{id: 1})
	digest := hashed(crypto.SHA384, "mine")
	kept := bytes.Clone(digest)
	k := h.find(&pkcs11.URI{Serial: serial}, pkcs11.Options{PINs: pin.SourceFunc(func(context.Context, pin.Request) (*pin.Buffer, error) {
		clear(digest) // a caller that reuses its slice while the user types
		return pin.FromBytes([]byte(userPIN))
	})})
	signature, err := k.Sign(nil, digest, crypto.SHA384)
	h.ok(err)
	verifies(t, k.Public(), kept, signature, crypto.SHA384)
}
