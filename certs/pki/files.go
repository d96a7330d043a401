package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Names in the folder.
const (
	configName     = "config.json"
	journalName    = "journal"
	lockName       = "lock"
	trustDir       = "trust"
	cardsDir       = "cards"
	authoritiesDir = "ca"
	respondersDir  = "responders"
)

// writeFile writes a whole file or none: beside it first, then in its place.
func writeFile(name string, mode os.FileMode, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Base(name), err)
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name) // #nosec G703 -- the folder is the user's to name
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", filepath.Base(name), err), ignoreMissing(os.Remove(f.Name()))) // #nosec G703 -- as above
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

func certificatePEM(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

func newKey(random io.Reader, curve elliptic.Curve) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(curve, random)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	return key, nil
}

func keyPEM(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encoding a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// save writes key and certificate into one file, so that there is never one
// without the other.
func (p *pair) save(name string) error {
	b, err := keyPEM(p.key)
	if err != nil {
		return err
	}
	return writeFile(name, 0o600, append(b, certificatePEM(p.cert)...))
}

// loadPair reads what save wrote and checks that key and certificate belong
// together.
func loadPair(name string) (*pair, error) {
	b, err := os.ReadFile(name) // #nosec G703 -- the folder is the user's to name
	if err != nil {
		return nil, fmt.Errorf("reading a key: %w", err)
	}
	first, rest := pem.Decode(b)
	second, _ := pem.Decode(rest)
	if first == nil || second == nil || first.Type != "PRIVATE KEY" || second.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("reading %s: not a key and a certificate", filepath.Base(name))
	}
	key, err := x509.ParsePKCS8PrivateKey(first.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading the key in %s: %w", filepath.Base(name), err)
	}
	cert, err := x509.ParseCertificate(second.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate in %s: %w", filepath.Base(name), err)
	}
	signer, ok := key.(*ecdsa.PrivateKey)
	if !ok || !signer.PublicKey.Equal(cert.PublicKey) {
		return nil, fmt.Errorf("reading %s: the key is not the certificate's", filepath.Base(name))
	}
	return &pair{key: signer, cert: cert}, nil
}

// pair is a key with its certificate.
type pair struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}
