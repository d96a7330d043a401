package gateway

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"eidgate/gateway/trust"
)

// TestTrustChanged: the service ends when its folder vouches for others than it
// believes, and goes on when not.
func TestTrustChanged(t *testing.T) {
	dir := t.TempDir()
	anchor(t, filepath.Join(dir, "a.pem"), 1)
	folder, err := trust.OpenFolder(dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	believed, err := folder.Store()
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{folder: folder, ended: make(chan error, 1)}
	if err := s.endWhenTrustChanged(believed); err != nil || len(s.ended) != 0 {
		t.Errorf("nothing changed: %v, %d", err, len(s.ended))
	}
	anchor(t, filepath.Join(dir, "b.pem"), 2)
	for range 2 {
		if err := s.endWhenTrustChanged(believed); err != nil || len(s.ended) != 1 {
			t.Errorf("another anchor: %v, %d", err, len(s.ended))
		}
	}
}

func anchor(t *testing.T, name string, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "Root"}, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}
