package gateway

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"eidgate/certs"
	"eidgate/certs/pki"
	"eidgate/gateway/trust"
)

// demonstration is the organisation of every demonstration PKI's authorities.
const demonstration = "Eidgate Demo"

// openTrust decides whom the gateway believes.
func (s *Server) openTrust(ctx context.Context) error {
	if s.config.Mode == Sandbox {
		return s.openSandboxTrust(ctx)
	}
	store, err := certs.LoadStore(s.config.Trust.Folder)
	if err != nil {
		return fmt.Errorf("reading trust.folder: %w", err)
	}
	if store.Domain() != certs.Production {
		return refuse("trust.folder", "its anchors belong to the test domain: a production service does not believe them")
	}
	if err := refuseDemonstrations("trust.folder", store.Anchors()); err != nil {
		return err
	}
	var intermediates []*x509.Certificate
	if s.config.Trust.Intermediates != "" {
		if intermediates, err = readCertificates(s.config.Trust.Intermediates); err != nil {
			return fmt.Errorf("reading trust.intermediates: %w", err)
		}
	}
	s.trust = trust.New(trust.Options{
		Store: store, Intermediates: intermediates, TimestampURL: s.config.Timestamp.URL, Now: s.now, Random: s.random,
	})
	return nil
}

// refuseDemonstrations refuses what belongs to a demonstration PKI (certs/pki),
// whatever the folder calls itself. The verifier would refuse its cards in the
// production domain as well; a service that has it is set up wrongly.
func refuseDemonstrations(key string, all []*x509.Certificate) error {
	for _, c := range all {
		for _, organisation := range c.Subject.Organization {
			if organisation == demonstration {
				return refuse(key, "%q belongs to a demonstration PKI", c.Subject.CommonName)
			}
		}
	}
	return nil
}

// openSandboxTrust opens the demonstration PKI, made when it is not there, and
// the listener of its services.
func (s *Server) openSandboxTrust(ctx context.Context) (err error) {
	folder := s.config.pkiFolder()
	o := pki.Options{Listen: s.config.Sandbox.PKIListen, Now: s.now, Random: s.random, Log: s.log}
	s.pki, err = pki.Open(folder, o)
	if errors.Is(err, pki.ErrNotPKI) {
		if err := os.MkdirAll(filepath.Dir(folder), 0o700); err != nil {
			return fmt.Errorf("making the data folder: %w", err)
		}
		s.pki, err = pki.Init(folder, o)
	}
	if err != nil {
		return fmt.Errorf("opening the demonstration PKI: %w", err)
	}
	if !s.config.Sandbox.PKIElsewhere {
		if s.pkiPort, err = listenOn(ctx, "sandbox.pki_listen", s.pki.Listen()); err != nil {
			return fmt.Errorf("%w (set sandbox.pki_elsewhere when another process serves this PKI)", err)
		}
	}
	store, err := certs.LoadStore(s.pki.TrustDir())
	if err != nil {
		return fmt.Errorf("reading the demonstration PKI's anchor: %w", err)
	}
	s.trust = trust.New(trust.Options{
		Store: store, Intermediates: []*x509.Certificate{s.pki.IssuingCA(), s.pki.TSA()},
		TimestampURL: s.pki.URL("/tsa"), Now: s.now, Random: s.random,
	})
	return nil
}

func readCertificates(folder string) ([]*x509.Certificate, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var all []*x509.Certificate
	for _, entry := range entries {
		switch filepath.Ext(entry.Name()) {
		case ".pem", ".crt", ".cer", ".der":
		default:
			continue
		}
		b, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		some, err := certs.ParseCertificates(b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", entry.Name(), err)
		}
		all = append(all, some...)
	}
	return all, nil
}
