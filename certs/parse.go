package certs

import (
	"crypto/x509"
	stdpkix "crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"

	"eidgate/certs/internal/pkix"
)

// ParseCertificate reads one DER certificate like [x509.ParseCertificate], and
// where that refuses tries again with a reader that asks less: the RSA keys
// with negative moduli on Estonian cards of 2011 to 2015, DSA keys with
// inherited parameters and distribution points relative to a CRL issuer are
// read. A certificate whose key is unusable has a nil PublicKey; verifying it
// gives the refusal "certificate.unsupported-key".
//
// The refusal of what neither can read is "certificate.malformed".
func ParseCertificate(der []byte) (*x509.Certificate, error) {
	cert, err := x509.ParseCertificate(der)
	if err == nil {
		return cert, nil
	}
	c, tolerantErr := pkix.ParseCertificate(der)
	if tolerantErr != nil {
		// Its words and not the standard library's, which may quote names.
		return nil, Refuse("certificate.malformed", nil, "reading the certificate: %w", tolerantErr)
	}
	if cert, tolerantErr = standard(c); tolerantErr != nil {
		return nil, Refuse("certificate.malformed", nil, "reading the certificate: %w", tolerantErr)
	}
	return cert, nil
}

// standard makes the standard library's form of a certificate it would not
// parse itself.
func standard(c *pkix.Certificate) (*x509.Certificate, error) {
	out := &x509.Certificate{
		Raw: c.Raw, RawTBSCertificate: c.RawTBS, RawSubjectPublicKeyInfo: c.RawKey,
		RawSubject: c.Subject.Raw, RawIssuer: c.Issuer.Raw,
		Version: c.Version, SerialNumber: c.Serial,
		NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		Signature: c.Signature, SignatureAlgorithm: algorithmOf(c.Algorithm),
		BasicConstraintsValid: c.HasBasicConstraints, IsCA: c.IsCA, MaxPathLen: c.PathLen,
		KeyUsage:     x509.KeyUsage(c.KeyUsage),
		SubjectKeyId: c.SubjectKeyID, AuthorityKeyId: c.AuthorityKeyID,
	}
	out.MaxPathLenZero = c.PathLen == 0
	if key, err := x509.ParsePKIXPublicKey(c.RawKey); err == nil {
		out.PublicKey = key
	}
	var err error
	if out.Subject, err = standardName(c.Subject.Raw); err != nil {
		return nil, fmt.Errorf("reading the subject: %w", err)
	}
	if out.Issuer, err = standardName(c.Issuer.Raw); err != nil {
		return nil, fmt.Errorf("reading the issuer: %w", err)
	}
	return out, standardExtensions(out, c)
}

func standardName(der []byte) (stdpkix.Name, error) {
	var rdns stdpkix.RDNSequence
	var name stdpkix.Name
	if _, err := asn1.Unmarshal(der, &rdns); err != nil {
		return name, err
	}
	name.FillFromRDNSequence(&rdns)
	return name, nil
}

func standardExtensions(out *x509.Certificate, c *pkix.Certificate) error {
	for _, e := range c.Extensions {
		id, err := standardOID(e.ID)
		if err != nil {
			return err
		}
		out.Extensions = append(out.Extensions, stdpkix.Extension{Id: id, Critical: e.Critical, Value: e.Value})
		if slices.Contains(c.UnknownCritical, e.ID) {
			out.UnhandledCriticalExtensions = append(out.UnhandledCriticalExtensions, id)
		}
	}
	for _, p := range c.Policies {
		oid, err := x509.ParseOID(p.String())
		if err != nil {
			return fmt.Errorf("reading a policy: %w", err)
		}
		out.Policies = append(out.Policies, oid)
	}
	return standardUsages(out, c)
}

func standardUsages(out *x509.Certificate, c *pkix.Certificate) error {
	for _, u := range c.ExtendedKeyUsage {
		known := false
		for usage, id := range extendedUsageOIDs {
			if id == u {
				out.ExtKeyUsage, known = append(out.ExtKeyUsage, usage), true
			}
		}
		if known {
			continue
		}
		id, err := standardOID(u)
		if err != nil {
			return err
		}
		out.UnknownExtKeyUsage = append(out.UnknownExtKeyUsage, id)
	}
	return nil
}

func standardOID(o pkix.OID) (asn1.ObjectIdentifier, error) {
	oid, err := x509.ParseOID(o.String())
	if err != nil {
		return nil, fmt.Errorf("reading an object identifier: %w", err)
	}
	b, err := oid.MarshalBinary()
	if err != nil {
		return nil, err
	}
	var id asn1.ObjectIdentifier
	der := append([]byte{asn1.TagOID, byte(len(b))}, b...)
	if len(b) > 127 {
		return nil, fmt.Errorf("object identifier %v is too long", o)
	}
	if _, err := asn1.Unmarshal(der, &id); err != nil {
		return nil, fmt.Errorf("object identifier %v: %w", o, err)
	}
	return id, nil
}
