package webeid_test

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"eidgate/card/webeid"
	"eidgate/internal/fault"
)

func TestOrigins(t *testing.T) {
	long := "https://" + strings.Repeat(strings.Repeat("a", 49)+".", 4) + strings.Repeat("b", 47)
	if len(long) != 255 {
		t.Fatal(len(long))
	}
	for origin, code := range map[string]string{
		"https://example.ee":           "",
		"wss://example.ee":             "",
		"https://example.ee:8443":      "",
		"https://xn--jeorg-bua.ee":     "",
		"https://localhost":            "",
		"https://127.0.0.1:4433":       "",
		"https://[::1]:4433":           "",
		long:                           "",
		long + "b":                     "webeid.origin-length",
		"":                             "webeid.origin-length",
		"http://example.ee":            "webeid.origin-scheme",
		"ws://example.ee":              "webeid.origin-scheme",
		"file:///etc/passwd":           "webeid.origin-scheme",
		"chrome-extension://abc":       "webeid.origin-scheme",
		"null":                         "webeid.origin-form",
		"example.ee":                   "webeid.origin-form",
		"https:example.ee":             "webeid.origin-form",
		"https:/example.ee":            "webeid.origin-form",
		"https://":                     "webeid.origin-form",
		"https://example.ee/":          "webeid.origin-form",
		"https://example.ee/login":     "webeid.origin-form",
		"https://example.ee?x":         "webeid.origin-form",
		"https://example.ee#x":         "webeid.origin-form",
		"https://user@example.ee":      "webeid.origin-form",
		"https://user:pass@example.ee": "webeid.origin-form",
		"https://example.ee@evil.ee":   "webeid.origin-form",
		"https://example.ee\\@evil.ee": "webeid.origin-form",
		"https://example.ee:":          "webeid.origin-form",
		"https://example.ee:0":         "webeid.origin-form",
		"https://example.ee:65536":     "webeid.origin-form",
		"https://example.ee:x":         "webeid.origin-form",
		"https://example.ee:1:2":       "webeid.origin-form",
		"https://example..ee":          "webeid.origin-form",
		"https://.example.ee":          "webeid.origin-form",
		"https://exa mple.ee":          "webeid.origin-form",
		"https://example.ee ":          "webeid.origin-form",
		" https://example.ee":          "webeid.origin-scheme",
		"https://example.ee\n":         "webeid.origin-form",
		"https://example.ee\x00":       "webeid.origin-form",
		"https://example%2eee":         "webeid.origin-form",
		"https://[::1":                 "webeid.origin-form",
		"https://[::1]x":               "webeid.origin-form",
		"https://[127.0.0.1]":          "webeid.origin-form",
		"https://[fe80::1%25eth0]":     "webeid.origin-form",
		"https://[0:0::1]":             "webeid.origin-spelling",
		"https://example.ee:443":       "webeid.origin-spelling",
		"wss://example.ee:443":         "webeid.origin-spelling",
		"https://example.ee:08443":     "webeid.origin-spelling",
		"https://Example.ee":           "webeid.origin-spelling",
		"HTTPS://example.ee":           "webeid.origin-spelling",
		"https://jõeorg.ee":            "webeid.origin-spelling",
		"https://exаmple.ee":           "webeid.origin-spelling", // Cyrillic а
	} {
		if err := webeid.CheckOrigin(origin); fault.CodeOf(err) != code {
			t.Errorf("%q: %v, want %q", origin, err, code)
		}
	}
}

func TestNonceLengths(t *testing.T) {
	for n, code := range map[string]string{
		strings.Repeat("a", 43):        "webeid.nonce-length",
		strings.Repeat("a", 44):        "",
		strings.Repeat("a", 128):       "",
		strings.Repeat("a", 129):       "webeid.nonce-length",
		strings.Repeat("a", 43) + " ":  "webeid.nonce-characters",
		strings.Repeat("a", 43) + "õ":  "webeid.nonce-characters",
		strings.Repeat("a", 43) + "\n": "webeid.nonce-characters",
	} {
		if err := webeid.CheckNonce(n); fault.CodeOf(err) != code {
			t.Errorf("%q: %v", n, err)
		}
	}
}

