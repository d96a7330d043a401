package webeid_test

import (
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"math/big"
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
// and the revocation answers are not part of the vectors. Everything else is
// validated: form, key usage, extended key usage or the rule of the issuer's
// profile without it, policies, dates, algorithm, signature.
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
			who, err := validator.Validate(t.Context(), v.Token, v.Nonce)
			score.Count(true, err == nil)
			if err != nil {
				t.Fatal(err)
			}
			if who.Person.Surname == "" {
				t.Errorf("%+v", who.Person)
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

// The Finnish certificates of the vectors have no extended key usage. That is
// accepted for a login certificate whose issuer is known to issue such ones, and
// for no other: not from another issuer, country or key usage.
func TestLoginWithoutExtendedUsage(t *testing.T) {
	const finnish, policy = "DVV TEST Certificates - G5E", "1.2.246.517.99.10.352.1"
	for name, c := range map[string]struct {
		country, issuer, policy string
		usage                   x509.KeyUsage
		code                    string
	}{
		"as issued":           {"FI", finnish, policy, x509.KeyUsageDigitalSignature | x509.KeyUsageKeyAgreement, ""},
		"signing certificate": {"FI", finnish, policy, x509.KeyUsageContentCommitment, "purpose.key-usage"},
		"for both":            {"FI", finnish, policy, x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment, "purpose.key-usage"},
		"key agreement only":  {"FI", finnish, policy, x509.KeyUsageKeyAgreement, "purpose.key-usage"},
		"another policy":      {"FI", finnish, "1.2.246.517.2.1", x509.KeyUsageDigitalSignature, "policy.unknown-document"},
		"another country":     {"SE", finnish, policy, x509.KeyUsageDigitalSignature, "purpose.extended-key-usage"},
		"Estonian issuer":     {"EE", "TEST of ESTEID2018", policy, x509.KeyUsageDigitalSignature, "purpose.extended-key-usage"},
		"Belgian issuer":      {"BE", "Citizen CA", policy, x509.KeyUsageDigitalSignature, "purpose.extended-key-usage"},
		"unknown issuer":      {"FI", "Somebody", policy, x509.KeyUsageDigitalSignature, "purpose.extended-key-usage"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			key, authority := newKey(t, elliptic.P384()), newKey(t, elliptic.P384())
			parent := &x509.Certificate{Subject: pkix.Name{Country: []string{c.country}, CommonName: c.issuer}}
			template := &x509.Certificate{
				SerialNumber: big.NewInt(1), NotBefore: noon.Add(-time.Hour), NotAfter: noon.Add(time.Hour), KeyUsage: c.usage,
				Subject: pkix.Name{Country: []string{"FI"}, CommonName: "SPECIMEN VELI 999001112", SerialNumber: "999001112", ExtraNames: []pkix.AttributeTypeAndValue{
					{Type: asn1.ObjectIdentifier{2, 5, 4, 42}, Value: "VELI"}, {Type: asn1.ObjectIdentifier{2, 5, 4, 4}, Value: "SPECIMEN"},
				}},
			}
			policies(t, c.policy)(template)
			der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), authority)
			w.ok(err)
			leaf, err := x509.ParseCertificate(der)
			w.ok(err)
			store, err := certs.NewStore(certs.Test, leaf)
			w.ok(err)
			w.validator.Verifier.Store = store
			_, err = w.validator.Validate(t.Context(), forge(t, key, leaf), nonce("a"))
			if fault.CodeOf(err) != c.code {
				t.Errorf("%v, want code %q", err, c.code)
			}
		})
	}
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
