//go:build cgo && unix

package pkcs11_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	p11 "github.com/miekg/pkcs11"

	"eidgate/internal/pin"
	"eidgate/pkcs11"
)

const userPIN = "918273"

// need finds a tool or library that Debian has, or skips the test where nobody
// promised that it is there.
func need(t *testing.T, paths ...string) string {
	t.Helper()
	for _, p := range paths {
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed", paths[0])
	}
	t.Skipf("%s is not installed", paths[0])
	return ""
}

func softhsmModule(t *testing.T) string {
	return need(t, "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so")
}

// hsm is a private SoftHSM with tokens that the test made.
type hsm struct {
	t    *testing.T
	path string
	pin  string
}

func newHSM(t *testing.T) *hsm {
	t.Helper()
	path, dir := softhsmModule(t), t.TempDir()
	conf := filepath.Join(dir, "softhsm2.conf")
	text := fmt.Sprintf("directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", dir)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", conf)
	return &hsm{t: t, path: path, pin: userPIN}
}

// with runs f on the module's own functions, without the package under test.
func (h *hsm) with(f func(c *p11.Ctx)) {
	h.t.Helper()
	c := p11.New(h.path)
	if c == nil {
		h.t.Fatal("SoftHSM does not load")
	}
	defer c.Destroy()
	h.ok(c.Initialize())
	defer c.Finalize()
	f(c)
}

func (h *hsm) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// token makes a token and returns its serial number.
func (h *hsm) token(label string) (serial string) {
	h.t.Helper()
	h.with(func(c *p11.Ctx) {
		slots, err := c.GetSlotList(true)
		h.ok(err)
		h.ok(c.InitToken(slots[len(slots)-1], "12345678", label)) // the last one is always the empty one
		slots, err = c.GetSlotList(true)
		h.ok(err)
		for _, slot := range slots {
			info, err := c.GetTokenInfo(slot)
			h.ok(err)
			if info.Label != label || info.Flags&p11.CKF_USER_PIN_INITIALIZED != 0 {
				continue
			}
			s, err := c.OpenSession(slot, p11.CKF_SERIAL_SESSION|p11.CKF_RW_SESSION)
			h.ok(err)
			h.ok(c.Login(s, p11.CKU_SO, "12345678"))
			h.ok(c.InitPIN(s, h.pin))
			h.ok(c.CloseSession(s))
			serial = info.SerialNumber
		}
	})
	return serial
}

// inside runs f in a read-write session logged in to the token.
func (h *hsm) inside(serial string, f func(c *p11.Ctx, s p11.SessionHandle)) {
	h.t.Helper()
	h.with(func(c *p11.Ctx) {
		slots, err := c.GetSlotList(true)
		h.ok(err)
		for _, slot := range slots {
			if info, err := c.GetTokenInfo(slot); err != nil || info.SerialNumber != serial {
				continue
			}
			s, err := c.OpenSession(slot, p11.CKF_SERIAL_SESSION|p11.CKF_RW_SESSION)
			h.ok(err)
			h.ok(c.Login(s, p11.CKU_USER, h.pin))
			f(c, s)
			return
		}
		h.t.Fatal("the token is gone")
	})
}

type keyOptions struct {
	id            byte
	always        bool // CKA_ALWAYS_AUTHENTICATE
	hidden        bool // the public key too is visible only after login
	noCertificate bool
}

var (
	oidP256 = []byte{0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}
	oidP384 = []byte{0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22}
)

