package gateway

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"eidgate/certs"
	"eidgate/certs/pki"
	"eidgate/gateway/trust"
	"eidgate/internal/fault"
)

// demonstration is the organisation of every demonstration PKI's authorities.
const demonstration = "Eidgate Demo"

// openTrust decides whom the gateway believes.
func (s *Server) openTrust(ctx context.Context) error {
	if s.config.Mode == Sandbox {
		return s.openSandboxTrust(ctx)
	}
	store, err := s.openFolder(ctx)
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
		if intermediates, err = trust.ReadCertificates(s.config.Trust.Intermediates); err != nil {
			return fmt.Errorf("reading trust.intermediates: %w", err)
		}
	}
	s.trust = trust.New(trust.Options{
		Store: store, Intermediates: intermediates, TimestampURL: s.config.Timestamp.URL, Now: s.now, Random: s.random,
	})
	return nil
}

// openFolder makes the store of trust.folder. Lists that it follows and does not
// have yet are fetched now, later ones while the service runs.
func (s *Server) openFolder(ctx context.Context) (*certs.Store, error) {
	var err error
	if s.folder, err = trust.OpenFolder(s.config.Trust.Folder, s.now); err != nil {
		return nil, err
	}
	store, err := s.folder.Store()
	if fault.CodeOf(err) == "tsl.not-fetched" {
		ctx, cancel := context.WithTimeout(ctx, firstFetch)
		defer cancel()
		if err := s.folder.Update(ctx); err != nil {
			return nil, err
		}
		store, err = s.folder.Store()
	}
	if err == nil && s.folder.FollowsLists() {
		s.background.Every("updating the trusted lists", listsEvery, func(ctx context.Context) error {
			return errors.Join(s.folder.Update(ctx), s.endWhenTrustChanged(store))
		})
	}
	return store, err
}

const (
	// firstFetch bounds the fetching of lists before the first start.
	firstFetch = 2 * time.Minute
	// listsEvery is how often lists are fetched. They say when their next one is
	// due, which is months; a withdrawal comes out of turn.
	listsEvery = 3 * time.Hour
)

// errTrustChanged ends the service.
var errTrustChanged = fault.New("trust.changed", "the trusted lists vouch for other authorities than when the service started",
	"Start it again, as a service manager does by itself.")

// endWhenTrustChanged lets the service finish what runs and end when the lists
// vouch for others than it believes: an authority that was withdrawn must not
// be believed any longer. The service manager starts it again with the new ones.
func (s *Server) endWhenTrustChanged(believed *certs.Store) error {
	store, err := s.folder.Store()
	if err != nil {
		return err
	}
	if !slices.EqualFunc(believed.Anchors(), store.Anchors(), (*x509.Certificate).Equal) {
		select {
		case s.ended <- errTrustChanged:
		default:
		}
	}
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
