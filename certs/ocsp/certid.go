package ocsp

import (
	"bytes"
	"crypto"
	_ "crypto/sha1"   // #nosec G505 -- names certificates in CertID (RFC 6960 §4.1.1), proves nothing
	_ "crypto/sha256" // hashes for CertID
	_ "crypto/sha512" // hashes for CertID
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"eidgate/certs/internal/pkix"
)

// Target is the certificate a status is asked for, reduced to what OCSP needs.
// It exists apart from x509.Certificate so that the status of certificates Go
// cannot parse (negative RSA moduli of 2011 to 2015) can be checked as well.
type Target struct {
	Serial              []byte // content octets of the serial number's INTEGER
	IssuerName          []byte // DER of the issuer's Name, as in the certificate
	NotBefore, NotAfter time.Time
	Certificate         *x509.Certificate // nil when Go cannot parse it
}

// TargetOf reads the target from a parsed certificate.
func TargetOf(cert *x509.Certificate) (Target, error) {
	t, err := ParseTarget(cert.Raw)
	if err != nil {
		return Target{}, err
	}
	t.Certificate = cert
	return t, nil
}

// ParseTarget reads serial number, issuer and validity from a certificate's
// DER and nothing else (RFC 5280 §4.1).
func ParseTarget(der []byte) (Target, error) {
	bad := func(what string) (Target, error) {
		return Target{}, fmt.Errorf("reading %s of the certificate: not DER of RFC 5280", what)
	}
	s := cryptobyte.String(der)
	var cert, tbs, serial, issuer, validity cryptobyte.String
	if !s.ReadASN1(&cert, cbasn1.SEQUENCE) || !s.Empty() || !cert.ReadASN1(&tbs, cbasn1.SEQUENCE) ||
		!tbs.SkipOptionalASN1(tagContext0) {
		return bad("the outer shape")
	}
	if !tbs.ReadASN1(&serial, cbasn1.INTEGER) || len(serial) == 0 || len(serial) > maxSerialBytes {
		return bad("the serial number")
	}
	if !tbs.SkipASN1(cbasn1.SEQUENCE) || !tbs.ReadASN1Element(&issuer, cbasn1.SEQUENCE) {
		return bad("the issuer")
	}
	t := Target{Serial: serial, IssuerName: issuer}
	if !tbs.ReadASN1(&validity, cbasn1.SEQUENCE) || !readValidity(&validity, &t.NotBefore) ||
		!readValidity(&validity, &t.NotAfter) || !validity.Empty() {
		return bad("the validity")
	}
	return t, nil
}

// readValidity reads Time ::= CHOICE { utcTime, generalTime }.
func readValidity(s *cryptobyte.String, out *time.Time) bool {
	if s.PeekASN1Tag(cbasn1.UTCTime) {
		return s.ReadASN1UTCTime(out)
	}
	return readTime(s, out)
}

// CertID names a certificate in requests and answers (RFC 6960 §4.1.1).
type CertID struct {
	Hash       crypto.Hash // 0 when the algorithm is not one this package knows
	IssuerName []byte      // hash of the issuer's DER name
	IssuerKey  []byte      // hash of the issuer's public key bits
	Serial     []byte      // content octets of the INTEGER, as sent

	raw []byte // the DER as received, so that a responder can echo it
}

// NewCertID names target, issued by issuer, with a hash.
func NewCertID(target Target, issuer *x509.Certificate, hash crypto.Hash) (CertID, error) {
	if _, ok := oidOf(hash); !ok {
		return CertID{}, fmt.Errorf("naming the certificate: hash %v is not for CertID", hash)
	}
	key, err := keyBits(issuer)
	if err != nil {
		return CertID{}, err
	}
	return CertID{
		Hash: hash, Serial: target.Serial,
		IssuerName: sum(hash, target.IssuerName), IssuerKey: sum(hash, key),
	}, nil
}

