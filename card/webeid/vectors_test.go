package webeid_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"eidgate/card/webeid"
	"eidgate/certs"
	"eidgate/internal/fault"
	"eidgate/internal/testtool"
)

type vector struct {
	Name, Origin, Nonce string
	Token               json.RawMessage
}

func vectors(t testing.TB) []vector {
	t.Helper()
	b, err := os.ReadFile(testtool.Shared(t, "webeid", "token-vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// trusting makes a validator at the time of the token that holds the token's
// own certificate for an anchor: the certificates of the issuing authorities
// are not part of the vectors, and this test is about signatures.
func trusting(t *testing.T, v vector) *webeid.Validator {
	t.Helper()
	var token webeid.Token
	if err := json.Unmarshal(v.Token, &token); err != nil {
		t.Fatal(err)
	}
	der, err := base64.StdEncoding.DecodeString(token.UnverifiedCertificate)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	store, err := certs.NewStore(certs.Test, c)
	if err != nil {
		t.Fatal(err)
	}
	return &webeid.Validator{Origin: v.Origin, Verifier: &certs.Verifier{
		Store: store, Now: func() time.Time { return c.NotBefore.Add(24 * time.Hour) },
		Revocation: source(func(certs.RevocationQuery) (*certs.RevocationStatus, error) {
			return &certs.RevocationStatus{}, nil
		}),
	}}
}

// Every vector is a real card's token; each is refused after any change.
func TestConformanceWebEID(t *testing.T) {
	var score testtool.Score
	all := vectors(t)
	if len(all) != 6 {
		t.Fatalf("%d vectors, want 6", len(all))
	}
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) {
			validator := trusting(t, v)
			// Finnish cards of generation 3 have no extended key usage; our
			// rule demands clientAuth, so they end there and no earlier.
			want := ""
			if strings.HasPrefix(v.Name, "FINNISH") {
				want = "purpose.extended-key-usage"
			}
			_, err := validator.Validate(t.Context(), v.Token, v.Nonce)
			score.Count(true, fault.CodeOf(err) == want)
			if fault.CodeOf(err) != want {
				t.Errorf("%v, want code %q", err, want)
			}
			for name, f := range map[string]func() ([]byte, string, string){
				"another origin": func() ([]byte, string, string) { return v.Token, v.Nonce, "https://example.ee" },
				"another nonce": func() ([]byte, string, string) {
					return v.Token, strings.Repeat("x", len(v.Nonce)), v.Origin
				},
				"altered signature": func() ([]byte, string, string) {
					return change(t, v.Token, "signature", func(s string) string {
						b, _ := base64.StdEncoding.DecodeString(s)
						b[10] ^= 0x40
						return base64.StdEncoding.EncodeToString(b)
					}), v.Nonce, v.Origin
				},
			} {
				token, nonce, origin := f()
				validator.Origin = origin
				_, err := validator.Validate(t.Context(), token, nonce)
				score.Count(false, err == nil)
				if fault.CodeOf(err) != "webeid.token-signature" {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
	score.Print("Web eID token signatures")
}

// At today's clock the tokens' certificates are expired or their authorities
// unknown: nobody logs in with them.
func TestOfficialVectorsToday(t *testing.T) {
	w := newWorld(t)
	for _, v := range vectors(t) {
		w.validator.Origin = v.Origin
		if _, err := w.validator.Validate(t.Context(), v.Token, v.Nonce); err == nil || strings.HasPrefix(fault.CodeOf(err), "webeid.") {
			t.Errorf("%s: %v", v.Name, err)
		}
	}
}

func FuzzToken(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add([]byte(v.Token))
	}
	f.Add([]byte(`{"unverifiedCertificate":"AAAA","algorithm":"ES384","signature":"AAAA","format":"web-eid:1.1","x":[[[{}]]]}`))
	f.Fuzz(func(t *testing.T, token []byte) {
		parsed, err := webeid.Parse(token)
		if err != nil {
			if fault.CodeOf(err) == "" {
				t.Fatalf("a refusal without a code: %v", err)
			}
			return
		}
		text := append(marshal(t, parsed), strings.Repeat(" ", 100)...)
		if len(text) > 10_000 {
			return // JSON's escapes made it longer than a token may be
		}
		again, err := webeid.Parse(text)
		if err != nil || *again != *parsed {
			t.Fatalf("%+v was read again as %+v: %v", parsed, again, err)
		}
		v := &webeid.Validator{Origin: site, Verifier: new(certs.Verifier)}
		if _, err := v.Validate(t.Context(), token, nonce("a")); err == nil {
			t.Fatal("a token for another site was accepted")
		}
	})
}
