package pades

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"slices"

	"eidgate/sign/internal/pdf"
)

// Bits of the Ff of a certificate seed value: ISO 32000-2 table 238.
const (
	certSubject = 1 << iota
	certIssuer
	certPolicy
	certSubjectDN
	_ // reserved
	certKeyUsage
	certURL
	certKnown = iota
)

// keepCertificate refuses a signer that the field's author did not mean.
func (s *seed) keepCertificate(o *Options) error {
	d, err := s.v.Dict(s.dict.Get("Cert"))
	if err != nil || d == nil {
		return err
	}
	flags, err := s.v.Resolve(d.Get("Ff"))
	if err != nil {
		return err
	}
	n, ok := flags.(pdf.Integer)
	if flags != nil && !ok || n < 0 || n>>certKnown != 0 {
		return fmt.Errorf("%w: Ff of Cert", ErrSeedUnknown)
	}
	for _, c := range []struct {
		bit  pdf.Integer
		key  pdf.Name
		keep func(*Options, pdf.Array) (bool, error)
	}{
		{certSubject, "Subject", s.isSubject}, {certIssuer, "Issuer", s.isIssued}, {certPolicy, "OID", s.hasPolicy},
		{certSubjectDN, "SubjectDN", s.hasName}, {certKeyUsage, "KeyUsage", s.hasUsage}, {certURL, "URL", s.hasURL},
	} {
		value, err := s.v.Resolve(d.Get(c.key))
		if err != nil {
			return err
		}
		if n&c.bit == 0 || value == nil {
			continue
		}
		list, _ := value.(pdf.Array)
		kept, err := c.keep(o, list)
		if err != nil {
			return err
		}
		if !kept {
			return fmt.Errorf("%w: %s", ErrSeedCertificate, c.key)
		}
	}
	return nil
}

// strings reads an array of byte strings.
func (s *seed) strings(list pdf.Array) ([][]byte, error) {
	var out [][]byte
	for _, item := range list {
		value, err := s.v.Resolve(item)
		if err != nil {
			return nil, err
		}
		text, ok := value.(pdf.String)
		if !ok {
			return nil, fmt.Errorf("%w: a list of strings holds something else", ErrField)
		}
		out = append(out, text.Bytes)
	}
	return out, nil
}

// isSubject: the signer's certificate is one of these.
func (s *seed) isSubject(o *Options, list pdf.Array) (bool, error) {
	certificates, err := s.strings(list)
	return slices.ContainsFunc(certificates, func(der []byte) bool { return bytes.Equal(der, o.Certificate.Raw) }), err
}

// isIssued: the signer's chain leads to one of these.
func (s *seed) isIssued(o *Options, list pdf.Array) (bool, error) {
	issuers, err := s.strings(list)
	if err != nil {
		return false, err
	}
	chain := issuedBy(o.Certificate, o.Chain)
	return slices.ContainsFunc(issuers, func(der []byte) bool {
		issuer, err := x509.ParseCertificate(der)
		return err == nil && slices.ContainsFunc(chain, func(c *x509.Certificate) bool {
			return c.Equal(issuer) && c != o.Certificate || c.CheckSignatureFrom(issuer) == nil
		})
	}), nil
}

// issuedBy follows the signatures from the signer's certificate through the
// issuers sent along.
func issuedBy(cert *x509.Certificate, issuers []*x509.Certificate) []*x509.Certificate {
	chain := []*x509.Certificate{cert}
	for range issuers {
		last := chain[len(chain)-1]
		i := slices.IndexFunc(issuers, func(c *x509.Certificate) bool { return !slices.Contains(chain, c) && last.CheckSignatureFrom(c) == nil })
		if i < 0 {
			break
		}
		chain = append(chain, issuers[i])
	}
	return chain
}

// hasPolicy: the certificate has one of these policies, in dotted form.
func (s *seed) hasPolicy(o *Options, list pdf.Array) (bool, error) {
	policies, err := s.texts(list)
	return slices.ContainsFunc(o.Certificate.Policies, func(oid x509.OID) bool { return slices.Contains(policies, oid.String()) }), err
}

// nameKeys are the abbreviations that names in a seed value use beside dotted
// object identifiers: ISO 32000-2 table 238 and RFC 4519.
var nameKeys = map[pdf.Name]string{
	"CN": "2.5.4.3", "SN": "2.5.4.4", "SERIALNUMBER": "2.5.4.5", "C": "2.5.4.6", "L": "2.5.4.7", "ST": "2.5.4.8", "STREET": "2.5.4.9",
	"O": "2.5.4.10", "OU": "2.5.4.11", "TITLE": "2.5.4.12", "T": "2.5.4.12", "GN": "2.5.4.42", "GIVENNAME": "2.5.4.42",
	"E": "1.2.840.113549.1.9.1", "EMAIL": "1.2.840.113549.1.9.1", "DC": "0.9.2342.19200300.100.1.25", "UID": "0.9.2342.19200300.100.1.1",
}

// hasName: the subject has every attribute of one of these dictionaries.
func (s *seed) hasName(o *Options, list pdf.Array) (bool, error) {
	has := map[string][]string{}
	for _, a := range o.Certificate.Subject.Names {
		if text, ok := a.Value.(string); ok {
			has[a.Type.String()] = append(has[a.Type.String()], text)
		}
	}
	for _, item := range list {
		d, err := s.v.Dict(item)
		if err != nil {
			return false, err
		}
		all := len(d) > 0
		for _, e := range d {
			value, err := s.v.Resolve(e.Value)
			if err != nil {
				return false, err
			}
			text, _ := value.(pdf.String)
			oid, known := nameKeys[e.Key]
			if !known {
				oid = string(e.Key)
			}
			all = all && slices.Contains(has[oid], pdf.DecodeText(text.Bytes))
		}
		if all {
			return true, nil
		}
	}
	return false, nil
}

// usageOrder is the order in which a KeyUsage string names the bits, each 0, 1
// or X for either: ISO 32000-2 table 238 and RFC 5280 §4.2.1.3.
var usageOrder = []x509.KeyUsage{x509.KeyUsageDigitalSignature, x509.KeyUsageContentCommitment, x509.KeyUsageKeyEncipherment,
	x509.KeyUsageDataEncipherment, x509.KeyUsageKeyAgreement, x509.KeyUsageCertSign, x509.KeyUsageCRLSign,
	x509.KeyUsageEncipherOnly, x509.KeyUsageDecipherOnly}

// hasUsage: the key usage fits one of these patterns.
func (s *seed) hasUsage(o *Options, list pdf.Array) (bool, error) {
	patterns, err := s.strings(list)
	return slices.ContainsFunc(patterns, func(pattern []byte) bool {
		for i, c := range pattern {
			if i >= len(usageOrder) {
				return false
			}
			set := o.Certificate.KeyUsage&usageOrder[i] != 0
			if c != 'X' && c != 'x' && (c != '1' || !set) && (c != '0' || set) {
				return false
			}
		}
		return true
	}), err
}

// hasURL: where to get a certificate or an address of a signing service; what
// is there is not known, so it cannot be demanded.
func (*seed) hasURL(*Options, pdf.Array) (bool, error) { return false, nil }
