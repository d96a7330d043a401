package cms

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Rules say what a message must be, besides well made.
type Rules struct {
	// ContentType is the expected eContentType; nil means id-data.
	ContentType asn1.ObjectIdentifier
	// Attached asks for encapsulated content (time-stamps); otherwise content
	// in the message is refused.
	Attached bool
	// Binding is how the signing certificate must be bound.
	Binding Binding
	// Forbidden signed attributes, such as signing-time in PAdES.
	Forbidden []asn1.ObjectIdentifier
	// Candidates are certificates the signer may be found among, besides those
	// of the message.
	Candidates []*x509.Certificate
}

// Check is one step of a verification. Err is nil when it held.
type Check struct {
	Step Step
	Err  error
}

// Step names a verification step; reports use it as the check's code.
type Step string

// The steps, in the order they are taken.
const (
	StepStructure   Step = "cms.structure"           // one signer, signed attributes, content type
	StepAttributes  Step = "cms.attributes"          // required there, forbidden not, none twice
	StepAlgorithms  Step = "cms.algorithms"          // strong, known, and named alike everywhere
	StepCertificate Step = "cms.signing-certificate" // found, and bound by the signed attributes
	StepDigest      Step = "cms.digest"              // message-digest is the content's
	StepSignature   Step = "cms.signature"           // the value fits attributes and key
)

// Result is a verified message, or as much as was found before a refusal.
type Result struct {
	Certificate *x509.Certificate // the signer's
	Signer      *Signer
	Hash        crypto.Hash
	// SigningTime is what the signer claims; zero when nothing is claimed.
	SigningTime time.Time
	// Checks are the steps taken; the last one has the error, if any.
	Checks []Check
}

