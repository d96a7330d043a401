package certs_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1" // forged certificates use it
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"

	"eidgate/certs"
)

// tbs is a certificate's signed part, open to changes that no library makes.
type tbs struct {
	Raw                asn1.RawContent
	Version            int `asn1:"optional,explicit,default:0,tag:0"`
	Serial             *big.Int
	SignatureAlgorithm pkix.AlgorithmIdentifier
	Issuer             asn1.RawValue
	Validity           asn1.RawValue
	Subject            asn1.RawValue
	PublicKey          asn1.RawValue
	Extensions         []pkix.Extension `asn1:"omitempty,optional,explicit,tag:3"`
}

type signedCertificate struct {
	TBS       asn1.RawValue
	Algorithm pkix.AlgorithmIdentifier
	Signature asn1.BitString
}

// forge changes a certificate's signed part and signs it anew.
func (p pair) forge(t testing.TB, cert *x509.Certificate, change func(*tbs)) *x509.Certificate {
	t.Helper()
	out, err := certs.ParseCertificate(p.forgeDER(t, cert, change, nil))
	if err != nil {
		t.Fatalf("the forged certificate is not readable: %v", err)
	}
	return out
}

// forgeDER gives the bytes; outer, when set, changes the unsigned part too.
func (p pair) forgeDER(t testing.TB, cert *x509.Certificate, change func(*tbs), outer func(*signedCertificate)) []byte {
	t.Helper()
	var body tbs
	must(t, unmarshal(cert.RawTBSCertificate, &body))
	body.Raw = nil
	change(&body)
	der := marshal(t, body)
	c := signedCertificate{TBS: asn1.RawValue{FullBytes: der}, Algorithm: body.SignatureAlgorithm}
	c.Signature = asn1.BitString{Bytes: p.signRaw(t, body.SignatureAlgorithm.Algorithm.String(), der)}
	c.Signature.BitLength = 8 * len(c.Signature.Bytes)
	if outer != nil {
		outer(&c)
	}
	return marshal(t, c)
}

func (p pair) signRaw(t testing.TB, algorithm string, der []byte) []byte {
	t.Helper()
	hash := map[string]crypto.Hash{
		"1.2.840.10045.4.1": crypto.SHA1, "1.2.840.113549.1.1.5": crypto.SHA1,
		"1.2.840.10045.4.3.3": crypto.SHA384, "1.2.840.10045.4.3.4": crypto.SHA512,
	}[algorithm]
	if hash == 0 {
		hash = crypto.SHA256
	}
	h := hash.New()
	h.Write(der)
	signature, err := p.Key.Sign(rand.Reader, h.Sum(nil), hash)
	must(t, err)
	return signature
}

func unmarshal(der []byte, to any) error {
	_, err := asn1.Unmarshal(der, to)
	return err
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	der, err := asn1.Marshal(v)
	must(t, err)
	return der
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// withKey gives an authority or leaf another kind of key.
func (p pair) issueKey(t testing.TB, template *x509.Certificate, key crypto.Signer) pair {
	t.Helper()
	return sign(t, template, p.Cert, key.Public(), p.Key, key)
}

func rsaKey(t testing.TB, bits int) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	must(t, err)
	return key
}

func p224Key(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	must(t, err)
	return key
}

// withExtension adds an extension as it is.
func withExtension(critical bool, value []byte, id ...int) edit {
	return func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: id, Critical: critical, Value: value})
	}
}
