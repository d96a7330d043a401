package nativehost_test

import (
	"bytes"
	"crypto"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"eidgate/card/sim/simtest"
	"eidgate/internal/fault"
	"eidgate/internal/nativehost"
)

const nonce = "12345678123456781234567812345678912356789123"

// certificate is some certificate in base64.
func certificate(t testing.TB) string {
	t.Helper()
	block, _ := pem.Decode([]byte(simtest.Person(t, "AS0010001").Signing.Certificate))
	return base64.StdEncoding.EncodeToString(block.Bytes)
}

func frame(text string) []byte {
	return append(binary.NativeEndian.AppendUint32(nil, uint32(len(text))), text...)
}

func request(t testing.TB, command string, arguments map[string]any) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"command": command, "arguments": arguments})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestCommands(t *testing.T) {
	authenticate := `{"command":"authenticate","arguments":{"challengeNonce":"` + nonce + `","origin":"https://ria.ee","lang":"et"}}`
	c, err := nativehost.ReadCommand(bytes.NewReader(frame(authenticate)))
	a, ok := c.(*nativehost.Authenticate)
	if err != nil || !ok || a.Nonce != nonce || a.Origin != "https://ria.ee" || a.Language != "et" {
		t.Errorf("authenticate: %+v, %v", c, err)
	}
	c, err = nativehost.ParseCommand([]byte(`{"arguments":{"origin":"https://ria.ee"},"command":"get-signing-certificate"}`))
	if g, ok := c.(*nativehost.SigningCertificate); err != nil || !ok || g.Origin != "https://ria.ee" {
		t.Errorf("get-signing-certificate: %+v, %v", c, err)
	}
	for name, hash := range map[string]crypto.Hash{"SHA-224": crypto.SHA224, "SHA-384": crypto.SHA384, "SHA3-512": crypto.SHA3_512} {
		c, err = nativehost.ParseCommand([]byte(request(t, "sign", map[string]any{
			"hash": base64.StdEncoding.EncodeToString(make([]byte, hash.Size())), "hashFunction": name,
			"certificate": certificate(t), "origin": "wss://ria.ee:8443",
		})))
		if s, ok := c.(*nativehost.Sign); err != nil || !ok || s.Hash != hash || len(s.Digest) != hash.Size() || s.Certificate == nil {
			t.Errorf("sign %s: %+v, %v", name, c, err)
		}
	}
	c, err = nativehost.ParseCommand([]byte(`{"command":"quit","arguments":{}}`))
	if _, ok := c.(*nativehost.Quit); err != nil || !ok {
		t.Errorf("quit: %+v, %v", c, err)
	}
}

func TestMessagesThatAreRefused(t *testing.T) {
	for name, tt := range map[string]struct{ text, code string }{
		"not JSON":             {`hello world`, "webeid.message-form"},
		"array":                {`["command"]`, "webeid.message-form"},
		"deep nesting":         {strings.Repeat(`{"command":`, 700), "webeid.message-form"},
		"deep array":           {`{"command":` + strings.Repeat(`[`, 8000), "webeid.message-form"},
		"command not a text":   {`{"command":1,"arguments":{}}`, "webeid.message-form"},
		"command null":         {`{"command":null,"arguments":{}}`, "webeid.message-form"},
		"argument not a text":  {`{"command":"get-signing-certificate","arguments":{"origin":{"a":"b"}}}`, "webeid.message-form"},
		"no arguments":         {`{"command":"quit"}`, "webeid.message-form"},
		"no command":           {`{"arguments":{}}`, "webeid.message-form"},
		"unknown member":       {`{"command":"quit","arguments":{},"extra":"x"}`, "webeid.message-form"},
		"command twice":        {`{"command":"quit","command":"sign","arguments":{}}`, "webeid.message-form"},
		"arguments twice":      {`{"command":"quit","arguments":{},"arguments":{}}`, "webeid.message-form"},
		"argument twice":       {`{"command":"get-signing-certificate","arguments":{"origin":"https://a.ee","origin":"https://b.ee"}}`, "webeid.message-form"},
		"twice by escape":      {`{"command":"get-signing-certificate","arguments":{"origin":"https://a.ee","\u006frigin":"https://b.ee"}}`, "webeid.message-form"},
		"other case":           {`{"Command":"quit","arguments":{}}`, "webeid.message-form"},
		"trailing object":      {`{"command":"quit","arguments":{}}{}`, "webeid.message-form"},
		"trailing bytes":       {`{"command":"quit","arguments":{}} x`, "webeid.message-form"},
		"trailing NUL":         {"{\"command\":\"quit\",\"arguments\":{}}\x00", "webeid.message-form"},
		"invalid UTF-8":        {"{\"command\":\"quit\xff\",\"arguments\":{}}", "webeid.message-form"},
		"many arguments":       {`{"command":"quit","arguments":{"1":"","2":"","3":"","4":"","5":"","6":"","7":"","8":"","9":""}}`, "webeid.message-form"},
		"unknown command":      {`{"command":"status","arguments":{}}`, "webeid.command"},
		"empty command":        {`{"command":"","arguments":{}}`, "webeid.command"},
		"quit with arguments":  {`{"command":"quit","arguments":{"lang":"et"}}`, "webeid.arguments"},
		"origin missing":       {`{"command":"get-signing-certificate","arguments":{}}`, "webeid.arguments"},
		"nonce missing":        {`{"command":"authenticate","arguments":{"origin":"https://ria.ee"}}`, "webeid.arguments"},
		"unknown argument":     {`{"command":"get-signing-certificate","arguments":{"origin":"https://ria.ee","photo":"yes"}}`, "webeid.arguments"},
		"certificate's nonce":  {`{"command":"get-signing-certificate","arguments":{"origin":"https://ria.ee","challengeNonce":"` + nonce + `"}}`, "webeid.arguments"},
		"language of 36 bytes": {`{"command":"get-signing-certificate","arguments":{"origin":"https://ria.ee","lang":"` + strings.Repeat("e", 36) + `"}}`, "webeid.arguments"},
		"nonce of 43":          {`{"command":"authenticate","arguments":{"origin":"https://ria.ee","challengeNonce":"` + nonce[1:] + `"}}`, "webeid.nonce-length"},
		"nonce of 129":         {`{"command":"authenticate","arguments":{"origin":"https://ria.ee","challengeNonce":"` + strings.Repeat("n", 129) + `"}}`, "webeid.nonce-length"},
		"nonce with a space":   {`{"command":"authenticate","arguments":{"origin":"https://ria.ee","challengeNonce":"` + nonce + ` "}}`, "webeid.nonce-characters"},
		"lone surrogate":       {`{"command":"get-signing-certificate","arguments":{"origin":"https://\ud800.ee"}}`, "webeid.origin-spelling"},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := nativehost.ReadCommand(bytes.NewReader(frame(tt.text)))
			if c != nil || fault.CodeOf(err) != tt.code {
				t.Errorf("%v, %v; want %s", c, err, tt.code)
			}
		})
	}
}

