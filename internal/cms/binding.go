package cms

import (
	"bytes"
	"crypto"
	_ "crypto/sha1" //nolint:gosec // RFC 2634 §5.4 names the certificate by SHA-1; see Binding
	_ "crypto/sha256"
	_ "crypto/sha512"
	"crypto/x509"
	"errors"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Binding is how a message must bind the signing certificate, so that nobody
// can put another certificate with the same key under the signature.
type Binding int

const (
	// BindV2 asks for signing-certificate-v2, as baseline signatures must have
	// (ETSI EN 319 122-1 §5.2.2.3).
	BindV2 Binding = iota
	// BindAny also takes the SHA-1 signing-certificate of RFC 2634, which
	// RFC 3161 time-stamps still carry and RFC 5816 §2.2.1 still allows.
	BindAny
	// BindIfPresent checks what is there and asks for nothing, as signatures
	// of before 2010 (adbe.pkcs7.detached) need.
	BindIfPresent
)

// certID is one ESSCertID or ESSCertIDv2.
type certID struct {
	hash   crypto.Hash
	digest []byte
	issuer []byte   // DER name; nil when there is no issuerSerial
	serial *big.Int // with issuer
}

// checkBinding holds the certificate against the signing-certificate
// attributes. All that are present must name it first.
func (si *Signer) checkBinding(cert *x509.Certificate, rule Binding) error {
	v2, v1 := si.Signed.Has(OIDSigningCertificateV2), si.Signed.Has(OIDSigningCertificate)
	if !v2 && rule != BindIfPresent && (rule != BindAny || !v1) {
		return ErrBindingMissing
	}
	if v2 {
		if err := si.checkBindingAttribute(cert, true); err != nil {
			return err
		}
	}
	if v1 {
		return si.checkBindingAttribute(cert, false)
	}
	return nil
}

func (si *Signer) checkBindingAttribute(cert *x509.Certificate, v2 bool) error {
	oid := OIDSigningCertificate
	if v2 {
		oid = OIDSigningCertificateV2
	}
	value, err := si.Signed.One(oid)
	if err != nil {
		return err
	}
	id, err := firstCertID(value, v2)
	if err != nil {
		return err
	}
	h := id.hash.New()
	h.Write(cert.Raw)
	if !bytes.Equal(h.Sum(nil), id.digest) {
		return refuse(ErrBindingWrong, "its digest differs")
	}
	if id.serial != nil && (id.serial.Cmp(cert.SerialNumber) != 0 || !bytes.Equal(id.issuer, cert.RawIssuer)) {
		return refuse(ErrBindingWrong, "its issuer or serial number differs")
	}
	return nil
}

// firstCertID reads SigningCertificate(V2) and returns its first certificate,
// which is the signer's (RFC 5035 §3).
func firstCertID(value []byte, v2 bool) (certID, error) {
	s := cryptobyte.String(value)
	var body, ids, id, policies cryptobyte.String
	if !s.ReadASN1(&body, cbasn1.SEQUENCE) || !s.Empty() || !body.ReadASN1(&ids, cbasn1.SEQUENCE) ||
		!body.ReadOptionalASN1(&policies, nil, cbasn1.SEQUENCE) || !body.Empty() ||
		!ids.ReadASN1(&id, cbasn1.SEQUENCE) {
		return certID{}, refuse(ErrMalformed, "the signing-certificate attribute")
	}
	out := certID{hash: crypto.SHA1}
	if v2 {
		out.hash = crypto.SHA256 // DEFAULT
		if id.PeekASN1Tag(cbasn1.SEQUENCE) {
			algorithm, err := parseAlgorithm(&id)
			if err != nil {
				return out, err
			}
			if out.hash, err = algorithm.Hash(); err != nil {
				return out, err
			}
		}
	}
	var digest cryptobyte.String
	if !id.ReadASN1(&digest, cbasn1.OCTET_STRING) {
		return out, refuse(ErrMalformed, "the digest in the signing-certificate attribute")
	}
	out.digest = digest
	return out, out.readIssuerSerial(id)
}

// readIssuerSerial reads the optional IssuerSerial (RFC 5035 §5).
func (id *certID) readIssuerSerial(s cryptobyte.String) error {
	if s.Empty() {
		return nil
	}
	errShape := refuse(ErrMalformed, "the issuer in the signing-certificate attribute")
	var body, names, directory, issuer cryptobyte.String
	id.serial = new(big.Int)
	if !s.ReadASN1(&body, cbasn1.SEQUENCE) || !s.Empty() || !body.ReadASN1(&names, cbasn1.SEQUENCE) ||
		!body.ReadASN1Integer(id.serial) || !body.Empty() {
		return errShape
	}
	if !names.ReadASN1(&directory, cbasn1.Tag(4).ContextSpecific().Constructed()) || !names.Empty() ||
		!directory.ReadASN1Element(&issuer, cbasn1.SEQUENCE) || !directory.Empty() {
		return errShape
	}
	id.issuer = issuer
	return nil
}

// signingCertificateV2 makes the attribute that binds cert. SHA-256 is the
// DER default and therefore left out (RFC 5035 §5.4.1.1).
func signingCertificateV2(cert *x509.Certificate, hash crypto.Hash) (Attribute, error) {
	algorithm, err := HashAlgorithm(hash)
	if err != nil {
		return Attribute{}, err
	}
	h := hash.New()
	h.Write(cert.Raw)
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				if hash != crypto.SHA256 {
					algorithm.add(b)
				}
				b.AddASN1OctetString(h.Sum(nil))
			})
		})
	})
	der, err := b.Bytes()
	return Attribute{Type: OIDSigningCertificateV2, Values: [][]byte{der}}, err
}

