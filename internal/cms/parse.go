package cms

import (
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Counts a message may have.
const (
	maxCertificates = 64
	maxSigners      = 8
)

// SignedData is a parsed CMS message. Its slices belong to the message and
// must not be changed.
type SignedData struct {
	Version      int
	ContentType  asn1.ObjectIdentifier // eContentType
	Content      []byte                // eContent; nil when the signature is detached
	Certificates [][]byte              // DER of each X.509 certificate, in message order
	Revocations  [][]byte              // each RevocationInfoChoice, usually a CRL
	Signers      []*Signer

	version, digestAlgorithms, encapsulated, certificates, revocations []byte // as read

	parsed []*x509.Certificate // of Certificates, those that can be
}

// Signer is one SignerInfo.
type Signer struct {
	Version            int
	Issuer             []byte   // DER name; with Serial, one way to name the certificate
	Serial             *big.Int // nil when KeyID is used
	KeyID              []byte   // subject key identifier, the other way
	DigestAlgorithm    Algorithm
	SignatureAlgorithm Algorithm
	Signed             Attributes
	Signature          []byte
	Unsigned           Attributes

	hasSigned     bool
	signedContent []byte // inside the implicit [0]
	head          []byte // everything before the unsigned attributes
}

var (
	tagSigned   = cbasn1.Tag(0).ContextSpecific().Constructed()
	tagUnsigned = cbasn1.Tag(1).ContextSpecific().Constructed()
	tagContent  = tagSigned
	tagCerts    = tagSigned
	tagCRLs     = tagUnsigned
	tagKeyID    = cbasn1.Tag(0).ContextSpecific()
)

// Parse reads a ContentInfo holding SignedData and refuses anything after it.
func Parse(message []byte) (*SignedData, error) {
	sd, rest, err := ParsePrefix(message)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, refuse(ErrMalformed, "%d bytes after its end", len(rest))
	}
	return sd, nil
}

// ParsePrefix is Parse for a message in a larger space, such as the padded
// Contents of a PDF signature; it returns the bytes after the message.
func ParsePrefix(in []byte) (sd *SignedData, rest []byte, err error) {
	der, rest, err := normalize(in)
	if err != nil {
		return nil, nil, err
	}
	s := cryptobyte.String(der)
	var info, explicit, body cryptobyte.String
	var contentType asn1.ObjectIdentifier
	if !s.ReadASN1(&info, cbasn1.SEQUENCE) || !info.ReadASN1ObjectIdentifier(&contentType) {
		return nil, nil, refuse(ErrMalformed, "no ContentInfo")
	}
	if !contentType.Equal(OIDSignedData) {
		return nil, nil, refuse(ErrNotSignedData, "content type %s", contentType)
	}
	if !info.ReadASN1(&explicit, tagContent) || !info.Empty() ||
		!explicit.ReadASN1(&body, cbasn1.SEQUENCE) || !explicit.Empty() {
		return nil, nil, refuse(ErrMalformed, "no SignedData")
	}
	sd, err = parseSignedData(body)
	return sd, rest, err
}

func parseSignedData(s cryptobyte.String) (*SignedData, error) {
	sd := &SignedData{}
	var version, digests, encapsulated, signers cryptobyte.String
	if !s.ReadASN1Element(&version, cbasn1.INTEGER) || !s.ReadASN1Element(&digests, cbasn1.SET) ||
		!s.ReadASN1Element(&encapsulated, cbasn1.SEQUENCE) {
		return nil, refuse(ErrMalformed, "the head of SignedData")
	}
	sd.version, sd.digestAlgorithms, sd.encapsulated = version, digests, encapsulated
	if !version.ReadASN1Integer(&sd.Version) || sd.Version < 1 || sd.Version > 5 {
		return nil, refuse(ErrMalformed, "SignedData version")
	}
	if err := sd.parseContent(encapsulated); err != nil {
		return nil, err
	}
	if err := sd.parseEvidence(&s); err != nil {
		return nil, err
	}
	if !s.ReadASN1(&signers, cbasn1.SET) || !s.Empty() {
		return nil, refuse(ErrMalformed, "the signers")
	}
	for !signers.Empty() {
		var body cryptobyte.String
		if !signers.ReadASN1(&body, cbasn1.SEQUENCE) {
			return nil, refuse(ErrMalformed, "a signer")
		}
		if len(sd.Signers) == maxSigners {
			return nil, refuse(ErrTooLarge, "more than %d signers", maxSigners)
		}
		signer, err := parseSigner(body)
		if err != nil {
			return nil, err
		}
		sd.Signers = append(sd.Signers, signer)
	}
	return sd, nil
}

// parseContent reads EncapsulatedContentInfo (RFC 5652 §5.2).
func (sd *SignedData) parseContent(encapsulated cryptobyte.String) error {
	var body, explicit, content cryptobyte.String
	if !encapsulated.ReadASN1(&body, cbasn1.SEQUENCE) || !body.ReadASN1ObjectIdentifier(&sd.ContentType) {
		return refuse(ErrMalformed, "the content type")
	}
	if body.Empty() {
		return nil
	}
	if !body.ReadASN1(&explicit, tagContent) || !body.Empty() ||
		!explicit.ReadASN1(&content, cbasn1.OCTET_STRING) || !explicit.Empty() {
		return refuse(ErrMalformed, "the content")
	}
	sd.Content = append([]byte{}, content...) // empty content is not absent content
	return nil
}

// parseEvidence reads the optional certificates and revocation information.
func (sd *SignedData) parseEvidence(s *cryptobyte.String) error {
	var certificates, revocations cryptobyte.String
	var has bool
	if !s.ReadOptionalASN1(&certificates, &has, tagCerts) {
		return refuse(ErrMalformed, "the certificates")
	}
	if len(certificates) > 0 { // an empty set is written as none
		sd.certificates = certificates
	}
	for !certificates.Empty() {
		var one cryptobyte.String
		var tag cbasn1.Tag
		if !certificates.ReadAnyASN1Element(&one, &tag) {
			return refuse(ErrMalformed, "a certificate")
		}
		if len(sd.Certificates) == maxCertificates {
			return refuse(ErrTooLarge, "more than %d certificates", maxCertificates)
		}
		if tag == cbasn1.SEQUENCE { // attribute and other certificates are not ours to judge
			sd.Certificates = append(sd.Certificates, one)
			if cert, err := x509.ParseCertificate(one); err == nil {
				sd.parsed = append(sd.parsed, cert)
			}
		}
	}
	if !s.ReadOptionalASN1(&revocations, &has, tagCRLs) {
		return refuse(ErrMalformed, "the revocation information")
	}
	if has {
		sd.revocations = revocations
	}
	for !revocations.Empty() {
		var one cryptobyte.String
		if len(sd.Revocations) == maxCertificates || !revocations.ReadAnyASN1Element(&one, new(cbasn1.Tag)) {
			return refuse(ErrMalformed, "the revocation information")
		}
		sd.Revocations = append(sd.Revocations, one)
	}
	return nil
}

// X509 returns the certificates of the message that can be parsed, in order.
// Those that cannot (old cards carry keys that are not numbers) are left out;
// a path that needs one of them is then refused as incomplete.
func (sd *SignedData) X509() []*x509.Certificate { return slices.Clone(sd.parsed) }