// Verify judges the message against the digest of its content: digest computes
// it once the algorithm is known, and is not called for attached content,
// whose digest is taken from the message. The error is the first refusal; the
// result tells how far it came and is never nil.
//
// Trust in the certificate is not judged.
func (sd *SignedData) Verify(rules Rules, digest func(crypto.Hash) ([]byte, error)) (*Result, error) {
	r := &Result{}
	var s scheme
	steps := []struct {
		step Step
		run  func() error
	}{
		{StepStructure, func() error { return sd.checkStructure(rules, r) }},
		{StepAttributes, func() error { return r.checkAttributes(rules) }},
		{StepAlgorithms, func() (err error) { s, err = sd.checkAlgorithms(r); return err }},
		{StepCertificate, func() error { return sd.findCertificate(rules, r) }},
		{StepDigest, func() error { return sd.checkDigest(r, digest) }},
		{StepSignature, func() error { return r.checkSignature(s) }},
	}
	for _, step := range steps {
		err := step.run()
		r.Checks = append(r.Checks, Check{step.step, err})
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

// One returns the message's only signer.
func (sd *SignedData) One() (*Signer, error) {
	switch len(sd.Signers) {
	case 0:
		return nil, ErrNoSigner
	case 1:
		return sd.Signers[0], nil
	}
	return nil, refuse(ErrSeveralSigners, "%d", len(sd.Signers))
}

func (sd *SignedData) checkStructure(rules Rules, r *Result) (err error) {
	if r.Signer, err = sd.One(); err != nil {
		return err
	}
	want := rules.ContentType
	if want == nil {
		want = OIDData
	}
	switch {
	case !sd.ContentType.Equal(want):
		return refuse(ErrContentType, "%s", sd.ContentType)
	case rules.Attached && sd.Content == nil:
		return ErrContentMissing
	case !rules.Attached && sd.Content != nil:
		return ErrContentPresent
	}
	if _, err := r.Signer.signedBytes(); err != nil {
		return err
	}
	value, err := r.Signer.Signed.One(OIDContentType)
	if err != nil {
		return err
	}
	var signedType asn1.ObjectIdentifier
	s := cryptobyte.String(value)
	if !s.ReadASN1ObjectIdentifier(&signedType) || !s.Empty() || !signedType.Equal(want) {
		return refuse(ErrContentType, "the signed content-type differs")
	}
	return nil
}

func (r *Result) checkAttributes(rules Rules) error {
	seen := map[string]bool{}
	for _, a := range r.Signer.Signed {
		key := a.Type.String()
		if seen[key] {
			return refuse(ErrDuplicateAttribute, "%s", attributeName(a.Type))
		}
		if len(a.Values) == 0 {
			return refuse(ErrAttributeValue, "%s has no value", attributeName(a.Type))
		}
		seen[key] = true
	}
	for _, oid := range rules.Forbidden {
		if r.Signer.Signed.Has(oid) {
			return refuse(ErrForbiddenAttribute, "%s", attributeName(oid))
		}
	}
	if _, err := r.Signer.Signed.One(OIDMessageDigest); err != nil {
		return err
	}
	if !r.Signer.Signed.Has(OIDSigningTime) {
		return nil
	}
	var err error
	r.SigningTime, err = r.Signer.signingTime()
	return err
}

// signingTime reads the Time choice (RFC 5652 §11.3).
func (si *Signer) signingTime() (time.Time, error) {
	value, err := si.Signed.One(OIDSigningTime)
	if err != nil {
		return time.Time{}, err
	}
	var t time.Time
	s := cryptobyte.String(value)
	if s.PeekASN1Tag(cbasn1.UTCTime) {
		if s.ReadASN1UTCTime(&t) && s.Empty() {
			return t.UTC(), nil
		}
	} else if s.ReadASN1GeneralizedTime(&t) && s.Empty() {
		return t.UTC(), nil
	}
	return time.Time{}, refuse(ErrAttributeValue, "signing-time is no time")
}

func (sd *SignedData) checkAlgorithms(r *Result) (s scheme, err error) {
	if err := sd.checkDigestAlgorithms(r.Signer); err != nil {
		return s, err
	}
	if r.Hash, err = r.Signer.DigestAlgorithm.Hash(); err != nil {
		return s, err
	}
	if s, err = schemeOf(r.Signer.SignatureAlgorithm, r.Hash); err != nil {
		return s, err
	}
	return s, r.Signer.checkProtection()
}

// checkDigestAlgorithms wants the signer's digest algorithm in the list at the
// head of the message, which RFC 5652 §5.1 lets a verifier demand.
func (sd *SignedData) checkDigestAlgorithms(si *Signer) error {
	list := cryptobyte.String(sd.digestAlgorithms)
	var set cryptobyte.String
	if !list.ReadASN1(&set, cbasn1.SET) {
		return refuse(ErrMalformed, "the digest algorithms")
	}
	listed := false
	for !set.Empty() {
		algorithm, err := parseAlgorithm(&set)
		if err != nil {
			return err
		}
		listed = listed || algorithm.OID.Equal(si.DigestAlgorithm.OID)
	}
	if !listed {
		return refuse(ErrAlgorithmMismatch, "the head of the message does not list the signer's digest algorithm")
	}
	return nil
}

// findCertificate takes the certificate that the signer identifier names and
// the ESS attributes bind.
func (sd *SignedData) findCertificate(rules Rules, r *Result) error {
	missing := ErrNoCertificate
	var mismatch error
	for _, cert := range append(sd.X509(), rules.Candidates...) {
		if !r.Signer.names(cert) {
			continue
		}
		err := r.Signer.checkBinding(cert, rules.Binding)
		if err == nil {
			r.Certificate = cert
			return nil
		}
		mismatch = err
	}
	if mismatch != nil {
		return mismatch
	}
	return missing
}

// names tells whether the signer identifier is the certificate's.
func (si *Signer) names(cert *x509.Certificate) bool {
	if si.KeyID != nil {
		return bytes.Equal(si.KeyID, cert.SubjectKeyId)
	}
	return si.Serial.Cmp(cert.SerialNumber) == 0 && bytes.Equal(si.Issuer, cert.RawIssuer)
}

func (sd *SignedData) checkDigest(r *Result, digest func(crypto.Hash) ([]byte, error)) error {
	value, err := r.Signer.Signed.One(OIDMessageDigest)
	if err != nil {
		return err
	}
	var signed cryptobyte.String
	s := cryptobyte.String(value)
	if !s.ReadASN1(&signed, cbasn1.OCTET_STRING) || !s.Empty() {
		return refuse(ErrAttributeValue, "message-digest is no octet string")
	}
	var got []byte
	if sd.Content != nil {
		h := r.Hash.New()
		h.Write(sd.Content)
		got = h.Sum(nil)
	} else if got, err = digest(r.Hash); err != nil {
		return err
	}
	if !bytes.Equal(signed, got) {
		return ErrWrongDigest
	}
	return nil
}

func (r *Result) checkSignature(s scheme) error {
	signed, err := r.Signer.signedBytes()
	if err != nil {
		return err
	}
	h := r.Hash.New()
	h.Write(signed)
	return s.verify(r.Certificate.PublicKey, h.Sum(nil), r.Signer.Signature)
}
