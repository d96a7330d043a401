package certs_test

import (
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eidgate/certs"
)

func TestQualificationOf(t *testing.T) {
	root := newRoot(t, "Root of tests")
	const (
		compliance = "3008 0606 04008e460101"
		sscd       = "3008 0606 04008e460104"
		esign      = "3013 0606 04008e460106 3009 0607 04008e46010601"
		eseal      = "3013 0606 04008e460106 3009 0607 04008e46010602"
		pds        = "3016 0606 04008e460105 300c 300a 1604 68747470 1302 656e"
		retention  = "300b 0606 04008e460103 02010a"
		law        = "300e 0606 04008e460107 3004 1302 4348"
	)
	for _, c := range []struct {
		name, statements string
		want             certs.Qualification
		code             string
	}{
		{"none", "", certs.Qualification{}, ""},
		{"EstEID 2025 signing", compliance + sscd + esign + pds, certs.Qualification{
			Qualified: true, OnDevice: true, Signature: true, Disclosures: []certs.Disclosure{{URL: "http", Language: "en"}},
		}, ""},
		{"EstEID 2018 login", pds, certs.Qualification{Disclosures: []certs.Disclosure{{URL: "http", Language: "en"}}}, ""},
		{"no type means signature", compliance, certs.Qualification{Qualified: true, Signature: true}, ""},
		{"seal", compliance + eseal, certs.Qualification{Qualified: true, Seal: true}, ""},
		{"retention and law", compliance + retention + law, certs.Qualification{
			Qualified: true, Signature: true, RetentionYears: 10, Legislation: []string{"CH"},
		}, ""},
		{"compliance with something after it", "300a 0606 04008e460101 0500", certs.Qualification{}, "certificate.malformed"},
		{"type without a list", "3008 0606 04008e460106", certs.Qualification{}, "certificate.malformed"},
		{"negative retention", "300b 0606 04008e460103 0201ff", certs.Qualification{}, "certificate.malformed"},
		{"language of three letters", "3017 0606 04008e460105 300d 300b 1604 68747470 1303 656e67", certs.Qualification{}, "certificate.malformed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var edits []edit
			if c.statements != "" {
				content := unhex(t, c.statements)
				edits = append(edits, withExtension(false, append([]byte{0x30, byte(len(content))}, content...), 1, 3, 6, 1, 5, 5, 7, 1, 3))
			}
			got, err := certs.QualificationOf(root.issueSign(t, edits...).Cert)
			wantCode(t, err, c.code)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	var out []byte
	for _, c := range s {
		if c != ' ' {
			out = append(out, byte(c))
		}
	}
	b, err := hex.DecodeString(string(out))
	must(t, err)
	return b
}
