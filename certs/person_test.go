package certs_test

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"crypto/x509"

	"eidgate/certs"
)

func attr(value string, last int) pkix.AttributeTypeAndValue {
	return pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, last}, Value: value}
}

func named(attrs ...pkix.AttributeTypeAndValue) *x509.Certificate {
	return &x509.Certificate{Subject: pkix.Name{Names: attrs}}
}

func TestPersonOf(t *testing.T) {
	for _, c := range []struct {
		name                string
		cert                *x509.Certificate
		id, country, person string
		code                string
	}{
		{"2018", named(attr("EE", 6), attr("A,B,38001085718", 3), attr("A", 4), attr("B", 42), attr("PNOEE-38001085718", 5)), "PNOEE-38001085718", "EE", "B A", ""},
		{"2025 order", named(attr("x", 3), attr("PNOEE-38001085718", 5), attr("B", 42), attr("A", 4), attr("EE", 6)), "PNOEE-38001085718", "EE", "B A", ""},
		{"2011 bare code", named(attr("EE", 6), attr("A", 4), attr("B", 42), attr("38001085718", 5)), "PNOEE-38001085718", "EE", "B A", ""},
		{"Latvia", named(attr("LV", 6), attr("A", 4), attr("B", 42), attr("PNOLV-321922-33032", 5)), "PNOLV-321922-33032", "LV", "B A", ""},
		{"Belgium", named(attr("BE", 6), attr("A", 4), attr("B C", 42), attr("01050399864", 5)), "PNOBE-01050399864", "BE", "B C A", ""},
		{"Finland", named(attr("FI", 6), attr("A", 4), attr("B", 42), attr("99901112H", 5)), "PNOFI-99901112H", "FI", "B A", ""},
		{"one name only", named(attr("EE", 6), attr("A", 4), attr("PNOEE-38001085718", 5)), "PNOEE-38001085718", "EE", "A", ""},
		{"an authority", named(attr("EE", 6), attr("ESTEID2018", 3)), "", "", "", "person.not-a-person"},
		{"a company seal", named(attr("EE", 6), attr("Company", 3), attr("12345678", 5)), "", "", "", "person.not-a-person"},
		{"two codes", named(attr("A", 4), attr("PNOEE-38001085718", 5), attr("PNOEE-38001085719", 5)), "", "", "", "person.malformed"},
		{"two surnames", named(attr("A", 4), attr("C", 4), attr("PNOEE-38001085718", 5)), "", "", "", "person.malformed"},
		{"short code", named(attr("A", 4), attr("PNOEE-3800108571", 5)), "", "", "", "person.malformed"},
		{"letters in code", named(attr("A", 4), attr("PNOEE-3800108571A", 5)), "", "", "", "person.malformed"},
		{"bad century", named(attr("A", 4), attr("PNOEE-98001085718", 5)), "", "", "", "person.malformed"},
		{"unknown type", named(attr("A", 4), attr("XXXEE-38001085718", 5)), "", "", "", "person.malformed"},
		{"bare code of unknown land", named(attr("US", 6), attr("A", 4), attr("38001085718", 5)), "", "", "", "person.malformed"},
		{"NUL in name", named(attr("A\x00B", 4), attr("PNOEE-38001085718", 5)), "", "", "", "person.malformed"},
		{"text turned round", named(attr("A\u202eB", 4), attr("PNOEE-38001085718", 5)), "", "", "", "person.malformed"},
		{"newline in code", named(attr("A", 4), attr("PNOEE-38001085718\n", 5)), "", "", "", "person.malformed"},
		{"long name", named(attr(strings.Repeat("A", 257), 4), attr("PNOEE-38001085718", 5)), "", "", "", "person.malformed"},
		{"broken UTF-8", named(attr("A\xff", 4), attr("PNOEE-38001085718", 5)), "", "", "", "person.malformed"},
		{"blank name", named(attr(" ", 4), attr("PNOEE-38001085718", 5)), "", "", "", "person.malformed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := certs.PersonOf(c.cert)
			wantCode(t, err, c.code)
			if p.Identifier.Reveal() != c.id || p.Country != c.country || p.FullName() != c.person {
				t.Errorf("got %q of %q, %q", p.Identifier.Reveal(), p.Country, p.FullName())
			}
		})
	}
}

// hidden holds a person where fmt can only reach it by reflection.
type hidden struct{ person certs.Person }

func TestPersonsAreNotPrinted(t *testing.T) {
	p, err := certs.PersonOf(named(attr("EE", 6), attr("SAAR", 4), attr("MARI", 42), attr("PNOEE-48001085718", 5)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "person", p, "id", p.Identifier)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "person", p, "id", p.Identifier, "hidden", hidden{p})
	fmt.Fprintf(&out, "%v %s %+v %v %q %x %d", p, p, p, p.Identifier, p.Identifier, p.Identifier, p.Identifier)
	fmt.Fprintf(&out, "%#v", p.Identifier)
	if err := json.NewEncoder(&out).Encode(p.Identifier); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "48001085718") {
		t.Errorf("the personal code was printed: %s", out.String())
	}
	out.Reset()
	fmt.Fprintf(&out, "%v %+v", hidden{p}, &hidden{p})
	if strings.Contains(out.String(), "48001085718") {
		t.Errorf("the personal code was printed by reflection: %s", out.String())
	}
	if p.Identifier != certs.NewIdentifier("PNOEE-48001085718") || p.Identifier == certs.NewIdentifier("") {
		t.Error("identifiers do not compare")
	}
}
