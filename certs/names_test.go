package certs_test

import (
	"encoding"
	"fmt"
	"testing"

	"eidgate/certs"
)

// Stable names go into JSON and the policy table: each must come back as it
// was, and no other text be taken for one.
func TestStableNames(t *testing.T) {
	type named interface {
		encoding.TextMarshaler
		fmt.Stringer
	}
	for _, c := range []struct {
		value named
		back  encoding.TextUnmarshaler
		name  string
	}{
		{certs.UnknownDocument, new(certs.DocumentKind), "unknown"},
		{certs.EResidentDigitalID, new(certs.DocumentKind), "e-resident-digital-id"},
		{certs.ForeignIDCard, new(certs.DocumentKind), "foreign-id-card"},
		{certs.UnknownAssurance, new(certs.Assurance), "unknown"},
		{certs.HighAssurance, new(certs.Assurance), "high"},
		{certs.Production, new(certs.Domain), "production"},
		{certs.Test, new(certs.Domain), "test"},
	} {
		text, err := c.value.MarshalText()
		must(t, err)
		if string(text) != c.name || c.value.String() != c.name {
			t.Errorf("%v is named %q", c.value, text)
		}
		must(t, c.back.UnmarshalText(text))
		if fmt.Sprint(c.back) == "" || c.back.UnmarshalText([]byte("something else")) == nil {
			t.Errorf("%q: another text is accepted", c.name)
		}
	}
	for _, s := range []fmt.Stringer{certs.DocumentKind(99), certs.Assurance(-1), certs.Domain(0), certs.Purpose(99)} {
		if s.String() == "" || s.String() == "unknown" {
			t.Errorf("a value that is none reads %q", s)
		}
	}
	if certs.PathOnly.String() != "path only" || certs.Timestamping.String() != "time-stamping" {
		t.Error("a purpose is misnamed")
	}
}
