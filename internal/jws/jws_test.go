package jws_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"eidgate/internal/fault"
	"eidgate/internal/jws"
)

func sign(t testing.TB) (*ecdsa.PrivateKey, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jws.NewSigner(key, "x+jwt", "k", nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signer.Sign(rand.Reader, []byte(`{"a":1}`))
	if err != nil {
		t.Fatal(err)
	}
	return key, text
}

func FuzzParse(f *testing.F) {
	key, good := sign(f)
	f.Add(good)
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Fuzz(func(t *testing.T, text string) {
		token, err := jws.Parse(text, "x+jwt")
		if err != nil {
			return
		}
		if token.Verify(key.Public()) == nil && text != good && !strings.HasPrefix(text, good[:strings.LastIndexByte(good, '.')]) {
			t.Errorf("accepted %q", text)
		}
	})
}

// What is read by a name stands under it, once and as it is spelled.
func FuzzReadObject(f *testing.F) {
	f.Add([]byte(`{"exp":1,"EXP":2}`))
	f.Add([]byte(`{"exp":null}`))
	f.Add([]byte(`{"a":{"b":[1,{"c":"d"}]},"exp":253402300800}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		o, err := jws.ReadObject(text)
		if err != nil {
			return
		}
		var plain map[string]any
		if err := json.Unmarshal(text, &plain); err != nil {
			return // a number that is too large for float64
		}
		if len(plain) != len(o) {
			t.Errorf("%d members, encoding/json has %d", len(o), len(plain))
		}
		at, present, err := o.Time("exp")
		if _, there := plain["exp"]; there != present || err == nil && present && (at.Unix() < 0 || at.Year() > 9999) {
			t.Errorf("%v, %v, %v", at, present, err)
		}
	})
}

func TestWhatAHeaderMayNotHave(t *testing.T) {
	key, good := sign(t)
	parts := strings.Split(good, ".")
	for name, c := range map[string]struct{ header, want string }{
		"good":                {`{"alg":"ES256","typ":"x+jwt"}`, "jws.signature"}, // it is read; only the signature is another
		"no algorithm":        {`{"typ":"x+jwt"}`, "jws.algorithm"},
		"none":                {`{"alg":"none","typ":"x+jwt"}`, "jws.algorithm"},
		"es256":               {`{"alg":"es256","typ":"x+jwt"}`, "jws.algorithm"},
		"ES384":               {`{"alg":"ES384","typ":"x+jwt"}`, "jws.algorithm"},
		"HS256":               {`{"alg":"HS256","typ":"x+jwt"}`, "jws.algorithm"},
		"ALG":                 {`{"ALG":"ES256","typ":"x+jwt"}`, "jws.algorithm"},
		"twice":               {`{"alg":"ES256","alg":"none","typ":"x+jwt"}`, "jws.malformed"},
		"several":             {`{"alg":["ES256"],"typ":"x+jwt"}`, "jws.malformed"},
		"another type":        {`{"alg":"ES256","typ":"JWT"}`, "jws.type"},
		"a type in capitals":  {`{"alg":"ES256","typ":"X+JWT"}`, "jws.type"},
		"a type as media":     {`{"alg":"ES256","typ":"application/x+jwt"}`, "jws.type"},
		"crit":                {`{"alg":"ES256","typ":"x+jwt","crit":["exp"]}`, "jws.malformed"},
		"b64":                 {`{"alg":"ES256","typ":"x+jwt","b64":false}`, "jws.malformed"},
		"x5c as text":         {`{"alg":"ES256","typ":"x+jwt","x5c":"AAAA"}`, "jws.malformed"},
		"x5c of nothing":      {`{"alg":"ES256","typ":"x+jwt","x5c":[""]}`, "jws.malformed"},
		"more than an object": {`{"alg":"ES256","typ":"x+jwt"}{}`, "jws.malformed"},
		"an array":            {`["ES256"]`, "jws.malformed"},
		"nothing":             {``, "jws.malformed"},
	} {
		text := base64.RawURLEncoding.EncodeToString([]byte(c.header)) + "." + parts[1] + "." + parts[2]
		token, err := jws.Parse(text, "x+jwt")
		if err == nil {
			err = token.Verify(key.Public())
		}
		if fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	for name, text := range map[string]string{
		"two parts": parts[0] + "." + parts[1], "four parts": good + ".", "padding": good + "=", "a space": good + " ",
		"a line end": good[:len(good)-8] + "\n" + good[len(good)-8:], "a carriage return": good + "\r",
		"too large": strings.Repeat("A", jws.MaxText+1),
	} {
		if _, err := jws.Parse(text, "x+jwt"); fault.CodeOf(err) != "jws.malformed" {
			t.Errorf("%s: %v", name, err)
		}
	}
	zero := parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64))
	if token, err := jws.Parse(zero, "x+jwt"); err != nil || fault.CodeOf(token.Verify(key.Public())) != "jws.signature" {
		t.Error("a signature of zeros", err)
	}
	if _, err := jws.NewSigner(must(t, elliptic.P384()), "x", "", nil); fault.CodeOf(err) != "jws.key" {
		t.Error(err)
	}
	if token, err := jws.Parse(good, "x+jwt"); err != nil || fault.CodeOf(token.Verify(must(t, elliptic.P384()).Public())) != "jws.key" {
		t.Error(err)
	}
}

func must(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
