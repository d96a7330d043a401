//go:build cgo && linux

package modulecard_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/card"
	"eidgate/card/modulecard"
	"eidgate/card/pcsc"
	"eidgate/card/sim"
	"eidgate/card/sim/simtest"
	"eidgate/internal/pin"
	"eidgate/internal/testtool"
	"eidgate/internal/vreader/vreadertest"
)

// need finds a file that a Debian package has, or skips the test where nobody
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

func opensc(t *testing.T) string {
	return need(t, "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so", "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
		"/usr/lib64/opensc-pkcs11.so", "/usr/lib/opensc-pkcs11.so")
}

func softhsm(t *testing.T) string {
	return need(t, "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so")
}

// insert puts a simulated card into a virtual reader.
func insert(t *testing.T, n int, number string) *sim.Card {
	t.Helper()
	vreadertest.Require(t)
	c, err := sim.New(simtest.Person(t, number))
	if err != nil {
		t.Fatal(err)
	}
	if err := readers.Insert(t.Context(), n, c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := readers.Remove(context.Background(), n); err != nil {
			t.Error(err)
		}
	})
	return c
}

// rule sends the simulated card to a module although there is a driver.
func rule(c *sim.Card, module string) []modulecard.Rule {
	return []modulecard.Rule{{ATR: hex.EncodeToString(c.ATR()), Module: module, Name: "Test card"}}
}

// open opens the card in a virtual reader with a module.
func open(t *testing.T, n int, rules []modulecard.Rule) *card.Session {
	t.Helper()
	service := pcsc.New()
	all, err := service.Readers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if r.Name != readers.Reader(n) {
			continue
		}
		m, ok := modulecard.Library(r.ATR, rules)
		if !ok {
			t.Fatalf("no module for %X", r.ATR)
		}
		s, err := modulecard.Open(t.Context(), service, r, m, modulecard.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	t.Fatalf("no reader %s", readers.Reader(n))
	return nil
}

// asker enters a code and counts how often it is asked.
type asker struct {
	code  string
	asked int
	last  pin.Request
}

func (a *asker) PIN(_ context.Context, r pin.Request) (*pin.Buffer, error) {
	a.asked++
	a.last = r
	return pin.FromBytes([]byte(a.code))
}

func digest(t *testing.T, h crypto.Hash) []byte {
	t.Helper()
	b := make([]byte, h.Size())
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return b
}

// verifies and signatures count what a card was asked.
func asked(c *sim.Card) (verifies, signatures int) {
	for _, x := range c.Trace() {
		command := strings.ToUpper(x.Command)
		switch {
		case strings.HasPrefix(command, "0020") && len(command) > 8:
			verifies++
		case strings.HasPrefix(command, "0088"), strings.HasPrefix(command, "002A9E9A"):
			signatures++
		}
	}
	return verifies, signatures
}

const softPIN = "918273"

// token makes a SoftHSM token with a key to log in and one to sign.
func token(t *testing.T, label string, newKey func() crypto.Signer) {
	t.Helper()
	dir := t.TempDir()
	conf := filepath.Join(dir, "softhsm2.conf")
	text := fmt.Sprintf("directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", dir)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", conf)
	module := softhsm(t)
	run(t, "softhsm2-util", "--init-token", "--free", "--label", label, "--pin", softPIN, "--so-pin", "12345678")
	for id, usage := range map[string]x509.KeyUsage{"01": x509.KeyUsageDigitalSignature, "02": x509.KeyUsageContentCommitment} {
		key := newKey()
		der, err := x509.MarshalPKCS8PrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, id)
		if err := os.WriteFile(file+".pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file+".der", certificate(t, key, usage), 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, "softhsm2-util", "--import", file+".pem", "--token", label, "--label", "key", "--id", id, "--pin", softPIN)
		run(t, "pkcs11-tool", "--module", module, "--token-label", label, "--login", "--pin", softPIN,
			"--write-object", file+".der", "--type", "cert", "--id", id, "--label", "key")
	}
}

func run(t *testing.T, name string, arguments ...string) {
	t.Helper()
	testtool.Need(t, name)
	testtool.Run(t, name, arguments...)
}

func certificate(t *testing.T, key crypto.Signer, usage x509.KeyUsage) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "Holder"}, KeyUsage: usage,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func p256() crypto.Signer {
	k, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return k
}

func rsa2048() crypto.Signer {
	k, _ := rsa.GenerateKey(rand.Reader, 2048)
	return k
}

// foreign is an answer to reset that no driver knows.
var foreign = []byte{0x3B, 0x90, 0x11, 0x81, 0x91, 0x01, 0xF1, 0x01}

// shelf is a service whose one reader holds a foreign card that resets well.
type shelf struct {
	card.Service
	dialog bool // the module has a window of its own
	resets int
}

func (s *shelf) Readers(context.Context) ([]card.Reader, error) {
	return []card.Reader{{Name: "Shelf", Present: true, ATR: foreign}}, nil
}

func (s *shelf) Connect(context.Context, string) (card.Connection, error) {
	return &shelfConnection{shelf: s}, nil
}

type shelfConnection struct {
	card.Connection
	shelf *shelf
}

func (c *shelfConnection) Close() error { c.shelf.resets++; return nil }

// take opens the foreign card with a module.
func (s *shelf) take(t *testing.T, ctx context.Context, module string) (*card.Session, error) {
	t.Helper()
	rules := []modulecard.Rule{{ATR: hex.EncodeToString(foreign), Module: module, Dialog: s.dialog}}
	if err := rules[0].Check(); err != nil {
		t.Fatal(err)
	}
	all, _ := s.Readers(ctx)
	m, _ := modulecard.Library(foreign, rules)
	session, err := modulecard.Open(ctx, s, all[0], m, modulecard.Options{})
	if err == nil {
		t.Cleanup(func() { _ = session.Close() })
	}
	return session, err
}

// count counts the commands a card was sent that begin like this.
func count(c *sim.Card, prefix string) int {
	n := 0
	for _, x := range c.Trace() {
		if strings.HasPrefix(strings.ToUpper(x.Command), prefix) {
			n++
		}
	}
	return n
}

// block enters a wrong code until the card blocks it.
func block(t *testing.T, c card.Card, ref card.PINRef) {
	t.Helper()
	for range 3 {
		r := card.ChangeRequest{Ref: ref, Current: &asker{code: "999999"}, New: &asker{code: "888888"}, LastTry: true}
		if err := c.ChangePIN(t.Context(), r); err == nil {
			t.Fatal("a wrong code was taken")
		}
	}
}
