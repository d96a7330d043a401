package tsl_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"os"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/tsl"
	"eidgate/internal/testtool"
)

// realCard is the login certificate of a real Estonian test card, out of the
// Web eID token vectors.
func realCard(t *testing.T) *x509.Certificate {
	t.Helper()
	b, err := os.ReadFile(testtool.Shared(t, "webeid", "token-vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name  string
		Token struct{ UnverifiedCertificate string }
	}
	if err := json.Unmarshal(b, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		if v.Name != "VALID_AUTH_TOKEN" {
			continue
		}
		der, err := base64.StdEncoding.DecodeString(v.Token.UnverifiedCertificate)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	t.Fatal("no vector")
	return nil
}

// The list's authority is what the card's certificate leads to; without that
// authority, and before its service began, the card is refused.
func TestAnchorsOfTheListVerifyARealCard(t *testing.T) {
	card := realCard(t)
	text, e := estonia(t)
	l, err := tsl.Verify([]byte(text), e)
	if err != nil {
		t.Fatal(err)
	}
	set := &tsl.Set{Entries: []tsl.Entry{{List: l}}}
	at := time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		filter tsl.Filter
		code   string
	}{
		"its authority":            {tsl.Filter{At: at, Kinds: []tsl.Kind{tsl.QualifiedCA}}, ""},
		"time-stamp authorities":   {tsl.Filter{At: at, Kinds: []tsl.Kind{tsl.Timestamping}}, "path.no-anchor"},
		"before the service began": {tsl.Filter{At: time.Date(2016, 8, 1, 0, 0, 0, 0, time.UTC), Kinds: []tsl.Kind{tsl.QualifiedCA}}, "path.no-anchor"},
	} {
		store, err := set.Store(certs.Test, c.filter)
		if err != nil {
			t.Fatal(err)
		}
		v := &certs.Verifier{Store: store, Now: func() time.Time { return at }}
		path, err := v.Verify(t.Context(), certs.Request{Certificate: card, Purpose: certs.Authentication, Revocation: certs.RevocationSkipped})
		wantCode(t, name, err, c.code)
		if err == nil && path.Anchor().Subject.CommonName != "TEST of ESTEID2018" {
			t.Errorf("anchor %s", path.Anchor().Subject.CommonName)
		}
	}
}
