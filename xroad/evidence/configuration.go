package evidence

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"os"
	"strings"

	"eidgate/certs"
	"eidgate/internal/fault"
	"eidgate/internal/xmlsec"
)

// ErrConfiguration is what every error about shared parameters wraps.
var ErrConfiguration = fault.New("xroad.configuration", "the shared parameters cannot be used",
	"Name a shared-params.xml of a downloaded global configuration.")

const (
	nsXRoad          = "http://x-road.eu/xsd/xroad.xsd"
	maxConfiguration = 64 << 20 // bytes
)

// Configuration is the trust data of an instance: approved certification and
// time-stamp authorities, by whose certificates containers are judged.
type Configuration struct {
	Instance string
	store    *certs.Store
	helpers  []*x509.Certificate // intermediates and responders
	listed   []*x509.Certificate // responders
}

var _ certs.Revocation = (*Configuration)(nil)

// Status answers for responders that the shared parameters list: they are good
// for as long as they are listed. About every other certificate it knows
// nothing.
func (c *Configuration) Status(_ context.Context, q certs.RevocationQuery) (*certs.RevocationStatus, error) {
	for _, known := range c.listed {
		if known.Equal(q.Certificate) {
			return &certs.RevocationStatus{Source: "nocheck", ProducedAt: q.At, ThisUpdate: q.At}, nil
		}
	}
	return nil, certs.Missing("revocation.no-source", q.Certificate, "the shared parameters do not list this responder")
}

// LoadConfiguration reads an instance's shared-params.xml. domain says whether
// its authorities are those of a test environment.
func LoadConfiguration(path string, domain certs.Domain) (*Configuration, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("opening the shared parameters: %w", err)
	}
	if info.Size() > maxConfiguration {
		return nil, fmt.Errorf("%w: larger than %d bytes", ErrConfiguration, maxConfiguration)
	}
	text, err := os.ReadFile(path) // #nosec G304 -- named by the operator
	if err != nil {
		return nil, fmt.Errorf("reading the shared parameters: %w", err)
	}
	return ParseConfiguration(text, domain)
}

// ParseConfiguration reads shared parameters.
func ParseConfiguration(text []byte, domain certs.Domain) (*Configuration, error) {
	doc, err := xmlsec.Parse(text, xmlsec.Limits{Size: maxConfiguration, Elements: 2_000_000})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfiguration, err)
	}
	name := doc.Root.One("", "instanceIdentifier")
	if !doc.Root.Is(nsXRoad, "conf") || name == nil {
		return nil, fmt.Errorf("%w: no configuration of an instance", ErrConfiguration)
	}
	c := &Configuration{}
	c.Instance, _ = name.Value()
	var anchors []certs.Anchor
	for _, e := range doc.Root.All("", "approvedCA") {
		purposes := []certs.Purpose{certs.ExchangeTLS, certs.OCSPSigning, certs.PathOnly}
		if !authenticationOnly(e) {
			purposes = append(purposes, certs.ExchangeSigning)
		}
		for _, top := range e.All("", "topCA") {
			for _, cert := range c.read(&err, top) {
				anchors = append(anchors, certs.Anchor{Certificate: cert, Purposes: purposes})
			}
			c.responders(&err, top)
		}
		for _, between := range e.All("", "intermediateCA") {
			c.helpers = append(c.helpers, c.read(&err, between)...)
			c.responders(&err, between)
		}
	}
	for _, e := range doc.Root.All("", "approvedTSA") {
		for _, cert := range c.read(&err, e) {
			anchors = append(anchors, certs.Anchor{Certificate: cert, Purposes: []certs.Purpose{certs.Timestamping}})
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfiguration, err)
	}
	if c.store, err = certs.NewStoreOf(domain, anchors); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfiguration, err)
	}
	return c, nil
}

// authenticationOnly says that an authority is approved for TLS alone. What
// cannot be read is taken for yes.
func authenticationOnly(ca *xmlsec.Element) bool {
	list := ca.All("", "authenticationOnly")
	for _, e := range list {
		if text, _ := e.Value(); strings.TrimSpace(text) != "false" && strings.TrimSpace(text) != "0" {
			return true
		}
	}
	return len(list) > 1
}

func (c *Configuration) responders(failed *error, e *xmlsec.Element) {
	for _, o := range e.All("", "ocsp") {
		found := c.read(failed, o)
		c.listed, c.helpers = append(c.listed, found...), append(c.helpers, found...)
	}
}

// read gives the certificates of an element; the first error is kept.
func (c *Configuration) read(failed *error, e *xmlsec.Element) (out []*x509.Certificate) {
	for _, e := range e.All("", "cert") {
		text, _ := e.Value()
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		var found []*x509.Certificate
		if err == nil {
			found, err = certs.ParseCertificates(raw) // DER, or PEM inside base64
		}
		if err != nil && *failed == nil {
			*failed = err
		}
		out = append(out, found...)
	}
	return out
}