// SerialNumber is the serial as a number.
func (id CertID) SerialNumber() *big.Int {
	n := new(big.Int).SetBytes(id.Serial)
	if len(id.Serial) > 0 && id.Serial[0]&0x80 != 0 { // two's complement
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(len(id.Serial))*8))
	}
	return n
}

// Names says whether the ID names target as issued by issuer: name hash, key
// hash and serial number must all match. The name is hashed as the certificate
// writes its issuer (RFC 6960 §4.1.1), which an issuer may write otherwise in
// its own certificate.
func (id CertID) Names(target Target, issuer *x509.Certificate) bool {
	return bytes.Equal(id.Serial, target.Serial) &&
		sameName(target.IssuerName, issuer.RawSubject) && id.hashes(target.IssuerName, issuer)
}

// IssuedBy says whether the ID's two issuer hashes are those of issuer.
func (id CertID) IssuedBy(issuer *x509.Certificate) bool {
	return id.hashes(issuer.RawSubject, issuer)
}

func (id CertID) hashes(name []byte, issuer *x509.Certificate) bool {
	if id.Hash == 0 {
		return false
	}
	key, err := keyBits(issuer)
	return err == nil && bytes.Equal(id.IssuerName, sum(id.Hash, name)) &&
		bytes.Equal(id.IssuerKey, sum(id.Hash, key))
}

// sameName compares DER names by RFC 5280 §7.1, as the path between the same
// certificates was.
func sameName(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, errX := pkix.ParseName(a)
	y, errY := pkix.ParseName(b)
	return errX == nil && errY == nil && x.Same(y)
}

func sum(hash crypto.Hash, b []byte) []byte {
	h := hash.New()
	h.Write(b)
	return h.Sum(nil)
}

// keyBits are the bits of a certificate's subjectPublicKey without tag, length
// and number of unused bits, the input of issuerKeyHash.
func keyBits(cert *x509.Certificate) ([]byte, error) {
	s := cryptobyte.String(cert.RawSubjectPublicKeyInfo)
	var spki cryptobyte.String
	var bits asn1.BitString
	if !s.ReadASN1(&spki, cbasn1.SEQUENCE) || !spki.SkipASN1(cbasn1.SEQUENCE) || !spki.ReadASN1BitString(&bits) {
		return nil, errors.New("reading the issuer's public key: not a SubjectPublicKeyInfo")
	}
	return bits.RightAlign(), nil
}

func readCertID(s *cryptobyte.String, id *CertID) bool {
	var element, seq, alg, serial cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !s.ReadASN1Element(&element, cbasn1.SEQUENCE) {
		return false
	}
	id.raw = element
	if !element.ReadASN1(&seq, cbasn1.SEQUENCE) || !seq.ReadASN1(&alg, cbasn1.SEQUENCE) || !alg.ReadASN1ObjectIdentifier(&oid) ||
		(!alg.Empty() && !bytes.Equal(alg, asn1.NullBytes)) {
		return false
	}
	id.Hash = hashOf(oid)
	if !seq.ReadASN1Bytes(&id.IssuerName, cbasn1.OCTET_STRING) || !seq.ReadASN1Bytes(&id.IssuerKey, cbasn1.OCTET_STRING) ||
		!seq.ReadASN1(&serial, cbasn1.INTEGER) || !seq.Empty() || len(serial) == 0 || len(serial) > maxSerialBytes {
		return false
	}
	id.Serial = serial
	return true
}

func (id CertID) add(b *cryptobyte.Builder) {
	if id.raw != nil {
		b.AddBytes(id.raw)
		return
	}
	oid, _ := oidOf(id.Hash)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oid)
			b.AddASN1NULL()
		})
		b.AddASN1OctetString(id.IssuerName)
		b.AddASN1OctetString(id.IssuerKey)
		b.AddASN1(cbasn1.INTEGER, func(b *cryptobyte.Builder) { b.AddBytes(id.Serial) })
	})
}
