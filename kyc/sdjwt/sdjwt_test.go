package sdjwt_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
	"eidgate/internal/fault"
	"eidgate/internal/jws"
	"eidgate/kyc/sdjwt"

	"github.com/google/go-cmp/cmp"
)

const (
	issuerURL = "https://kyc.example"
	vct       = "https://kyc.example/vct/eid-kyc/v1"
)

// world is an issuer with a certificate of the demonstration PKI, a holder and
// a verifier.
type world struct {
	pki      *pkitest.World
	key      *ecdsa.PrivateKey
	chain    []*x509.Certificate
	holder   *ecdsa.PrivateKey
	now      time.Time
	verifier *sdjwt.Verifier
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{pki: pkitest.Start(t, nil), now: time.Now()}
	key, certificate, err := w.pki.IssueAttestation(pki.Organisation{Name: "KYC Õ", Code: "12345678", Hosts: []string{"kyc.example"}})
	if err != nil {
		t.Fatal(err)
	}
	w.key, w.chain = key, []*x509.Certificate{certificate, w.pki.IssuingCA()}
	if w.holder, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	store, err := certs.NewStore(certs.Test, w.pki.Root())
	if err != nil {
		t.Fatal(err)
	}
	w.verifier = &sdjwt.Verifier{Trust: &certs.Verifier{Store: store}, Types: []string{vct}, Now: func() time.Time { return w.now }}
	return w
}

func (w *world) credential(t testing.TB) sdjwt.Credential {
	t.Helper()
	holder, err := jws.KeyOf(w.holder.Public())
	if err != nil {
		t.Fatal(err)
	}
	return sdjwt.Credential{
		Type: vct, IssuedAt: w.now, NotBefore: w.now, Expires: w.now.Add(24 * time.Hour), Holder: &holder,
		Status: &sdjwt.Status{Index: 412, URI: "https://kyc.example/statuslists/1"},
		Plain:  map[string]any{"verification": map[string]any{"trust_framework": "eidas"}},
		Claims: []sdjwt.Claim{
			{Name: "given_name", Value: "민지 Õ"}, {Name: "family_name", Value: "Щербина <x>"}, {Name: "birthdate", Value: "1980-01-08"},
			{Name: "age_equal_or_over", Members: []sdjwt.Claim{{Name: "18", Value: true}, {Name: "21", Value: true}}},
		},
	}
}

