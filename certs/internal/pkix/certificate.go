package pkix

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Limits on one certificate.
const (
	maxCertificate = 1 << 17 // octets
	maxExtensions  = 128
)

var errCertificate = errors.New("malformed certificate")

// AlgorithmIdentifier is an algorithm and its parameters as DER, empty when
// absent.
type AlgorithmIdentifier struct {
	Algorithm  OID
	Parameters []byte
}

// Extension is one extension, its value not yet read.
type Extension struct {
	ID       OID
	Critical bool
	Value    []byte
}

// Certificate is a certificate's fields and the extensions that path
// validation reads.
type Certificate struct {
	Raw, RawTBS []byte
	Version     int // 1, 2 or 3
	Serial      *big.Int
	Algorithm   AlgorithmIdentifier
	Issuer      *Name
	Subject     *Name
	NotBefore   time.Time
	NotAfter    time.Time
	RawKey      []byte // SubjectPublicKeyInfo
	KeyID       []byte // subjectPublicKey's own bits, for identity
	Signature   []byte
	Extensions  []Extension

	Constraints
}

// SelfIssued says that issuer and subject are the same name (§3.2), as when an
// authority signs its next key.
func (c *Certificate) SelfIssued() bool { return c.Issuer.Same(c.Subject) }

// ParseCertificate reads one DER certificate (§4.1).
func ParseCertificate(der []byte) (*Certificate, error) {
	if len(der) > maxCertificate {
		return nil, fmt.Errorf("%w: larger than %d octets", errCertificate, maxCertificate)
	}
	c := &Certificate{Raw: der}
	outer, signed, err := readSigned(der)
	if err != nil {
		return nil, errCertificate
	}
	c.RawTBS, c.Algorithm, c.Signature = signed.tbs, signed.algorithm, signed.signature
	if err := c.readTBS(outer); err != nil {
		return nil, err
	}
	if err := c.readConstraints(c.Extensions); err != nil {
		return nil, err
	}
	return c, nil
}

type signedParts struct {
	tbs       []byte
	algorithm AlgorithmIdentifier
	signature []byte
}

// readSigned reads the SIGNED construct that certificates and revocation lists
// share, giving the content of the signed part.
func readSigned(der []byte) (content cryptobyte.String, p signedParts, err error) {
	s := cryptobyte.String(der)
	var seq, tbs cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() || !seq.ReadASN1Element(&tbs, asn1.SEQUENCE) {
		return nil, p, errCertificate
	}
	p.tbs = tbs
	if p.algorithm, err = readAlgorithm(&seq); err != nil {
		return nil, p, err
	}
	if !seq.ReadASN1BitStringAsBytes(&p.signature) || !seq.Empty() || !tbs.ReadASN1(&content, asn1.SEQUENCE) {
		return nil, p, errCertificate
	}
	return content, p, nil
}

func readAlgorithm(s *cryptobyte.String) (a AlgorithmIdentifier, err error) {
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) {
		return a, errCertificate
	}
	if a.Algorithm, err = readOID(&seq); err != nil {
		return a, err
	}
	if !seq.Empty() {
		var params cryptobyte.String
		var tag asn1.Tag
		if !seq.ReadAnyASN1Element(&params, &tag) || !seq.Empty() {
			return a, errCertificate
		}
		a.Parameters = params
	}
	return a, nil
}

// same compares two algorithm identifiers: §4.1.1.2 demands that the signed
// and the unsigned one are the same.
func (a AlgorithmIdentifier) same(b AlgorithmIdentifier) bool {
	return a.Algorithm == b.Algorithm && bytes.Equal(a.Parameters, b.Parameters)
}

func (c *Certificate) readTBS(s cryptobyte.String) error {
	version := int64(0)
	var explicit cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&explicit, &present, asn1.Tag(0).Constructed().ContextSpecific()) {
		return errCertificate
	}
	if present && (!explicit.ReadASN1Integer(&version) || !explicit.Empty() || version < 0 || version > 2) {
		return fmt.Errorf("%w: bad version", errCertificate)
	}
	c.Version = int(version) + 1
	c.Serial = new(big.Int)
	if !s.ReadASN1Integer(c.Serial) {
		return fmt.Errorf("%w: bad serial number", errCertificate)
	}
	inner, err := readAlgorithm(&s)
	if err != nil {
		return err
	}
	if !inner.same(c.Algorithm) {
		return fmt.Errorf("%w: its two signature algorithms differ", errCertificate)
	}
	if err := c.readNames(&s); err != nil {
		return err
	}
	return c.readTail(s)
}

