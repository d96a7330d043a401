package pki

import (
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

// Options of a PKI. The zero value works.
type Options struct {
	// Listen is the loopback address its services will have, written into
	// every certificate; used by Init only. Empty means DefaultListen.
	Listen string
	// Now and Random default to the system's.
	Now    func() time.Time
	Random io.Reader
	// Log hears what the services do, never whom they do it for; nil is silent.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// PKI is an open folder. It is safe for concurrent use; close it after.
type PKI struct {
	dir     string
	options Options
	config  *config
	store   *store

	root, issuing, tsa *pair
	responders         responders
	crls               crlCache
}

// Open opens a folder made by Init.
func Open(dir string, o Options) (*PKI, error) {
	c, err := loadConfig(dir)
	if err != nil {
		return nil, err
	}
	p := &PKI{dir: dir, options: o.withDefaults(), config: c}
	for _, a := range []struct {
		name string
		to   **pair
	}{{rootName, &p.root}, {issuingName, &p.issuing}, {tsaName, &p.tsa}} {
		if *a.to, err = loadPair(filepath.Join(dir, authoritiesDir, a.name+".pem")); err != nil {
			return nil, err
		}
	}
	if p.store, err = openStore(dir); err != nil {
		return nil, err
	}
	return p, nil
}

// Close gives the files back. The folder stays as it is.
func (p *PKI) Close() { p.store.close() }

// Root is the trust anchor, IssuingCA what issues cards, TSA the time-stamp
// authority.
func (p *PKI) Root() *x509.Certificate { return p.root.cert }

// IssuingCA is the authority that issues cards.
func (p *PKI) IssuingCA() *x509.Certificate { return p.issuing.cert }

// TSA is the time-stamp authority's certificate.
func (p *PKI) TSA() *x509.Certificate { return p.tsa.cert }

// Listen is the address the services belong on.
func (p *PKI) Listen() string { return p.config.Listen }

// URL gives the address of a service: "/ocsp", "/tsa", "/crl/issuing.crl",
// "/crl/root.crl", "/ca/issuing.cer", "/ca/root.cer".
func (p *PKI) URL(path string) string { return p.config.url(path) }

// TrustDir is the folder others need to trust this PKI.
func (p *PKI) TrustDir() string { return filepath.Join(p.dir, trustDir) }

// CardsDir is the folder of issued cards.
func (p *PKI) CardsDir() string { return filepath.Join(p.dir, cardsDir) }

func (p *PKI) now() time.Time { return p.options.Now() }

func (p *PKI) authority(name string) *pair {
	if name == rootName {
		return p.root
	}
	return p.issuing
}

// checkEmpty refuses a folder with anything in it.
func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking into the folder: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("%w: %s", ErrExists, dir)
	}
	return nil
}
