package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"

	"eidgate/certs"
	"eidgate/certs/aia"
	"eidgate/certs/crl"
	"eidgate/certs/ocsp"
	"eidgate/certs/online"
	"eidgate/certs/timestamp"
	"eidgate/certs/tsl"
	"eidgate/internal/fault"
)

var (
	errNoTrust = fault.New("usage.no-trust", "no trust folder is given",
		"Name the folder of trust anchors with --trust, or as trust in the settings file.")
	errNoTSA = fault.New("usage.no-timestamp-url", "a time-stamp is needed and no time-stamp authority is given",
		"Name one with --timestamp-url or as timestamp_url in the settings file, or sign with --level B.")
)

// trustFolder is the flag's or else the settings'.
func (a *app) trustFolder(dir string) (string, error) {
	if dir == "" {
		dir = a.settings.Trust
	}
	if dir == "" {
		return "", errNoTrust
	}
	return dir, nil
}

// loadTrust opens a trust folder: the certificates in it and the services that
// the trusted lists it follows vouch for now.
func (a *app) loadTrust(dir string) (*certs.Store, error) {
	dir, err := a.trustFolder(dir)
	if err != nil {
		return nil, err
	}
	cache, err := a.openLists(dir)
	if err != nil {
		return nil, err
	}
	if cache == nil {
		return certs.LoadStore(dir)
	}
	return a.storeWithLists(dir, cache)
}

func (a *app) storeWithLists(dir string, cache *tsl.Cache) (*certs.Store, error) {
	set, err := cache.Load()
	if err != nil {
		return nil, err
	}
	own, err := certs.LoadFolder(dir)
	if err != nil {
		return nil, err
	}
	anchors := own.Anchors
	for _, filter := range []tsl.Filter{
		{Kinds: []tsl.Kind{tsl.QualifiedCA}, Use: tsl.ForSignatures, At: a.now()},
		{Kinds: []tsl.Kind{tsl.Timestamping}, At: a.now()},
	} {
		for _, listed := range set.Anchors(filter) {
			uses, known := purposes[listed.Kind]
			if !known { // no purposes would mean every purpose
				continue
			}
			anchor := certs.Anchor{Certificate: listed.Certificate, Purposes: uses}
			// One certificate of a state's list that cannot be used, such as one
			// with a broken key, must not take all others with it.
			_, err := certs.NewStoreOf(own.Domain, []certs.Anchor{anchor})
			if fault.CodeOf(err) == "trust.unreadable" {
				continue
			}
			anchors = append(anchors, anchor)
		}
	}
	return certs.NewStoreOf(own.Domain, anchors)
}

// services are what signing and checking ask outside this machine.
type services struct {
	store      *certs.Store
	revocation certs.Revocation
}

func newServices(store *certs.Store) services {
	return services{store: store, revocation: &online.Source{OCSP: &ocsp.Client{}, Lists: &crl.Client{Store: store}}}
}

// online verifies certificates with revocation asked now.
func (s services) online() *certs.Verifier {
	return &certs.Verifier{Store: s.store, Revocation: s.revocation}
}

func (a *app) timestamper(url string, s services) (*timestamp.Client, error) {
	if url == "" {
		url = a.settings.TimestampURL
	}
	if url == "" {
		return nil, errNoTSA
	}
	return &timestamp.Client{URL: url, Verifier: s.online()}, nil
}

// chain finds the certificates between the signer and the trust folder, and
// refuses a certificate that cannot sign documents, before a PIN is asked.
// With revocation asked too, a revoked one is refused as early.
func (s services) chain(ctx context.Context, k *key, revocation certs.RevocationRule) ([]*x509.Certificate, error) {
	known := func(cert *x509.Certificate) bool {
		for _, anchor := range s.store.Anchors() {
			if anchor.Equal(cert) || anchor.CheckSignature(cert.SignatureAlgorithm, cert.RawTBSCertificate, cert.Signature) == nil {
				return true
			}
		}
		return false
	}
	issuers, err := new(aia.Client).Chain(ctx, k.certificate, k.intermediates, known)
	if err != nil {
		return nil, fmt.Errorf("finding who issued the signing certificate: %w", err)
	}
	_, err = s.online().Verify(ctx, certs.Request{
		Certificate: k.certificate, Intermediates: issuers,
		Purpose: certs.DocumentSigning, Revocation: revocation,
	})
	if err != nil {
		return nil, fmt.Errorf("checking the signing certificate: %w", err)
	}
	return issuers, nil
}

// indeterminate tells whether err says that proof is missing, not that
// something is wrong.
func indeterminate(err error) bool {
	var refusal *certs.Refusal
	return errors.As(err, &refusal) && refusal.Indeterminate
}
