package certs_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"os"
	"regexp"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/internal/testtool"
)

// realCards are certificates of real test cards (Web eID's vectors) and the
// Estonian test authorities (the TEST trusted list).
type realCards struct {
	leaves      map[string]*x509.Certificate
	authorities map[string]*x509.Certificate
}

func readRealCards(t *testing.T) realCards {
	t.Helper()
	out := realCards{map[string]*x509.Certificate{}, map[string]*x509.Certificate{}}
	b, err := os.ReadFile(testtool.Shared(t, "webeid", "token-vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var tokens []struct {
		Name  string
		Token struct{ UnverifiedCertificate []byte }
	}
	if err := json.Unmarshal(b, &tokens); err != nil {
		t.Fatal(err)
	}
	for _, tok := range tokens {
		cert, err := certs.ParseCertificate(tok.Token.UnverifiedCertificate)
		if err != nil {
			t.Fatal(err)
		}
		out.leaves[tok.Name] = cert
	}
	list, err := os.ReadFile(testtool.Shared(t, "tsl", "EE_T.xml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`X509Certificate>([^<]+)<`).FindAllSubmatch(list, -1) {
		der, err := base64.StdEncoding.DecodeString(string(m[1]))
		if err != nil {
			continue
		}
		if cert, err := certs.ParseCertificate(der); err == nil {
			out.authorities[cert.Subject.CommonName] = cert
		}
	}
	return out
}

func TestRealEstonianTestCard(t *testing.T) {
	real := readRealCards(t)
	leaf, issuer := real.leaves["VALID_AUTH_TOKEN"], real.authorities["TEST of ESTEID2018"]
	other := real.authorities["TEST of ESTEID-SK 2015"]
	inTime := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name    string
		anchor  *x509.Certificate
		purpose certs.Purpose
		at      time.Time
		code    string
	}{
		{"login", issuer, certs.Authentication, inTime, ""},
		{"signing", issuer, certs.DocumentSigning, inTime, "purpose.key-usage"},
		{"after expiry", issuer, certs.Authentication, inTime.AddDate(5, 0, 0), "path.future"},
		{"before validity", issuer, certs.Authentication, inTime.AddDate(-1, 0, 0), "path.not-yet-valid"},
		{"now expired", issuer, certs.Authentication, noon, "path.expired"},
		{"another authority", other, certs.Authentication, inTime, "path.no-anchor"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, err := verifierFor(t, certs.Test, c.anchor).Verify(t.Context(), certs.Request{
				Certificate: leaf, Purpose: c.purpose, At: c.at,
			})
			wantCode(t, err, c.code)
			if err != nil {
				return
			}
			p := path.Profile()
			if p.Generation != "ESTEID2018" || p.Document != certs.IDCard || p.Assurance != certs.HighAssurance {
				t.Errorf("profile = %+v", p)
			}
		})
	}
	_, err := certs.NewStore(certs.Production, issuer)
	wantCode(t, err, "trust.mixed-domains")
}

func TestPersonsOnRealCards(t *testing.T) {
	want := map[string][2]string{
		"VALID_AUTH_TOKEN":                               {"PNOEE-38001085718", "EE"},
		"VALID_RS256_AUTH_TOKEN":                         {"PNOLV-321922-33032", "LV"},
		"BELGIAN_TEST_ID_CARD_AUTH_TOKEN_ECC":            {"PNOBE-01050399864", "BE"},
		"BELGIAN_TEST_ID_CARD_AUTH_TOKEN_RSA":            {"PNOBE-01050399864", "BE"},
		"FINNISH_TEST_ID_CARD_BACKMAN_JUHANI_AUTH_TOKEN": {"PNOFI-999020016", "FI"},
	}
	for name, cert := range readRealCards(t).leaves {
		p, err := certs.PersonOf(cert)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if w, ok := want[name]; ok && (p.Identifier.Reveal() != w[0] || p.Country != w[1]) {
			t.Errorf("%s: %s of %s", name, p.Identifier.Reveal(), p.Country)
		}
		if p.Document == certs.UnknownDocument || p.Surname == "" || p.GivenName == "" {
			t.Errorf("%s: %v is not fully read", name, p)
		}
	}
}
