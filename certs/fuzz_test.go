package certs_test

import (
	"bytes"
	"crypto/x509"
	"encoding/asn1"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"crypto/x509/pkix"

	"eidgate/certs"
)

// seedCertificates are certificates of many shapes.
func seedCertificates(f *testing.F) {
	f.Helper()
	for _, c := range estonia(f) {
		f.Add(c.Raw)
	}
	root := newRoot(f, "Root of tests", pathLen(1))
	f.Add(root.Cert.Raw)
	f.Add(root.issueAuth(f, withPoints("http://crl.example/1")).Cert.Raw)
	f.Add(root.issueSign(f).Cert.Raw)
}

// FuzzParseCertificate: what crypto/x509 reads is read the same; what it does
// not is refused or read, and verifying it never panics.
func FuzzParseCertificate(f *testing.F) {
	seedCertificates(f)
	anchor := newRoot(f, "Root of tests").Cert
	f.Fuzz(func(t *testing.T, der []byte) {
		cert, err := certs.ParseCertificate(der)
		if err != nil {
			if codeOf(err) != "certificate.malformed" {
				t.Errorf("code = %q", codeOf(err))
			}
			return
		}
		if !bytes.Equal(cert.Raw, der) {
			t.Error("the certificate is not the bytes given")
		}
		_, err = verifierFor(t, certs.Test, anchor).Verify(t.Context(), certs.Request{Certificate: cert, Purpose: certs.PathOnly})
		if err == nil || codeOf(err) == "" {
			t.Errorf("a certificate from nowhere: %v", err)
		}
		_, _ = certs.QualificationOf(cert)
	})
}

// FuzzPersonOf: a person read from any subject is well formed.
func FuzzPersonOf(f *testing.F) {
	f.Add("EE", "JÕEORG", "JAAK-KRISTJAN", "PNOEE-38001085718")
	f.Add("LV", "A", "B", "PNOLV-321922-33032")
	f.Add("BE", "A", "B", "01050399864")
	f.Add("FI", "A\u202eB", "\x00", "99901112H")
	f.Fuzz(func(t *testing.T, country, surname, given, serial string) {
		var attrs []pkix.AttributeTypeAndValue
		for last, value := range map[int]string{6: country, 4: surname, 42: given, 5: serial} {
			if value != "" {
				attrs = append(attrs, pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, last}, Value: value})
			}
		}
		p, err := certs.PersonOf(named(attrs...))
		if err != nil {
			if !slices.Contains([]string{"person.malformed", "person.not-a-person"}, codeOf(err)) {
				t.Errorf("code = %q", codeOf(err))
			}
			return
		}
		id := p.Identifier.Reveal()
		if len(id) < 7 || len(p.Country) != 2 || id[3:5] != p.Country || p.FullName() == "" {
			t.Errorf("%q of %q", id, p.Country)
		}
	})
}

// FuzzQCStatements: any bytes are read or refused with the code.
func FuzzQCStatements(f *testing.F) {
	for _, c := range estonia(f) {
		for _, e := range c.Extensions {
			if e.Id.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3}) {
				f.Add(e.Value)
			}
		}
	}
	f.Add([]byte{0x30, 0x15, 0x30, 0x13, 6, 6, 4, 0, 0x8e, 0x46, 1, 6, 0x30, 9, 6, 7, 4, 0, 0x8e, 0x46, 1, 6, 1})
	f.Fuzz(func(t *testing.T, value []byte) {
		cert := &x509.Certificate{Extensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3}, Value: value}}}
		if _, err := certs.QualificationOf(cert); err != nil && codeOf(err) != "certificate.malformed" {
			t.Errorf("code = %q", codeOf(err))
		}
	})
}

// FuzzCRL: a list from nowhere never says anything about a certificate.
func FuzzCRL(f *testing.F) {
	root := newRoot(f, "Root of tests")
	leaf := root.issueAuth(f).Cert
	stranger := newRoot(f, "Root of tests")
	f.Add(stranger.crl(f))
	f.Add(stranger.crl(f, entry(leaf, noon, 1), idp(0x84, 1, 0xff)))
	f.Add(stranger.crl(f, delta(5, 6), entry(leaf, noon, 8)))
	f.Add(stranger.crl(f, idp(point("http://crl.example/1")...)))
	if names, err := filepath.Glob("../../shared/data/pkits/crls/*.crl"); err == nil {
		for _, name := range names {
			if b, err := os.ReadFile(name); err == nil {
				f.Add(b)
			}
		}
	}
	v := verifierFor(f, certs.Test, root.Cert)
	f.Fuzz(func(t *testing.T, der []byte) {
		source, err := certs.NewRevocationLists(v.Store, [][]byte{der})
		if err != nil {
			t.Fatal(err)
		}
		status, err := source.Status(t.Context(), certs.RevocationQuery{
			Certificate: leaf, Issuer: root.Cert, Anchor: root.Cert, Purpose: certs.Authentication, At: noon, Now: noon,
		})
		if err == nil || codeOf(err) == "" {
			t.Errorf("an unsigned list answered %+v, %v", status, err)
		}
	})
}

// FuzzTrustFile: any bytes of a trust folder are read or refused.
func FuzzTrustFile(f *testing.F) {
	b, err := os.ReadFile("testdata/estonia.pem")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := certs.ParseCertificates(b)
		if err == nil && len(list) == 0 {
			t.Error("nothing was read and nothing was said")
		}
	})
}