// checkProtection holds cms-algorithm-protection, when there is one, against
// the algorithms of the signer (RFC 6211 §2).
func (si *Signer) checkProtection() error {
	value, err := si.Signed.One(OIDAlgorithmProtection)
	if errors.Is(err, ErrAttributeMissing) {
		return nil
	}
	if err != nil {
		return err
	}
	s := cryptobyte.String(value)
	var body, signature cryptobyte.String
	if !s.ReadASN1(&body, cbasn1.SEQUENCE) || !s.Empty() {
		return refuse(ErrMalformed, "cms-algorithm-protection")
	}
	digest, err := parseAlgorithm(&body)
	if err != nil {
		return err
	}
	if !body.ReadASN1(&signature, tagUnsigned) || !body.Empty() {
		return refuse(ErrMalformed, "cms-algorithm-protection")
	}
	// [1] IMPLICIT replaces the SEQUENCE tag.
	var oid, parameters []byte
	if oid, parameters, err = splitAlgorithm(signature); err != nil {
		return err
	}
	want, wantParameters, err := splitAlgorithm(si.SignatureAlgorithm.content())
	if err != nil {
		return err
	}
	if !digest.OID.Equal(si.DigestAlgorithm.OID) || !bytes.Equal(oid, want) || !bytes.Equal(parameters, wantParameters) {
		return refuse(ErrAlgorithmMismatch, "cms-algorithm-protection names other algorithms")
	}
	return nil
}

// content is the AlgorithmIdentifier without its SEQUENCE header.
func (a Algorithm) content() cryptobyte.String {
	var b cryptobyte.Builder
	b.AddASN1ObjectIdentifier(a.OID)
	b.AddBytes(a.Parameters)
	return b.BytesOrPanic()
}

// splitAlgorithm cuts the content of an AlgorithmIdentifier in two.
func splitAlgorithm(s cryptobyte.String) (oid, parameters []byte, err error) {
	var element cryptobyte.String
	if !s.ReadASN1Element(&element, cbasn1.OBJECT_IDENTIFIER) {
		return nil, nil, refuse(ErrMalformed, "cms-algorithm-protection")
	}
	return element, s, nil
}
