// Package trust holds whom a gateway believes: the anchors, the live sources of
// revocation, and the time-stamp authority, made once from the configuration.
//
// One gateway has one trust domain. A sandbox trusts its demonstration PKI; a
// production gateway refuses anchors of the test domain.
package trust

import (
	"crypto/x509"
	"io"
	"time"

	"eidgate/certs"
	"eidgate/certs/crl"
	"eidgate/certs/ocsp"
	"eidgate/certs/online"
	"eidgate/certs/timestamp"
)

// Trust is what verifications use. Its fields are set by New and not changed;
// it is safe for concurrent use.
type Trust struct {
	Domain certs.Domain
	Store  *certs.Store
	// Verifier asks the responders and lists that certificates name, now.
	Verifier      *certs.Verifier
	OCSP          *ocsp.Client
	Lists         *crl.Client
	Timestamps    *timestamp.Client
	Intermediates []*x509.Certificate
}

// Options of New. Now and Random are required.
type Options struct {
	Store         *certs.Store
	Intermediates []*x509.Certificate
	TimestampURL  string
	Now           func() time.Time
	Random        io.Reader
}

// New makes the clients of a store.
func New(o Options) *Trust {
	lists := &crl.Client{Store: o.Store, Signers: o.Intermediates, Now: o.Now}
	responders := &ocsp.Client{Now: o.Now, Random: o.Random, Cache: new(ocsp.Cache)}
	verifier := &certs.Verifier{Store: o.Store, Revocation: &online.Source{OCSP: responders, Lists: lists}, Now: o.Now}
	return &Trust{
		Domain: o.Store.Domain(), Store: o.Store, Verifier: verifier, OCSP: responders, Lists: lists,
		Timestamps:    &timestamp.Client{URL: o.TimestampURL, Verifier: verifier, Now: o.Now, Random: o.Random},
		Intermediates: o.Intermediates,
	}
}
