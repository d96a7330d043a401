package pkix

import (
	"bytes"
	"crypto/x509"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"encoding/pem"
)

func seeds(f *testing.F, pattern string) {
	f.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		if b, err := os.ReadFile(name); err == nil {
			f.Add(b)
		}
	}
}

// FuzzCertificateSyntax: where the standard library reads a certificate too,
// both read the same.
func FuzzCertificateSyntax(f *testing.F) {
	b, err := os.ReadFile("../../testdata/estonia.pem")
	if err != nil {
		f.Fatal(err)
	}
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		f.Add(block.Bytes)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		c, err := ParseCertificate(der)
		x, xerr := x509.ParseCertificate(der)
		if err != nil || xerr != nil {
			return
		}
		if !bytes.Equal(c.RawTBS, x.RawTBSCertificate) || !bytes.Equal(c.Subject.Raw, x.RawSubject) ||
			!bytes.Equal(c.Issuer.Raw, x.RawIssuer) || !bytes.Equal(c.RawKey, x.RawSubjectPublicKeyInfo) ||
			c.Serial.Cmp(x.SerialNumber) != 0 || c.IsCA != x.IsCA || c.KeyUsage != uint16(x.KeyUsage) ||
			!c.NotBefore.Equal(x.NotBefore) || !c.NotAfter.Equal(x.NotAfter) || len(c.Policies) != len(x.Policies) ||
			len(c.Extensions) != len(x.Extensions) || !bytes.Equal(c.Signature, x.Signature) {
			t.Error("the standard library reads the certificate differently")
		}
		for i, p := range c.Policies {
			if p.String() != x.Policies[i].String() {
				t.Errorf("policy %v, the standard library says %v", p, x.Policies[i])
			}
		}
	})
}

// FuzzCRLSyntax walks a list's entries without asking who signed it.
func FuzzCRLSyntax(f *testing.F) {
	seeds(f, "../../../../shared/data/pkits/crls/*.crl")
	f.Fuzz(func(t *testing.T, der []byte) {
		l, err := ParseCRL(der)
		if err != nil {
			return
		}
		e, err := l.Find(l.Issuer, big.NewInt(15))
		if err != nil || e == nil {
			return
		}
		x, err := x509.ParseRevocationList(der)
		if err != nil {
			return
		}
		for _, entry := range x.RevokedCertificateEntries {
			if entry.SerialNumber.Cmp(big.NewInt(15)) == 0 {
				return
			}
		}
		t.Error("an entry was found that the standard library does not see")
	})
}

// FuzzOID: an identifier survives being written and read.
func FuzzOID(f *testing.F) {
	f.Add("1.3.6.1.4.1.51361.1.1.4")
	f.Add("2.999.1.3.6.1.4.1.51361.2.1.1")
	f.Add("2.25.340282366920938463463374607431768211455")
	f.Fuzz(func(t *testing.T, dotted string) {
		id, err := ParseOID(dotted)
		if err != nil {
			return
		}
		if id.String() != dotted {
			t.Errorf("%q became %q", dotted, id.String())
		}
		if x, err := x509.ParseOID(dotted); err == nil && x.String() != dotted {
			t.Errorf("the standard library reads %q as %v", dotted, x)
		}
	})
}
