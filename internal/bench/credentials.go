package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// credentials are throw-away keys: P-384 as on a card, and RSA for the peer
// that knows no other.
type credentials struct {
	trust string // folder with the anchor
	ec    credential
	rsa   credential
}

// trustFolder is beside the certificates.
const trustFolder = "trust"

// credential is a key with its certificate, as PEM files.
type credential struct{ key, cert string }

func newCredentials(dir string) (*credentials, error) {
	rootKey, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, err
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, err
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	policy, err := x509.OIDFromInts([]uint64{2, 999, 1, 1}) // the arc for examples
	if err != nil {
		return nil, err
	}
	root := template(1, "Bench Root")
	root.IsCA, root.BasicConstraintsValid, root.KeyUsage = true, true, x509.KeyUsageCertSign
	c := &credentials{trust: filepath.Join(dir, trustFolder)}
	if err := os.Mkdir(c.trust, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(c.trust, "domain"), []byte("test\n"), 0o600); err != nil {
		return nil, err
	}
	if err := certify(filepath.Join(c.trust, "root.pem"), root, root, rootKey.Public(), rootKey); err != nil {
		return nil, err
	}
	for i, leaf := range []struct {
		out  *credential
		name string
		key  crypto.Signer
	}{{&c.ec, "ec", ecKey}, {&c.rsa, "rsa", rsaKey}} {
		*leaf.out = credential{key: filepath.Join(dir, leaf.name+".key"), cert: filepath.Join(dir, leaf.name+".pem")}
		t := template(int64(2+i), "BENCH,SIGNER")
		t.KeyUsage, t.Policies = x509.KeyUsageContentCommitment, []x509.OID{policy}
		if err := certify(leaf.out.cert, t, root, leaf.key.Public(), rootKey); err != nil {
			return nil, err
		}
		der, err := x509.MarshalPKCS8PrivateKey(leaf.key)
		if err != nil {
			return nil, err
		}
		if err := writePEM(leaf.out.key, "PRIVATE KEY", der); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func template(serial int64, name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{CommonName: name, Country: []string{"EE"}},
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
	}
}

func certify(path string, t, issuer *x509.Certificate, public crypto.PublicKey, key crypto.Signer) error {
	der, err := x509.CreateCertificate(rand.Reader, t, issuer, public, key)
	if err != nil {
		return err
	}
	return writePEM(path, "CERTIFICATE", der)
}

func writePEM(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

// load reads a credential back.
func (c credential) load() (crypto.Signer, *x509.Certificate, error) {
	cert, err := readPEM(c.cert)
	if err != nil {
		return nil, nil, err
	}
	parsed, err := x509.ParseCertificate(cert)
	if err != nil {
		return nil, nil, err
	}
	der, err := readPEM(c.key)
	if err != nil {
		return nil, nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, nil, fmt.Errorf("%s holds a %T", c.key, key)
	}
	return signer, parsed, nil
}

func readPEM(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s is not PEM", path)
	}
	return block.Bytes, nil
}
