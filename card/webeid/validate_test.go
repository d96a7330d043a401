package webeid_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"eidgate/card/webeid"
	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/internal/fault"
)

func TestTokensOfEveryAlgorithmValidate(t *testing.T) {
	w := newWorld(t)
	all := keys(t)
	for _, name := range sortedNames(all) {
		key := all[name]
		c := w.login(key.Public())
		token := w.token(key, c, webeid.Request{Origin: site, Nonce: nonce("a"), Algorithm: name, App: "https://example.ee/app/1"})
		who, err := w.validator.Validate(t.Context(), token, nonce("a"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if who.Person.Surname != "JÕEORG" || who.Person.Identifier.Reveal() != "PNOEE-38001085718" ||
			who.Algorithm != name || who.App != "https://example.ee/app/1" || !who.Certificate.Equal(c) ||
			who.Path.Statuses[0].Source != "ocsp" || who.Person.Document != certs.EResidentDigitalID {
			t.Errorf("%s: %+v", name, who)
		}
	}
}

// change edits a good token's JSON fields.
func change(t *testing.T, token []byte, field string, f func(string) string) []byte {
	t.Helper()
	m := make(map[string]string)
	if err := json.Unmarshal(token, &m); err != nil {
		t.Fatal(err)
	}
	m[field] = f(m[field])
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestForgedTokensAreRefused(t *testing.T) {
	w := newWorld(t)
	key := newKey(t, elliptic.P384())
	c := w.login(key.Public())
	good := w.token(key, c, webeid.Request{Origin: site, Nonce: nonce("a")})
	if _, err := w.validator.Validate(t.Context(), good, nonce("a")); err != nil {
		t.Fatal(err)
	}
	to := func(s string) func(string) string { return func(string) string { return s } }
	flip := func(at int) func(string) string {
		return func(s string) string {
			b, err := base64.StdEncoding.DecodeString(s)
			w.ok(err)
			b[(at+len(b))%len(b)] ^= 1
			return base64.StdEncoding.EncodeToString(b)
		}
	}
	other := w.login(newKey(t, elliptic.P384()).Public())
	var object map[string]any
	w.ok(json.Unmarshal(good, &object))
	with := func(name string, value any) []byte {
		object := map[string]any{"unverifiedCertificate": object["unverifiedCertificate"], "algorithm": "ES384",
			"signature": object["signature"], "format": "web-eid:1.0"}
		object[name] = value
		b, err := json.Marshal(object)
		w.ok(err)
		return b
	}
	der := func(s string) string { // the same signature in ASN.1 is not the token's form
		raw, err := base64.StdEncoding.DecodeString(s)
		w.ok(err)
		return base64.StdEncoding.EncodeToString(append([]byte{0x30, 0x64}, raw...))
	}
	for name, f := range map[string]struct {
		token []byte
		code  string
	}{
		"signature, first byte":      {change(t, good, "signature", flip(0)), "webeid.token-signature"},
		"signature, last byte":       {change(t, good, "signature", flip(-1)), "webeid.token-signature"},
		"signature of nothing":       {change(t, good, "signature", to(base64.StdEncoding.EncodeToString(make([]byte, 96)))), "webeid.token-signature"},
		"signature cut":              {change(t, good, "signature", func(s string) string { return s[:64] }), "webeid.token-signature"},
		"signature in ASN.1":         {change(t, good, "signature", der), "webeid.token-signature"},
		"signature not base64":       {change(t, good, "signature", to("%%%%")), "webeid.token-signature"},
		"signature empty":            {change(t, good, "signature", to("")), "webeid.token-form"},
		"another card's certificate": {change(t, good, "unverifiedCertificate", to(base64.StdEncoding.EncodeToString(other.Raw))), "webeid.token-signature"},
		"certificate altered":        {change(t, good, "unverifiedCertificate", flip(-1)), "path."},
		"certificate cut":            {change(t, good, "unverifiedCertificate", func(s string) string { return s[:400] }), "webeid.token-certificate"},
		"certificate with more":      {change(t, good, "unverifiedCertificate", func(s string) string { return s + "AAAA" }), "webeid.token-certificate"},
		"certificate with spaces":    {change(t, good, "unverifiedCertificate", func(s string) string { return s[:8] + "\n" + s[8:] + "=" }), "webeid.token-certificate"},
		"algorithm none":             {change(t, good, "algorithm", to("none")), "webeid.token-algorithm"},
		"algorithm of another key":   {change(t, good, "algorithm", to("RS256")), "webeid.token-algorithm"},
		"algorithm of another curve": {change(t, good, "algorithm", to("ES256")), "webeid.token-algorithm"},
		"algorithm lower case":       {change(t, good, "algorithm", to("es384")), "webeid.token-algorithm"},
		"algorithm HMAC":             {change(t, good, "algorithm", to("HS256")), "webeid.token-algorithm"},
		"format 2":                   {change(t, good, "format", to("web-eid:2.0")), "webeid.token-format"},
		"format 10":                  {change(t, good, "format", to("web-eid:10")), "webeid.token-format"},
		"format 1.x":                 {change(t, good, "format", to("web-eid:1.x")), "webeid.token-format"},
		"format empty":               {change(t, good, "format", to("")), "webeid.token-format"},
		"a number":                   {with("signature", 7), "webeid.token-form"},
		"an array":                   {with("unverifiedCertificate", []string{"x"}), "webeid.token-form"},
		"null":                       {[]byte("null" + strings.Repeat(" ", 200)), "webeid.token-form"},
		"a field twice":              {bytes.Replace(good, []byte(`{`), []byte(`{"algorithm":"ES384",`), 1), "webeid.token-form"},
		"upper case field":           {bytes.Replace(good, []byte(`"algorithm"`), []byte(`"Algorithm"`), 1), "webeid.token-form"},
		"something after it":         {append(bytes.Clone(good), '{', '}'), "webeid.token-form"},
		"not UTF-8":                  {bytes.Replace(good, []byte("urn:eidgate"), []byte("urn:\xff"), 1), "webeid.token-form"},
		"cut":                        {good[:len(good)-1], "webeid.token-form"},
		"too short":                  {[]byte(`{}`), "webeid.token-size"},
		"too long":                   {append(bytes.Clone(good), bytes.Repeat([]byte(" "), 10_000)...), "webeid.token-size"},
		"empty":                      {nil, "webeid.token-size"},
	} {
		who, err := w.validator.Validate(t.Context(), f.token, nonce("a"))
		if who != nil || !codeIs(err, f.code) {
			t.Errorf("%s: code %q (%v), want %s", name, fault.CodeOf(err), err, f.code)
		}
	}
}

func TestTokenIsForOneSiteAndOneNonce(t *testing.T) {
	w := newWorld(t)
	key := newKey(t, elliptic.P256())
	c := w.login(key.Public())
	token := w.token(key, c, webeid.Request{Origin: site, Nonce: nonce("a")})
	for _, origin := range []string{"https://example.com", "https://www.example.ee", "https://example.ee:8443", "wss://example.ee"} {
		elsewhere := *w.validator
		elsewhere.Origin = origin
		if _, err := elsewhere.Validate(t.Context(), token, nonce("a")); fault.CodeOf(err) != "webeid.token-signature" {
			t.Errorf("%s: %v", origin, err)
		}
	}
	for _, n := range []string{nonce("b"), nonce("a") + "a"} {
		if _, err := w.validator.Validate(t.Context(), token, n); fault.CodeOf(err) != "webeid.token-signature" {
			t.Errorf("another nonce: %v", err)
		}
	}
	for _, n := range []string{"", strings.Repeat("a", 43), strings.Repeat("a", 129)} {
		if _, err := w.validator.Validate(t.Context(), token, n); fault.CodeOf(err) != "webeid.nonce-length" {
			t.Errorf("nonce of %d: %v", len(n), err)
		}
	}
	// Origin and nonce do not run into each other: both are hashed on their own.
	shifted := *w.validator
	shifted.Origin = site + "a"
	if _, err := shifted.Validate(t.Context(), token, nonce("a")[:43]+"b"); err == nil {
		t.Error("an origin that took a character of the nonce was accepted")
	}
}

func TestCertificatesThatCannotLogIn(t *testing.T) {
	w := newWorld(t)
	foreign := newWorld(t)
	key := newKey(t, elliptic.P384())
	auth := usage(x509.KeyUsageDigitalSignature, x509.ExtKeyUsageClientAuth)
	for name, c := range map[string]struct {
		certificate *x509.Certificate
		code        string
	}{
		"signing certificate":      {w.login(key.Public(), usage(x509.KeyUsageContentCommitment)), "purpose.key-usage"},
		"both usages":              {w.login(key.Public(), usage(x509.KeyUsageContentCommitment|x509.KeyUsageDigitalSignature, x509.ExtKeyUsageClientAuth)), "purpose.key-usage"},
		"a server's":               {w.login(key.Public(), usage(x509.KeyUsageDigitalSignature, x509.ExtKeyUsageServerAuth)), "purpose.extended-key-usage"},
		"no extended key usage":    {w.login(key.Public(), usage(x509.KeyUsageDigitalSignature)), "purpose.extended-key-usage"},
		"Mobile-ID":                {w.login(key.Public(), auth, policies(t, "1.3.6.1.4.1.10015.1.3.2")), "webeid.disallowed-policy"},
		"Mobile-ID, newer":         {w.login(key.Public(), auth, policies(t, resident, "1.3.6.1.4.1.10015.18.1")), "webeid.disallowed-policy"},
		"expired":                  {w.login(key.Public(), func(c *x509.Certificate) { c.NotAfter = noon.Add(-time.Hour) }), "path."},
		"not yet valid":            {w.login(key.Public(), func(c *x509.Certificate) { c.NotBefore = noon.Add(time.Hour) }), "path."},
		"an authority of the name": {foreign.login(key.Public()), "path."},
	} {
		token := forge(t, key, c.certificate)
		if _, err := w.validator.Validate(t.Context(), token, nonce("a")); !codeIs(err, c.code) {
			t.Errorf("%s: code %q (%v), want %s", name, fault.CodeOf(err), err, c.code)
		}
	}
}

// codeIs compares codes; one that ends with a point stands for all codes of a
// part of certs, whose own tests tell them apart.
func codeIs(err error, want string) bool {
	code := fault.CodeOf(err)
	return code == want || strings.HasSuffix(want, ".") && strings.HasPrefix(code, want)
}

// forge signs by hand with a certificate for which Make refuses to.
func forge(t *testing.T, key *ecdsa.PrivateKey, c *x509.Certificate) []byte {
	t.Helper()
	hash := func(parts ...[]byte) []byte {
		sum := sha512.Sum384(bytes.Join(parts, nil))
		return sum[:]
	}
	r, s, err := ecdsa.Sign(rand.Reader, key, hash(hash([]byte(site)), hash([]byte(nonce("a")))))
	if err != nil {
		t.Fatal(err)
	}
	raw := append(r.FillBytes(make([]byte, 48)), s.FillBytes(make([]byte, 48))...)
	return marshal(t, &webeid.Token{
		UnverifiedCertificate: base64.StdEncoding.EncodeToString(c.Raw), Algorithm: "ES384",
		Signature: base64.StdEncoding.EncodeToString(raw), Format: webeid.Format,
	})
}

func TestRevocationFailsClosed(t *testing.T) {
	key := newKey(t, elliptic.P384())
	for name, c := range map[string]struct {
		spoil func(*world, *x509.Certificate)
		code  string
	}{
		"revoked":        {func(w *world, c *x509.Certificate) { w.revoked = append(w.revoked, c.SerialNumber) }, "revocation.revoked"},
		"responder down": {func(w *world, _ *x509.Certificate) { w.server.Close() }, "ocsp.unreachable"},
		"no source":      {func(w *world, _ *x509.Certificate) { w.validator.Verifier.Revocation = nil }, "revocation.no-source"},
		"no verifier":    {func(w *world, _ *x509.Certificate) { w.validator.Verifier = nil }, "webeid.configuration"},
		"old answer":     {func(w *world, _ *x509.Certificate) { w.later(20 * time.Minute) }, "ocsp.too-old"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			certificate := w.login(key.Public())
			token := w.token(key, certificate, webeid.Request{Origin: site, Nonce: nonce("a")})
			c.spoil(w, certificate)
			if _, err := w.validator.Validate(t.Context(), token, nonce("a")); fault.CodeOf(err) != c.code {
				t.Errorf("code %q (%v), want %s", fault.CodeOf(err), err, c.code)
			}
		})
	}
}

// later moves the website's clock, but not the responder's.
func (w *world) later(d time.Duration) {
	now := func() time.Time { return noon.Add(d) }
	w.validator.Verifier.Now = now
	w.validator.Verifier.Revocation = &ocsp.Client{Responders: []string{w.server.URL}, Now: now}
}
