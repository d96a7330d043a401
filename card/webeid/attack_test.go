package webeid_test

import (
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"eidgate/card/webeid"
	"eidgate/internal/fault"
)

// reshape takes a good token apart and puts it together in another spelling.
func reshape(t *testing.T, token []byte, f func(map[string]any)) []byte {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal(token, &fields); err != nil {
		t.Fatal(err)
	}
	f(fields)
	b, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A value has one spelling: what a decoder might forgive is refused.
func TestOtherSpellingsOfATokenAreRefused(t *testing.T) {
	w := newWorld(t)
	key := newKey(t, elliptic.P384())
	good := w.token(key, w.login(key.Public()), webeid.Request{Origin: site, Nonce: nonce("a")})
	order := elliptic.P384().Params().N
	for _, field := range []struct{ name, code string }{
		{"signature", "webeid.token-signature"}, {"unverifiedCertificate", "webeid.token-certificate"},
	} {
		for name, f := range map[string]func(string) string{
			"a line end inside":   func(s string) string { return s[:64] + "\n" + s[64:] },
			"a line end after it": func(s string) string { return s + "\r\n" },
			"lines of 76":         func(s string) string { return s[:76] + "\r\n" + s[76:] },
			"a blank":             func(s string) string { return s[:4] + " " + s[4:] },
			"a blank after it":    func(s string) string { return s + " " },
			"more padding":        func(s string) string { return s + "=" },
			"URL alphabet":        func(s string) string { return "-_" + s[2:] },
			"a zero character":    func(s string) string { return s + "\x00" },
		} {
			token := reshape(t, good, func(fields map[string]any) { fields[field.name] = f(fields[field.name].(string)) })
			if who, err := w.validator.Validate(t.Context(), token, nonce("a")); who != nil || fault.CodeOf(err) != field.code {
				t.Errorf("%s, %s: %v", field.name, name, err)
			}
		}
	}
	for name, f := range map[string]func(r, s *big.Int) []byte{
		"r of zero":           func(_, s *big.Int) []byte { return pair(48, new(big.Int), s) },
		"s of zero":           func(r, _ *big.Int) []byte { return pair(48, r, new(big.Int)) },
		"s plus the order":    func(r, s *big.Int) []byte { return pair(49, r, new(big.Int).Add(s, order)) },
		"s is the order":      func(r, _ *big.Int) []byte { return pair(48, r, order) },
		"longer halves":       func(r, s *big.Int) []byte { return pair(50, r, s) },
		"halves changed":      func(r, s *big.Int) []byte { return pair(48, s, r) },
		"one byte too many":   func(r, s *big.Int) []byte { return append(pair(48, r, s), 0) },
		"one byte too few":    func(r, s *big.Int) []byte { return pair(48, r, s)[:95] },
		"a zero in front":     func(r, s *big.Int) []byte { return append([]byte{0}, pair(48, r, s)...) },
		"the signature twice": func(r, s *big.Int) []byte { return append(pair(48, r, s), pair(48, r, s)...) },
	} {
		token := reshape(t, good, func(fields map[string]any) {
			raw, err := base64.StdEncoding.DecodeString(fields["signature"].(string))
			w.ok(err)
			fields["signature"] = base64.StdEncoding.EncodeToString(f(new(big.Int).SetBytes(raw[:48]), new(big.Int).SetBytes(raw[48:])))
		})
		if who, err := w.validator.Validate(t.Context(), token, nonce("a")); who != nil || fault.CodeOf(err) != "webeid.token-signature" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func pair(size int, r, s *big.Int) []byte {
	return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
}

// A token may carry more than is known here (web-eid:1.1 of phones names signing
// certificates and intermediates), and what it says there changes nothing.
func TestWhatATokenSaysBesideIsNotBelieved(t *testing.T) {
	w, foreign := newWorld(t), newWorld(t)
	key := newKey(t, elliptic.P384())
	mine, stranger := w.login(key.Public()), foreign.login(key.Public())
	additions := func(fields map[string]any) {
		fields["format"] = "web-eid:1.1"
		fields["unverifiedIntermediateCertificates"] = []string{base64.StdEncoding.EncodeToString(stranger.Raw)}
		fields["unverifiedSigningCertificates"] = []any{map[string]any{"certificate": base64.StdEncoding.EncodeToString(stranger.Raw)}}
	}
	good := reshape(t, w.token(key, mine, webeid.Request{Origin: site, Nonce: nonce("a")}), additions)
	who, err := w.validator.Validate(t.Context(), good, nonce("a"))
	if err != nil || !who.Certificate.Equal(mine) {
		t.Fatalf("a token with more in it: %v", err)
	}
	forged := reshape(t, forge(t, key, stranger), additions)
	if who, err := w.validator.Validate(t.Context(), forged, nonce("a")); who != nil || !codeIs(err, "path.") {
		t.Errorf("intermediates of the token's own: %v", err)
	}
	for _, format := range []string{"web-eid:1.", "web-eid:1.00000", "web-eid:1.-1", "web-eid:1.1.1", "WEB-EID:1.0", "web-eid:1\n", " web-eid:1", "web-eid:01", "web-eid:1,0"} {
		token := reshape(t, good, func(fields map[string]any) { fields["format"] = format })
		if who, err := w.validator.Validate(t.Context(), token, nonce("a")); who != nil || fault.CodeOf(err) != "webeid.token-format" {
			t.Errorf("format %q: %v", format, err)
		}
	}
}

// A stranger's certificate names a responder of its own: nobody calls it.
func TestStrangersCannotMakeTheServerCall(t *testing.T) {
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer server.Close()
	w, foreign := newWorld(t), newWorld(t)
	key := newKey(t, elliptic.P384())
	lure := func(c *x509.Certificate) {
		c.OCSPServer, c.IssuingCertificateURL, c.CRLDistributionPoints = []string{server.URL}, []string{server.URL}, []string{server.URL}
	}
	for name, c := range map[string]*x509.Certificate{
		"another authority": foreign.login(key.Public(), lure),
		"not its key":       w.login(newKey(t, elliptic.P384()).Public(), lure),
	} {
		if who, err := w.validator.Validate(t.Context(), forge(t, key, c), nonce("a")); who != nil || err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("%d calls to a server that a stranger named", n)
	}
}

// A huge key would keep the server busy.
func TestHugeKeysAreRefusedUnused(t *testing.T) {
	w := newWorld(t)
	modulus, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 16384))
	w.ok(err)
	modulus.SetBit(modulus, 16383, 1).SetBit(modulus, 0, 1)
	c := w.login(&rsa.PublicKey{N: modulus, E: 65537})
	for _, algorithm := range []string{"RS256", "PS512"} {
		token, err := json.Marshal(&webeid.Token{
			UnverifiedCertificate: base64.StdEncoding.EncodeToString(c.Raw), Algorithm: algorithm,
			Signature: base64.StdEncoding.EncodeToString(make([]byte, 2048)), Format: webeid.Format,
		})
		w.ok(err)
		if _, err := w.validator.Validate(t.Context(), token, nonce("a")); fault.CodeOf(err) != "webeid.token-algorithm" {
			t.Errorf("%s: %v", algorithm, err)
		}
	}
}

// Names of an algorithm that nobody has, and keys that another one is for.
func TestAlgorithmsAreNotConfused(t *testing.T) {
	w := newWorld(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	w.ok(err)
	c := w.login(rsaKey.Public())
	good, err := webeid.Make(rsaKey, c, webeid.Request{Origin: site, Nonce: nonce("a"), Algorithm: "PS256"})
	w.ok(err)
	for algorithm, code := range map[string]string{
		"RS256": "webeid.token-signature", "PS384": "webeid.token-signature", "RS512": "webeid.token-signature",
		"ES256": "webeid.token-algorithm", "ES384": "webeid.token-algorithm", "HS256": "webeid.token-algorithm",
		"none": "webeid.token-algorithm", "PS256 ": "webeid.token-algorithm", "ps256": "webeid.token-algorithm",
		"PS256\x00": "webeid.token-algorithm", "RS1": "webeid.token-algorithm", "EdDSA": "webeid.token-algorithm",
	} {
		forged := *good
		forged.Algorithm = algorithm
		if who, err := w.validator.Validate(t.Context(), marshal(t, &forged), nonce("a")); who != nil || fault.CodeOf(err) != code {
			t.Errorf("%q: %v", algorithm, err)
		}
	}

	for _, n := range []string{
		nonce("a") + "\u200b", strings.ToUpper(nonce("a")), nonce("a")[:43] + "é", " " + nonce("a"), nonce("a") + "\n",
		nonce("b"), strings.Repeat("a", 43), strings.Repeat("a", 129), "",
	} {
		if n == nonce("a") {
			continue
		}
		if who, err := w.validator.Validate(t.Context(), marshal(t, good), n); who != nil || err == nil {
			t.Errorf("nonce %q accepted", n)
		}
	}
}
