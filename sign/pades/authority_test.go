package pades_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"sync"
	"testing"
	"time"

	"eidgate/certs"
)

// now is the clock of all these tests.
var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// signer is a software key with its certificates.
type signer struct {
	name  string
	key   crypto.Signer
	cert  *x509.Certificate
	chain []*x509.Certificate
	uses  int // key operations of the last signature
}

// authority is a throw-away CA of two levels with its services.
type authority struct {
	t            testing.TB
	root, issuer *signer
	ec384, rsa3k *signer
	ec256        *signer
	services     *services // started by world
	serial       int64
}

// rsaKeys are slow to make; tests share them.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 3072)
	if err != nil {
		panic(err)
	}
	return key
})

func newCA(t testing.TB) *authority {
	t.Helper()
	ca := &authority{t: t}
	ca.fill()
	return ca
}

func (ca *authority) fill() {
	ca.t.Helper()
	ca.root = ca.issue("Test Root", ca.ec(elliptic.P384()), nil, caProfile)
	ca.issuer = ca.issue("Test Issuing CA", ca.ec(elliptic.P384()), ca.root, caProfile)
	ca.ec384 = ca.issue("MÄNNIK,MARI-LIIS,47101010033", ca.ec(elliptic.P384()), ca.issuer, signProfile)
	ca.ec256 = ca.issue("ЩЕРБАК,ИГОРЬ", ca.ec(elliptic.P256()), ca.issuer, signProfile)
	ca.rsa3k = ca.issue("RSA,SIGNER", rsaKey(), ca.issuer, signProfile)
}

func (ca *authority) signers() []*signer { return []*signer{ca.ec384, ca.rsa3k, ca.ec256} }

func (ca *authority) rootPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.root.cert.Raw})
}

func (ca *authority) ec(curve elliptic.Curve) crypto.Signer {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		ca.t.Fatal(err)
	}
	return key
}

func caProfile(c *x509.Certificate) {
	c.IsCA, c.BasicConstraintsValid = true, true
	c.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
}

func signProfile(c *x509.Certificate) {
	c.KeyUsage = x509.KeyUsageContentCommitment
	policy, err := x509.OIDFromInts([]uint64{2, 999, 1, 1})
	if err != nil {
		panic(err)
	}
	c.Policies = []x509.OID{policy}
}

func tsaProfile(c *x509.Certificate) {
	c.KeyUsage = x509.KeyUsageDigitalSignature
	value, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	if err != nil {
		panic(err)
	}
	c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: value}}
}

func ocspProfile(c *x509.Certificate) {
	c.KeyUsage = x509.KeyUsageDigitalSignature
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
	c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}, Value: asn1.NullBytes}}
}

// issue makes a certificate; every one names the OCSP service once it runs.
func (ca *authority) issue(name string, key crypto.Signer, issuer *signer, profile func(*x509.Certificate)) *signer {
	ca.t.Helper()
	ca.serial++
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1000 + ca.serial),
		Subject:      pkix.Name{CommonName: name, Organization: []string{"Eidgate tests"}, Country: []string{"EE"}},
		NotBefore:    now.AddDate(-1, 0, 0), NotAfter: now.AddDate(3, 0, 0),
	}
	profile(template)
	s := &signer{name: name, key: key}
	parent, parentKey := template, key
	if issuer != nil {
		parent, parentKey = issuer.cert, issuer.key
		if ca.services != nil {
			template.OCSPServer = []string{ca.services.ocspURL()}
		}
		if issuer != ca.root {
			s.chain = []*x509.Certificate{issuer.cert}
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		ca.t.Fatal(err)
	}
	if s.cert, err = x509.ParseCertificate(der); err != nil {
		ca.t.Fatal(err)
	}
	return s
}

// verifier trusts the root, in the test domain.
func (ca *authority) verifier(source certs.Revocation) *certs.Verifier {
	ca.t.Helper()
	store, err := certs.NewStore(certs.Test, ca.root.cert)
	if err != nil {
		ca.t.Fatal(err)
	}
	return &certs.Verifier{Store: store, Revocation: source, Now: func() time.Time { return now }}
}
