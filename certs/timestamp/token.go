package timestamp

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"eidgate/certs"
	"eidgate/internal/cms"
)

// Token is a parsed time-stamp token. Nothing in it is trusted until Verify
// says so.
type Token struct {
	Info
	DER          []byte              // the ContentInfo as received
	Certificates []*x509.Certificate // those sent along that can be parsed

	message *cms.SignedData
}

// Parse reads a TimeStampToken (RFC 3161 §2.4.2): SignedData over a TSTInfo,
// nothing before, after or between.
func Parse(der []byte) (*Token, error) {
	if len(der) > maxResponseBytes {
		return nil, certs.Refuse("timestamp.too-large", nil, "the time-stamp has %d bytes, more than %d", len(der), maxResponseBytes)
	}
	message, err := cms.Parse(der)
	if err != nil {
		return nil, certs.Refuse("timestamp.malformed", nil, "reading the time-stamp: %w", err)
	}
	if !message.ContentType.Equal(cms.OIDTSTInfo) {
		return nil, certs.Refuse("timestamp.not-a-timestamp", nil, "the message is signed, but it is not a time-stamp")
	}
	info, ok := parseInfo(message.Content)
	if !ok {
		return nil, certs.Refuse("timestamp.malformed", nil, "the time-stamp's content cannot be read")
	}
	return &Token{Info: *info, DER: der, Certificates: message.X509(), message: message}, nil
}

// Expected is what a token is judged against.
type Expected struct {
	// Hash and Digest of what should be stamped. The digest is compared under
	// its algorithm, so a caller who judges a token it did not ask for computes
	// the digest with token.Imprint.Hash first.
	Hash   crypto.Hash
	Digest []byte
	// Nonce, when given, must be the token's.
	Nonce *big.Int
	// Policies, when given, are those the token may be made under.
	Policies []asn1.ObjectIdentifier
	// Certificates help to find the authority and its path; they are not
	// believed.
	Certificates []*x509.Certificate
}

// Verify judges the token at its own time and returns the authority's path.
// With a Revocation in v, the authority's certificate and those above it must
// have been good at that time. The error is a *certs.Refusal, either one of
// "timestamp." or the verifier's own about the path.
func (t *Token) Verify(ctx context.Context, v *certs.Verifier, want Expected) (*certs.Path, error) {
	signer, err := t.check(want)
	if err != nil {
		return nil, err
	}
	return v.Verify(ctx, certs.Request{
		Certificate:   signer,
		Intermediates: append(append([]*x509.Certificate(nil), t.Certificates...), want.Certificates...),
		Purpose:       certs.Timestamping,
		At:            t.GenTime,
	})
}

// check judges all that does not need trust: imprint, nonce, policy,
// extensions, signature and the authority's name.
func (t *Token) check(want Expected) (*x509.Certificate, error) {
	if err := t.checkImprint(want); err != nil {
		return nil, err
	}
	if want.Nonce != nil && (t.Nonce == nil || t.Nonce.Cmp(want.Nonce) != 0) {
		return nil, certs.Refuse("timestamp.nonce-mismatch", nil, "the time-stamp carries another nonce than the one that was sent")
	}
	if len(want.Policies) > 0 && !containsOID(want.Policies, t.Policy) {
		return nil, certs.Refuse("timestamp.wrong-policy", nil, "the time-stamp is made under policy %v, which is not accepted", t.Policy)
	}
	for _, e := range t.Extensions {
		if e.Critical {
			return nil, certs.Refuse("timestamp.critical-extension", nil, "the time-stamp has a critical extension %v, which is not known", e.Id)
		}
	}
	return t.checkSignature(want.Certificates)
}

func (t *Token) checkImprint(want Expected) error {
	switch {
	case t.Imprint.Hash == 0:
		return certs.Refuse("timestamp.weak-imprint", nil, "the time-stamp's digest algorithm %v is not accepted", t.Imprint.algorithm.OID)
	case !t.Imprint.fits() || t.Imprint.Hash != want.Hash || !bytes.Equal(t.Imprint.Digest, want.Digest):
		return certs.Refuse("timestamp.wrong-imprint", nil, "the time-stamp is about something else")
	}
	return nil
}

// checkSignature checks the CMS message. The old signing-certificate attribute
// with SHA-1 is taken as well: RFC 5816 §2.2.1 keeps it, and it binds a
// certificate that is verified by its own path.
func (t *Token) checkSignature(candidates []*x509.Certificate) (*x509.Certificate, error) {
	result, err := t.message.Verify(cms.Rules{
		ContentType: cms.OIDTSTInfo, Attached: true, Binding: cms.BindAny, Candidates: candidates,
	}, nil)
	if err != nil {
		return nil, certs.Refuse("timestamp.bad-signature", result.Certificate, "the time-stamp's signature does not hold: %w", err)
	}
	if !namesSubject(t.Authority, result.Certificate) {
		return nil, certs.Refuse("timestamp.wrong-authority", result.Certificate, "the time-stamp names another authority than the one that signed it")
	}
	return result.Certificate, nil
}

// namesSubject says whether the tsa field, when it is a directory name,
// is the signer's subject (RFC 3161 §2.4.2). Other name forms are only hints.
func namesSubject(authority []byte, cert *x509.Certificate) bool {
	s := cryptobyte.String(authority)
	tagDirectory := cbasn1.Tag(4).ContextSpecific().Constructed()
	var name cryptobyte.String
	return !s.ReadASN1(&name, tagDirectory) || bytes.Equal(name, cert.RawSubject)
}

func containsOID(list []asn1.ObjectIdentifier, oid asn1.ObjectIdentifier) bool {
	for _, o := range list {
		if o.Equal(oid) {
			return true
		}
	}
	return false
}