// key makes a key pair on the token: "rsa", "p256" or "p384".
func (h *hsm) key(serial, kind string, o keyOptions) {
	h.t.Helper()
	mechanism := p11.CKM_EC_KEY_PAIR_GEN
	public := []*p11.Attribute{
		p11.NewAttribute(p11.CKA_TOKEN, true), p11.NewAttribute(p11.CKA_PRIVATE, o.hidden),
		p11.NewAttribute(p11.CKA_ID, []byte{o.id}), p11.NewAttribute(p11.CKA_LABEL, kind),
	}
	switch kind {
	case "rsa":
		mechanism = p11.CKM_RSA_PKCS_KEY_PAIR_GEN
		public = append(public, p11.NewAttribute(p11.CKA_MODULUS_BITS, 2048), p11.NewAttribute(p11.CKA_PUBLIC_EXPONENT, []byte{1, 0, 1}))
	case "p256":
		public = append(public, p11.NewAttribute(p11.CKA_EC_PARAMS, oidP256))
	case "p384":
		public = append(public, p11.NewAttribute(p11.CKA_EC_PARAMS, oidP384))
	}
	private := []*p11.Attribute{
		p11.NewAttribute(p11.CKA_TOKEN, true), p11.NewAttribute(p11.CKA_PRIVATE, true),
		p11.NewAttribute(p11.CKA_SENSITIVE, true), p11.NewAttribute(p11.CKA_SIGN, true),
		p11.NewAttribute(p11.CKA_ID, []byte{o.id}), p11.NewAttribute(p11.CKA_LABEL, kind),
		p11.NewAttribute(p11.CKA_ALWAYS_AUTHENTICATE, o.always),
	}
	h.inside(serial, func(c *p11.Ctx, s p11.SessionHandle) {
		_, _, err := c.GenerateKeyPair(s, []*p11.Mechanism{p11.NewMechanism(uint(mechanism), nil)}, public, private)
		h.ok(err)
	})
	if !o.noCertificate && !o.hidden {
		h.certificate(serial, o.id, h.public(serial, o.id), time.Hour)
	}
}

func (h *hsm) public(serial string, id byte) crypto.PublicKey {
	h.t.Helper()
	m := h.open()
	k, err := m.Find(context.Background(), &pkcs11.URI{Serial: serial, ID: []byte{id}}, pkcs11.Options{})
	h.ok(err)
	h.ok(m.Close())
	return k.Public()
}

// certificate issues a certificate and puts it beside the key.
func (h *hsm) certificate(serial string, id byte, public crypto.PublicKey, life time.Duration) *x509.Certificate {
	h.t.Helper()
	der := issue(h.t, public, life)
	h.inside(serial, func(c *p11.Ctx, s p11.SessionHandle) {
		_, err := c.CreateObject(s, []*p11.Attribute{
			p11.NewAttribute(p11.CKA_CLASS, p11.CKO_CERTIFICATE), p11.NewAttribute(p11.CKA_CERTIFICATE_TYPE, p11.CKC_X_509),
			p11.NewAttribute(p11.CKA_TOKEN, true), p11.NewAttribute(p11.CKA_PRIVATE, false),
			p11.NewAttribute(p11.CKA_ID, []byte{id}), p11.NewAttribute(p11.CKA_LABEL, "certificate"),
			p11.NewAttribute(p11.CKA_SUBJECT, []byte{0x30, 0}), p11.NewAttribute(p11.CKA_VALUE, der),
		})
		h.ok(err)
	})
	c, err := x509.ParseCertificate(der)
	h.ok(err)
	return c
}

func issue(t *testing.T, public crypto.PublicKey, life time.Duration) []byte {
	t.Helper()
	ca, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "test key"},
		NotBefore: now, NotAfter: now.Add(life), KeyUsage: x509.KeyUsageContentCommitment,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, ca)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func (h *hsm) open() *pkcs11.Module {
	h.t.Helper()
	m, err := pkcs11.Open(h.path)
	h.ok(err)
	h.t.Cleanup(func() { m.Close() })
	return m
}

func (h *hsm) find(u *pkcs11.URI, o pkcs11.Options) *pkcs11.Key {
	h.t.Helper()
	k, err := h.open().Find(context.Background(), u, o)
	h.ok(err)
	h.t.Cleanup(func() { k.Close() })
	return k
}

// asker answers with a PIN and counts how often it was asked.
type asker struct {
	pin   string
	asked atomic.Int32
	last  atomic.Pointer[pin.Request]
}

func (a *asker) PIN(_ context.Context, r pin.Request) (*pin.Buffer, error) {
	a.asked.Add(1)
	a.last.Store(&r)
	return pin.FromBytes([]byte(a.pin))
}