// counter counts the signatures a key was asked for.
type counter struct {
	crypto.Signer
	n int
}

func (c *counter) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	c.n++
	return c.Signer.Sign(r, digest, opts)
}

func TestMakeRefusesBeforeTheKeyIsUsed(t *testing.T) {
	w := newWorld(t)
	key := &counter{Signer: newKey(t, elliptic.P384())}
	login := w.login(key.Public())
	signing := w.login(key.Public(), usage(x509.KeyUsageContentCommitment))
	other := w.login(newKey(t, elliptic.P384()).Public())
	for name, c := range map[string]struct {
		certificate *x509.Certificate
		request     webeid.Request
		code        string
	}{
		"http":                   {login, webeid.Request{Origin: "http://example.ee", Nonce: nonce("a")}, "webeid.origin-scheme"},
		"short nonce":            {login, webeid.Request{Origin: site, Nonce: "a"}, "webeid.nonce-length"},
		"signing certificate":    {signing, webeid.Request{Origin: site, Nonce: nonce("a")}, "webeid.not-for-login"},
		"another's certificate":  {other, webeid.Request{Origin: site, Nonce: nonce("a")}, "webeid.key-mismatch"},
		"algorithm does not fit": {login, webeid.Request{Origin: site, Nonce: nonce("a"), Algorithm: "RS256"}, "webeid.token-algorithm"},
	} {
		if token, err := webeid.Make(key, c.certificate, c.request); token != nil || fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if key.n != 0 {
		t.Errorf("the key was used %d times", key.n)
	}
	if _, err := webeid.Make(key, login, webeid.Request{Origin: site, Nonce: nonce("a")}); err != nil || key.n != 1 {
		t.Errorf("%d signatures, %v", key.n, err)
	}
}

func TestNonceStore(t *testing.T) {
	now := noon
	store := webeid.NewNonces(rand.Reader, func() time.Time { return now }, time.Minute)
	first, err := store.Issue("alice")
	if err != nil || webeid.CheckNonce(first) != nil {
		t.Fatal(first, err)
	}
	if _, err := store.Take("bob"); !errors.Is(err, webeid.ErrNoNonce) {
		t.Error("another session's nonce")
	}
	second, err := store.Issue("alice")
	if err != nil || second == first {
		t.Fatal("the same nonce twice", err)
	}
	if got, err := store.Take("alice"); err != nil || got != second {
		t.Error(got, err)
	}
	if _, err := store.Take("alice"); !errors.Is(err, webeid.ErrNoNonce) {
		t.Error("a nonce was taken twice")
	}
	if _, err := store.Issue("alice"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if _, err := store.Take("alice"); !errors.Is(err, webeid.ErrNoNonce) {
		t.Error("a nonce outlived its time")
	}
	if _, err := webeid.NewNonces(bytes.NewReader(nil), time.Now, 0).Issue("x"); err == nil {
		t.Error("a nonce without randomness")
	}
}

// Strangers who only ask for nonces do not fill the memory, and do not push out
// more than they must.
func TestNonceStoreIsBounded(t *testing.T) {
	now := noon
	store := webeid.NewNonces(zeros{}, func() time.Time { return now }, time.Minute)
	for i := range 100_000 {
		if _, err := store.Issue(strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.Issue("one more"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Take("one more"); err != nil {
		t.Error("the newest nonce is gone")
	}
	kept := 0
	for i := range 100_000 {
		if _, err := store.Take(strconv.Itoa(i)); err == nil {
			kept++
		}
	}
	if kept != 99_999 {
		t.Errorf("%d nonces kept of 100000", kept)
	}
}

// zeros is randomness that costs nothing.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { return len(b), nil }
