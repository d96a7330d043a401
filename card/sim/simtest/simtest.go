// Package simtest makes personalisation files for tests that need a simulated
// card and no certificate authority: keys on P-384 and certificates shaped like
// the real ones, signed by a key nobody keeps.
package simtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"eidgate/internal/persofile"
)

// The codes of every card of this package.
const (
	PIN1 = "1234"
	PIN2 = "12345"
	PUK  = "12345678"

	FinnishPIN2 = "123456" // where PIN2 has six digits at least
)

// Kind makes a personalisation file for a card of another kind; see
// [Person].
func Kind(t testing.TB, kind, number string) *persofile.File {
	t.Helper()
	f := Person(t, number)
	f.Card = kind
	if kind == "fineid4" {
		f.PIN2 = FinnishPIN2
	}
	return f
}

// Person makes a personalisation file for a card of the kind "esteid2018".
// number is the document number.
func Person(t testing.TB, number string) *persofile.File {
	t.Helper()
	return &persofile.File{
		Card: "esteid2018", Surname: "JÕEORG", GivenNames: "JAAK-KRISTJAN", Sex: "M", Citizenship: "EST",
		Birth: "08.01.1980 EST", PersonalCode: "38001085718", DocumentNumber: number, Expiry: "31.12.2030",
		PIN1: PIN1, PIN2: PIN2, PUK: PUK,
		Authentication: pair(t, x509.KeyUsageDigitalSignature|x509.KeyUsageKeyAgreement, x509.ExtKeyUsageClientAuth),
		Signing:        pair(t, x509.KeyUsageContentCommitment),
	}
}

func pair(t testing.TB, usage x509.KeyUsage, extended ...x509.ExtKeyUsage) persofile.Pair {
	t.Helper()
	issuer, key := newKey(t), newKey(t)
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 126))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, KeyUsage: usage, ExtKeyUsage: extended,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(5, 0, 0),
		Subject: pkix.Name{
			Country: []string{"EE"}, CommonName: "JÕEORG,JAAK-KRISTJAN,38001085718", SerialNumber: "PNOEE-38001085718",
			ExtraNames: []pkix.AttributeTypeAndValue{
				{Type: asn1.ObjectIdentifier{2, 5, 4, 4}, Value: "JÕEORG"},
				{Type: asn1.ObjectIdentifier{2, 5, 4, 42}, Value: "JAAK-KRISTJAN"},
			},
		},
		OCSPServer:            []string{"http://127.0.0.1/ocsp"},
		IssuingCertificateURL: []string{"http://127.0.0.1/ca.cer"},
	}
	parent := &x509.Certificate{Subject: pkix.Name{Country: []string{"EE"}, Organization: []string{"Test"}, CommonName: "TEST of nobody"}}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), issuer)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return persofile.Pair{
		Key:         string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})),
		Certificate: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
	}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