// TestOrigins is the table of origins the host acts for and refuses.
func TestOrigins(t *testing.T) {
	for origin, code := range map[string]string{
		"https://ria.ee":             "",
		"wss://ria.ee":               "",
		"https://xn--nide-loa.ee":    "",
		"https://[2001:db8::1]:8443": "",
		"http://ria.ee":              "webeid.origin-scheme",
		"file:///etc/passwd":         "webeid.origin-scheme",
		"chrome-extension://abc":     "webeid.origin-scheme",
		"null":                       "webeid.origin-form",
		"":                           "webeid.origin-length",
		"https://user@ria.ee":        "webeid.origin-form",
		"https://ria.ee/":            "webeid.origin-form",
		"https://ria.ee/path":        "webeid.origin-form",
		"https://ria.ee?q":           "webeid.origin-form",
		"https://ria.ee#f":           "webeid.origin-form",
		"https://ria.ee:443":         "webeid.origin-spelling",
		"https://ria.ee:0":           "webeid.origin-form",
		"https://ria.ee:99999":       "webeid.origin-form",
		"https://RIA.ee":             "webeid.origin-spelling",
		"HTTPS://ria.ee":             "webeid.origin-spelling",
		"https://rіa.ee":             "webeid.origin-spelling", // the second letter is Cyrillic
		"https://ria.ee\n":           "webeid.origin-form",
		"https://ria..ee":            "webeid.origin-form",
		"https://" + strings.Repeat("a.", 123) + "ee": "webeid.origin-length",
	} {
		text := request(t, "get-signing-certificate", map[string]any{"origin": origin})
		if _, err := nativehost.ParseCommand([]byte(text)); fault.CodeOf(err) != code {
			t.Errorf("%q: %v, want %q", origin, err, code)
		}
	}
}

func TestSignArguments(t *testing.T) {
	good := map[string]any{
		"hash": base64.StdEncoding.EncodeToString(make([]byte, 48)), "hashFunction": "SHA-384",
		"certificate": certificate(t), "origin": "https://ria.ee",
	}
	for name, tt := range map[string]struct{ argument, value, code string }{
		"other function":        {"hashFunction", "SHA-256", "webeid.hash"},
		"unknown function":      {"hashFunction", "MD5", "webeid.hash-function"},
		"lower case function":   {"hashFunction", "sha-384", "webeid.hash-function"},
		"not base64":            {"hash", "!!", "webeid.hash"},
		"base64url":             {"hash", strings.Repeat("_", 64), "webeid.hash"},
		"base64 with a newline": {"hash", strings.Repeat("A", 32) + "\n" + strings.Repeat("A", 32), "webeid.hash"},
		"line end after it":     {"certificate", certificate(t) + "\r\n", "webeid.certificate"},
		"two certificates":      {"certificate", certificate(t) + certificate(t), "webeid.certificate"},
		"not a certificate":     {"certificate", "AAAA", "webeid.certificate"},
	} {
		arguments := map[string]any{}
		for k, v := range good {
			arguments[k] = v
		}
		arguments[tt.argument] = tt.value
		_, err := nativehost.ParseCommand([]byte(request(t, "sign", arguments)))
		if fault.CodeOf(err) != tt.code {
			t.Errorf("%s: %v, want %s", name, err, tt.code)
		}
	}
}