func (c *Certificate) readNames(s *cryptobyte.String) (err error) {
	var issuer, validity, subject cryptobyte.String
	if !s.ReadASN1Element(&issuer, asn1.SEQUENCE) || !s.ReadASN1(&validity, asn1.SEQUENCE) ||
		!s.ReadASN1Element(&subject, asn1.SEQUENCE) {
		return errCertificate
	}
	if c.Issuer, err = ParseName(issuer); err != nil {
		return fmt.Errorf("reading the issuer: %w", err)
	}
	if c.Subject, err = ParseName(subject); err != nil {
		return fmt.Errorf("reading the subject: %w", err)
	}
	if c.NotBefore, err = readTime(&validity); err != nil {
		return err
	}
	if c.NotAfter, err = readTime(&validity); err != nil || !validity.Empty() {
		return fmt.Errorf("%w: bad validity", errCertificate)
	}
	return nil
}

// readTail reads the key, the unique identifiers nobody uses and the
// extensions.
func (c *Certificate) readTail(s cryptobyte.String) error {
	var key, inner, unused, explicit cryptobyte.String
	if !s.ReadASN1Element(&key, asn1.SEQUENCE) {
		return errCertificate
	}
	c.RawKey = key
	if !key.ReadASN1(&inner, asn1.SEQUENCE) {
		return errCertificate
	}
	if _, err := readAlgorithm(&inner); err != nil {
		return err
	}
	if !inner.ReadASN1BitStringAsBytes(&c.KeyID) || !inner.Empty() {
		return fmt.Errorf("%w: bad public key", errCertificate)
	}
	for _, tag := range []asn1.Tag{1, 2} {
		var present bool
		if !s.ReadOptionalASN1(&unused, &present, tag.ContextSpecific()) || present && c.Version == 1 {
			return errCertificate
		}
	}
	var present bool
	if !s.ReadOptionalASN1(&explicit, &present, asn1.Tag(3).Constructed().ContextSpecific()) || !s.Empty() {
		return errCertificate
	}
	if !present {
		return nil
	}
	if c.Version != 3 {
		return fmt.Errorf("%w: extensions before version 3", errCertificate)
	}
	var err error
	c.Extensions, err = readExtensions(explicit)
	return err
}

// readExtensions reads an Extensions, refusing an empty list and a repeated
// extension (§4.2).
func readExtensions(s cryptobyte.String) ([]Extension, error) {
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() || seq.Empty() {
		return nil, errors.New("malformed extensions")
	}
	var out []Extension
	for !seq.Empty() {
		e, err := readExtension(&seq)
		if err != nil {
			return nil, err
		}
		for _, other := range out {
			if other.ID == e.ID {
				return nil, fmt.Errorf("extension %v is repeated", e.ID)
			}
		}
		if out = append(out, e); len(out) > maxExtensions {
			return nil, fmt.Errorf("more than %d extensions", maxExtensions)
		}
	}
	return out, nil
}

func readExtension(s *cryptobyte.String) (e Extension, err error) {
	var seq, value cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) {
		return e, errors.New("malformed extension")
	}
	if e.ID, err = readOID(&seq); err != nil {
		return e, err
	}
	if seq.PeekASN1Tag(asn1.BOOLEAN) && !seq.ReadASN1Boolean(&e.Critical) {
		return e, errors.New("malformed extension")
	}
	if !seq.ReadASN1(&value, asn1.OCTET_STRING) || !seq.Empty() {
		return e, errors.New("malformed extension")
	}
	e.Value = value
	return e, nil
}

// readTime reads a Time (§4.1.2.5): UTCTime for years 1950 to 2049.
func readTime(s *cryptobyte.String) (t time.Time, err error) {
	var ok bool
	if s.PeekASN1Tag(asn1.UTCTime) {
		ok = s.ReadASN1UTCTime(&t)
	} else {
		ok = s.ReadASN1GeneralizedTime(&t)
	}
	if !ok {
		return t, errors.New("malformed time")
	}
	return t, nil
}