func (w *world) issue(t testing.TB) string {
	t.Helper()
	issuer, err := sdjwt.NewIssuer(issuerURL, "kyc-1", w.key, w.chain, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text, err := issuer.Issue(w.credential(t))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestHolderShowsWhatSheChooses(t *testing.T) {
	w := newWorld(t)
	text := w.issue(t)
	all, err := w.verifier.Verify(t.Context(), text, sdjwt.Expect{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"given_name": "민지 Õ", "family_name": "Щербина <x>", "birthdate": "1980-01-08",
		"age_equal_or_over": map[string]any{"18": true, "21": true},
		"verification":      map[string]any{"trust_framework": "eidas"},
	}
	if diff := cmp.Diff(want, all.Claims); diff != "" {
		t.Error(diff)
	}
	if all.Issuer != issuerURL || all.Status.Index != 412 || all.Bound || all.Holder == nil {
		t.Errorf("%+v", all)
	}
	presentation, err := sdjwt.Present(text, "18")
	if err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{"1980", "민지"} {
		if strings.Contains(presentation, base64.RawURLEncoding.EncodeToString([]byte(hidden))) {
			t.Errorf("the presentation shows %s", hidden)
		}
	}
	bound, err := sdjwt.Bind(presentation, w.holder, "https://startup.example", "n-1", w.now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := w.verifier.Verify(t.Context(), bound, sdjwt.Expect{Audience: "https://startup.example", Nonce: "n-1"})
	if err != nil || !shown.Bound {
		t.Fatal(shown, err)
	}
	want = map[string]any{"age_equal_or_over": map[string]any{"18": true}, "verification": map[string]any{"trust_framework": "eidas"}}
	if diff := cmp.Diff(want, shown.Claims); diff != "" {
		t.Error(diff)
	}
}

// Nothing of a presentation may be swapped, repeated or taken elsewhere.
func TestForgedPresentations(t *testing.T) {
	w := newWorld(t)
	text := w.issue(t)
	expect := sdjwt.Expect{Audience: "https://startup.example", Nonce: "n-1"}
	bind := func(presentation string, key *ecdsa.PrivateKey, audience, nonce string, at time.Time) string {
		bound, err := sdjwt.Bind(presentation, key, audience, nonce, at, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return bound
	}
	parts := strings.Split(text, "~")
	part, err := sdjwt.Present(text, "18")
	if err != nil {
		t.Fatal(err)
	}
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	whole := bind(text, w.holder, expect.Audience, expect.Nonce, w.now)
	for name, c := range map[string]struct {
		text   string
		expect sdjwt.Expect
		want   string
	}{
		"no tilde":                     {parts[0], sdjwt.Expect{}, "sdjwt.malformed"},
		"nothing":                      {"", sdjwt.Expect{}, "sdjwt.malformed"},
		"too large":                    {strings.Repeat("~", sdjwt.MaxText+1), sdjwt.Expect{}, "sdjwt.malformed"},
		"too many disclosures":         {parts[0] + strings.Repeat("~", 200), sdjwt.Expect{}, "sdjwt.malformed"},
		"a disclosure of her own":      {text + encode(`["salt","admin",true]`) + "~", sdjwt.Expect{}, "sdjwt.disclosure"},
		"a disclosure twice":           {text + parts[1] + "~", sdjwt.Expect{}, "sdjwt.disclosure"},
		"a changed disclosure":         {strings.Replace(text, parts[1], encode(`["salt","given_name","Eve"]`), 1), sdjwt.Expect{}, "sdjwt.disclosure"},
		"a disclosure with a new line": {strings.Replace(text, parts[1], parts[1]+"\n", 1), sdjwt.Expect{}, "sdjwt.disclosure"},
		"a disclosure that is none":    {strings.Replace(text, parts[1], encode(`{"a":1}`), 1), sdjwt.Expect{}, "sdjwt.disclosure"},
		"a disclosure of exp":          {text + encode(`["salt","exp",9999999999]`) + "~", sdjwt.Expect{}, "sdjwt.disclosure"},
		"a disclosure of _sd":          {text + encode(`["salt","_sd",[]]`) + "~", sdjwt.Expect{}, "sdjwt.disclosure"},
		"a changed payload":            {edit(t, text, func(p map[string]any) { p["exp"] = 9999999999 }), sdjwt.Expect{}, "jws.signature"},
		"no proof of the holder":       {text, expect, "sdjwt.key-binding"},
		"a proof by another key":       {bind(text, other, expect.Audience, expect.Nonce, w.now), expect, "sdjwt.key-binding"},
		"another audience":             {bind(text, w.holder, "https://other.example", expect.Nonce, w.now), expect, "sdjwt.key-binding"},
		"another nonce":                {bind(text, w.holder, expect.Audience, "n-2", w.now), expect, "sdjwt.key-binding"},
		"an old proof":                 {bind(text, w.holder, expect.Audience, expect.Nonce, w.now.Add(-time.Hour)), expect, "sdjwt.key-binding"},
		"a proof from the future":      {bind(text, w.holder, expect.Audience, expect.Nonce, w.now.Add(time.Hour)), expect, "sdjwt.key-binding"},
		"a proof of another choice":    {part + strings.TrimPrefix(whole, text), expect, "sdjwt.key-binding"},
		"a proof nobody asked for":     {whole, sdjwt.Expect{}, "sdjwt.key-binding"},
		"the attestation as its proof": {text + parts[0], expect, "sdjwt.key-binding"},
	} {
		verified, err := w.verifier.Verify(t.Context(), c.text, c.expect)
		if code(err) != c.want || verified != nil {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// code is an error's code; refusals of certificates have theirs too.
func code(err error) string { return fault.CodeOf(err) }

// edit changes a payload and leaves the old signature.
func edit(t testing.TB, text string, change func(map[string]any)) string {
	t.Helper()
	signed, rest, _ := strings.Cut(text, "~")
	parts := strings.Split(signed, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	object := map[string]any{}
	if err := json.Unmarshal(payload, &object); err != nil {
		t.Fatal(err)
	}
	change(object)
	if payload, err = json.Marshal(object); err != nil {
		t.Fatal(err)
	}
	return parts[0] + "." + base64.RawURLEncoding.EncodeToString(payload) + "." + parts[2] + "~" + rest
}

// sign makes an attestation by hand, as a dishonest or careless issuer would.
func (w *world) sign(t testing.TB, header, payload string) string {
	t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(header)) + "." + encode([]byte(payload))
	digest := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, w.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + encode(append(fill(r), fill(s)...)) + "~"
}

func fill(n *big.Int) []byte { return n.FillBytes(make([]byte, 32)) }

func (w *world) header(t testing.TB, typ, alg string, chain []*x509.Certificate) string {
	t.Helper()
	x5c := [][]byte{}
	for _, certificate := range chain {
		x5c = append(x5c, certificate.Raw)
	}
	text, err := json.Marshal(map[string]any{"alg": alg, "typ": typ, "x5c": x5c})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Only a certificate for attestations attests, of the trusted domain, in time.
func TestUntrustedIssuers(t *testing.T) {
	w := newWorld(t)
	text := w.issue(t)
	stranger := newWorld(t)
	if _, err := stranger.verifier.Verify(t.Context(), text, sdjwt.Expect{}); !strings.HasPrefix(code(err), "path.") {
		t.Errorf("another trust store: %v", err)
	}
	exchange, err := w.pki.IssueExchange(pki.Organisation{Name: "KYC", Code: "12345678", Hosts: []string{"kyc.example"}})
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := sdjwt.NewIssuer(issuerURL, "", exchange.TLS, []*x509.Certificate{exchange.TLSCertificate, w.pki.IssuingCA()}, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = issuer.Issue(w.credential(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.verifier.Verify(t.Context(), text, sdjwt.Expect{}); code(err) != "purpose.extended-key-usage" {
		t.Errorf("a TLS certificate attests: %v", err)
	}
	for name, url := range map[string]string{"another host": "https://other.example", "not https": "http://kyc.example", "no host": "https://"} {
		if _, err := sdjwt.NewIssuer(url, "", w.key, w.chain, rand.Reader); code(err) != "sdjwt.issuer" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestIssueRefusesReservedNames(t *testing.T) {
	w := newWorld(t)
	issuer, err := sdjwt.NewIssuer(issuerURL, "", w.key, w.chain, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"exp", "iss", "status", "_sd", "...", "", "vct"} {
		c := w.credential(t)
		c.Claims = []sdjwt.Claim{{Name: name, Value: 1}}
		if _, err := issuer.Issue(c); code(err) != "sdjwt.reserved-claim" {
			t.Errorf("%q to be disclosed: %v", name, err)
		}
		c.Claims, c.Plain = nil, map[string]any{name: 1}
		if _, err := issuer.Issue(c); code(err) != "sdjwt.reserved-claim" {
			t.Errorf("%q in plain: %v", name, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	w := newWorld(f)
	text := w.issue(f)
	f.Add(text)
	f.Add(w.sign(f, w.header(f, "dc+sd-jwt", "ES256", w.chain), `{"_sd":[]}`))
	signed, _, _ := strings.Cut(text, "~")
	f.Fuzz(func(t *testing.T, presented string) {
		if verified, err := w.verifier.Verify(context.Background(), presented, sdjwt.Expect{}); err == nil && !strings.HasPrefix(presented, signed+"~") {
			t.Errorf("accepted %v", verified)
		}
	})
}