func TestFrames(t *testing.T) {
	length := func(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }
	long := `{"command":"quit","arguments":{}}`
	for name, tt := range map[string]struct {
		in   []byte
		code string
	}{
		"nothing":         {nil, "webeid.no-input"},
		"length 0":        {length(0), "webeid.message-length"},
		"length 4":        {append(length(4), "null"...), "webeid.message-length"},
		"length 8193":     {append(length(8193), make([]byte, 8193)...), "webeid.message-length"},
		"length 2^32-1":   {length(1<<32 - 1), "webeid.message-length"},
		"other order":     {append([]byte{0, 0, 0, byte(len(long))}, long...), "webeid.message-length"},
		"half a length":   {length(33)[:2], ""},
		"half a message":  {frame(long)[:20], ""},
		"nothing follows": {length(33), ""},
	} {
		c, err := nativehost.ReadCommand(bytes.NewReader(tt.in))
		if c != nil || err == nil || fault.CodeOf(err) != tt.code {
			t.Errorf("%s: %v, %v, want %q", name, c, err, tt.code)
		}
	}
	full := long + strings.Repeat(" ", 8192-len(long))
	if _, err := nativehost.ReadCommand(bytes.NewReader(frame(full))); err != nil {
		t.Errorf("a message of 8192 bytes: %v", err)
	}
	var out bytes.Buffer
	if err := nativehost.WriteMessage(&out, nativehost.Version{Version: "2.0.0"}); err != nil {
		t.Fatal(err)
	}
	if want := frame(`{"version":"2.0.0"}`); !bytes.Equal(out.Bytes(), want) {
		t.Errorf("wrote %q, want %q", out.Bytes(), want)
	}
	if err := nativehost.WriteMessage(&out, strings.Repeat("x", 1<<20)); !errors.Is(err, nativehost.ErrLength) {
		t.Errorf("an endless reply: %v", err)
	}
}

func TestCallers(t *testing.T) {
	own := "abcdefghijklmnopabcdefghijklmnop"
	for name, tt := range map[string]struct {
		args    []string
		more    []string
		refused bool
		browser bool
	}{
		"portal":              {[]string{"eid-agent"}, nil, false, false},
		"Chrome store":        {[]string{"x", "chrome-extension://ncibgoaomkmdpilpocfeponihegamlic/"}, nil, false, true},
		"Edge store, Windows": {[]string{"x", "chrome-extension://gnmckgbandlkacikdndelhfghdejfido/", "--parent-window=0"}, nil, false, true},
		"stranger":            {[]string{"x", "chrome-extension://" + own + "/"}, nil, true, true},
		"allowed stranger":    {[]string{"x", "chrome-extension://" + own + "/"}, []string{own}, false, true},
		"a longer name":       {[]string{"x", "chrome-extension://ncibgoaomkmdpilpocfeponihegamlic.evil/"}, nil, true, true},
		"Firefox":             {[]string{"x", "/usr/lib/mozilla/native-messaging-hosts/eu.webeid.json", "{e68418bc-f2b0-4459-a9ea-3e72b6751b07}"}, nil, false, true},
		"Firefox stranger":    {[]string{"x", "/usr/lib/mozilla/native-messaging-hosts/eu.webeid.json", "evil@example.com"}, nil, true, true},
		"command line":        {[]string{"x", "install"}, nil, true, false},
	} {
		err := nativehost.CheckCaller(tt.args, tt.more)
		if errors.Is(err, nativehost.ErrCaller) != tt.refused || nativehost.StartedByBrowser(tt.args) != tt.browser {
			t.Errorf("%s: %v, browser %v", name, err, nativehost.StartedByBrowser(tt.args))
		}
	}
}

// FuzzReadCommand feeds frames. What is accepted has been checked: a second
// look finds nothing.
func FuzzReadCommand(f *testing.F) {
	f.Add(frame(`{"command":"quit","arguments":{}}`))
	f.Add(frame(`{"command":"authenticate","arguments":{"challengeNonce":"` + nonce + `","origin":"https://ria.ee"}}`))
	f.Add(frame(request(f, "sign", map[string]any{
		"hash": base64.StdEncoding.EncodeToString(make([]byte, 48)), "hashFunction": "SHA-384",
		"certificate": certificate(f), "origin": "https://ria.ee", "lang": "et",
	})))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{4, 0, 0, 0, 'n', 'u', 'l', 'l'})
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := nativehost.ReadCommand(bytes.NewReader(in))
		if (c == nil) == (err == nil) {
			t.Fatal("neither a command nor an error, or both")
		}
		switch c := c.(type) {
		case *nativehost.Sign:
			if len(c.Digest) != c.Hash.Size() || c.Certificate == nil || c.Origin == "" {
				t.Errorf("accepted %+v", c)
			}
		case *nativehost.Authenticate:
			if len(c.Nonce) < 44 || c.Origin == "" {
				t.Errorf("accepted %+v", c)
			}
		}
	})
}
