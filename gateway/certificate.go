package gateway

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// certificate is the TLS certificate in use; it follows its files.
type certificate struct {
	certFile, keyFile string
	current           atomic.Pointer[tls.Certificate]
	stamp             atomic.Pointer[string] // of the files as they were read
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Load(), nil
}

// load reads the files. What cannot be used leaves the certificate in use.
func (c *certificate) load() error {
	stamp := c.filesStamp()
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("%w: tls: %w", ErrConfig, err)
	}
	c.current.Store(&pair)
	c.stamp.Store(&stamp)
	return nil
}

// reloadWhenChanged reads the files again when they are others.
func (c *certificate) reloadWhenChanged() (changed bool, err error) {
	if *c.stamp.Load() == c.filesStamp() {
		return false, nil
	}
	return true, c.load()
}

func (c *certificate) filesStamp() string {
	var stamp string
	for _, name := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil {
			stamp += fmt.Sprintf("%d %d\n", info.ModTime().UnixNano(), info.Size())
		}
	}
	return stamp
}

// watchEvery is how often the certificate's files are looked at.
const watchEvery = 10 * time.Second

func (s *Server) openTLS(context.Context) error {
	s.certificate = &certificate{certFile: s.config.TLS.Certificate, keyFile: s.config.TLS.Key}
	if s.config.TLS.Certificate == "" {
		folder := filepath.Join(s.config.Data, "tls")
		s.certificate.certFile, s.certificate.keyFile = filepath.Join(folder, "certificate.pem"), filepath.Join(folder, "key.pem")
		if err := s.makeCertificate(folder); err != nil {
			return fmt.Errorf("making a TLS certificate: %w", err)
		}
	}
	if err := s.certificate.load(); err != nil {
		return err
	}
	s.background.Every("watching the TLS certificate", watchEvery, func(ctx context.Context) error {
		changed, err := s.certificate.reloadWhenChanged()
		if changed && err == nil {
			s.log.InfoContext(ctx, "the TLS certificate was read again")
		}
		return err
	})
	return nil
}

// Reload reads again what may change while the service runs: the TLS
// certificate. What cannot be used leaves everything as it was.
func (s *Server) Reload() error { return s.certificate.load() }

const (
	selfMadeLife  = 365 * 24 * time.Hour
	selfMadeRenew = 30 * 24 * time.Hour
)

// makeCertificate makes a sandbox's own certificate, unless there is one that
// lives on and is for this host.
func (s *Server) makeCertificate(folder string) error {
	u, err := url.Parse(s.origin)
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(s.certificate.certFile, s.certificate.keyFile)
	switch {
	case err == nil && pair.Leaf.VerifyHostname(u.Hostname()) == nil && s.now().Add(selfMadeRenew).Before(pair.Leaf.NotAfter):
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := selfSign(key, u.Hostname(), s.now())
	if err != nil {
		return err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := writePEM(s.certificate.keyFile, "PRIVATE KEY", pkcs8); err != nil {
		return err
	}
	return writePEM(s.certificate.certFile, "CERTIFICATE", der)
}

func selfSign(key *ecdsa.PrivateKey, host string, now time.Time) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "eidgate sandbox"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(selfMadeLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = append(template.IPAddresses, ip)
	} else if host != "localhost" {
		template.DNSNames = append(template.DNSNames, host)
	}
	return x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
}

func writePEM(name, kind string, der []byte) error {
	return os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
