package sdjwt_test

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"eidgate/certs/pki"
	"eidgate/kyc/sdjwt"
)

// A chain is believed for its first certificate, by whose key the attestation
// must be signed, whatever else is sent along.
func TestChains(t *testing.T) {
	w := newWorld(t)
	leaf, ca := w.chain[0], w.chain[1]
	payload := `{"iss":"https://kyc.example","vct":"` + vct + `","nbf":0,"exp":9999999999}`
	exchange, err := w.pki.IssueExchange(pki.Organisation{Name: "KYC", Code: "12345678", Hosts: []string{"kyc.example"}})
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := w.pki.IssueAttestation(pki.Organisation{Name: "KYC Õ", Code: "12345678", Hosts: []string{"kyc.example"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		chain []*x509.Certificate
		want  string
	}{
		"as it should be":                 {w.chain, ""},
		"with the anchor":                 {[]*x509.Certificate{leaf, ca, w.pki.Root()}, ""},
		"with a stranger's":               {[]*x509.Certificate{leaf, selfSigned(t, w.key, ca.Subject, true), ca}, ""},
		"without the authority":           {[]*x509.Certificate{leaf}, "path.no-anchor"},
		"the authority first":             {[]*x509.Certificate{ca, leaf}, "jws.key"},
		"the same subject, another key":   {[]*x509.Certificate{other, ca, leaf}, "jws.signature"},
		"an exchange's, after the leaf":   {[]*x509.Certificate{exchange.TLSCertificate, leaf, ca}, "jws.signature"},
		"by its own key":                  {[]*x509.Certificate{selfSigned(t, w.key, leaf.Subject, false)}, "path."},
		"by its own key, then the leaf":   {[]*x509.Certificate{selfSigned(t, w.key, leaf.Subject, false), leaf, ca}, "path."},
		"more than a chain can be":        {[]*x509.Certificate{leaf, ca, ca, ca, ca, ca, ca}, "jws.malformed"},
		"the leaf as its own authority":   {[]*x509.Certificate{leaf, leaf}, "path."},
		"a name of an authority, its key": {[]*x509.Certificate{leaf, selfSigned(t, w.key, ca.Subject, true)}, "path."},
	} {
		_, err := w.verifier.Verify(t.Context(), w.sign(t, w.header(t, "dc+sd-jwt", "ES256", c.chain), payload), sdjwt.Expect{})
		if got := code(err); got != c.want && (!strings.HasSuffix(c.want, ".") || !strings.HasPrefix(got, c.want)) {
			t.Errorf("%s: %v (%s), want %q", name, err, got, c.want)
		}
	}
	w.verifier.Trust.Now = w.verifier.Now
	w.now = leaf.NotAfter.Add(time.Hour)
	if _, err := w.verifier.Verify(t.Context(), w.sign(t, w.header(t, "dc+sd-jwt", "ES256", w.chain), payload), sdjwt.Expect{}); code(err) != "path.expired" {
		t.Errorf("after the certificate's end: %v, %s", err, code(err))
	}
}

// selfSigned is a certificate that anybody can make, for the issuer's host.
func selfSigned(t *testing.T, key *ecdsa.PrivateKey, subject pkix.Name, authority bool) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: subject, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"kyc.example"}, KeyUsage: x509.KeyUsageDigitalSignature, IsCA: authority, BasicConstraintsValid: true,
	}
	if authority {
		template.KeyUsage = x509.KeyUsageCertSign
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

// A certificate of another purpose does not attest, even over the issuer's own
// key: only what it may do counts.
func TestCertificatesOfOtherPurposes(t *testing.T) {
	w := newWorld(t)
	exchange, err := w.pki.IssueExchange(pki.Organisation{Name: "KYC", Code: "12345678", Hosts: []string{"kyc.example"}})
	if err != nil {
		t.Fatal(err)
	}
	payload := `{"iss":"https://kyc.example","vct":"` + vct + `","nbf":0,"exp":9999999999}`
	for name, c := range map[string]struct {
		certificate *x509.Certificate
		key         *ecdsa.PrivateKey
	}{
		"TLS":      {exchange.TLSCertificate, exchange.TLS},
		"exchange": {exchange.SigningCertificate, exchange.Signing},
	} {
		w.key = c.key
		text := w.sign(t, w.header(t, "dc+sd-jwt", "ES256", []*x509.Certificate{c.certificate, w.pki.IssuingCA()}), payload)
		if _, err := w.verifier.Verify(t.Context(), text, sdjwt.Expect{}); !strings.HasPrefix(code(err), "purpose.") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A proof of the holder says all that it must, in its own type.
func TestOddProofs(t *testing.T) {
	w := newWorld(t)
	text := w.issue(t)
	good := map[string]any{"iat": w.now.Unix(), "aud": "https://startup.example", "nonce": "n-1", "sd_hash": encodeDigestOf(text)}
	expect := sdjwt.Expect{Audience: "https://startup.example", Nonce: "n-1"}
	w.key = w.holder
	for name, c := range map[string]struct {
		header string
		edit   func(m map[string]any)
		want   string
	}{
		"good":                  {`{"alg":"ES256","typ":"kb+jwt"}`, func(map[string]any) {}, ""},
		"another type":          {`{"alg":"ES256","typ":"JWT"}`, func(map[string]any) {}, "sdjwt.key-binding"},
		"no algorithm":          {`{"alg":"none","typ":"kb+jwt"}`, func(map[string]any) {}, "sdjwt.key-binding"},
		"without a time":        {`{"alg":"ES256","typ":"kb+jwt"}`, func(m map[string]any) { delete(m, "iat") }, "sdjwt.key-binding"},
		"a time that is text":   {`{"alg":"ES256","typ":"kb+jwt"}`, func(m map[string]any) { m["iat"] = "1" }, "sdjwt.key-binding"},
		"a time that wraps":     {`{"alg":"ES256","typ":"kb+jwt"}`, func(m map[string]any) { m["iat"] = int64(9223372036854775807) }, "sdjwt.key-binding"},
		"without a hash":        {`{"alg":"ES256","typ":"kb+jwt"}`, func(m map[string]any) { delete(m, "sd_hash") }, "sdjwt.key-binding"},
		"AUD in place of aud":   {`{"alg":"ES256","typ":"kb+jwt"}`, func(m map[string]any) { m["AUD"] = m["aud"]; delete(m, "aud") }, "sdjwt.key-binding"},
		"several audiences":     {`{"alg":"ES256","typ":"kb+jwt"}`, func(m map[string]any) { m["aud"] = []any{m["aud"]} }, "sdjwt.key-binding"},
		"a nonce that is null":  {`{"alg":"ES256","typ":"kb+jwt"}`, func(m map[string]any) { m["nonce"] = nil }, "sdjwt.key-binding"},
		"a hash of another one": {`{"alg":"ES256","typ":"kb+jwt"}`, func(m map[string]any) { m["sd_hash"] = encodeDigestOf(text + "x") }, "sdjwt.key-binding"},
	} {
		claims := map[string]any{}
		for name, value := range good {
			claims[name] = value
		}
		c.edit(claims)
		payload, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		proof := strings.TrimSuffix(w.sign(t, c.header, string(payload)), "~")
		verified, err := w.verifier.Verify(t.Context(), text+proof, expect)
		if code(err) != c.want || (err == nil) != (verified != nil && verified.Bound) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	for name, half := range map[string]sdjwt.Expect{"no nonce": {Audience: expect.Audience}, "no audience": {Nonce: expect.Nonce}, "an age alone": {MaxAge: time.Hour}} {
		if _, err := w.verifier.Verify(t.Context(), text, half); code(err) != "sdjwt.key-binding" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Numbers are shown as they were signed.
func TestLargeNumbers(t *testing.T) {
	w := newWorld(t)
	payload := `{"iss":"https://kyc.example","vct":"` + vct + `","nbf":0,"exp":9999999999,"n":9007199254740993}`
	verified, err := w.verifier.Verify(t.Context(), w.sign(t, w.header(t, "dc+sd-jwt", "ES256", w.chain), payload), sdjwt.Expect{})
	if err != nil || verified.Claims["n"] != json.Number("9007199254740993") {
		t.Error(verified, err)
	}
}
