package ocsp

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"eidgate/certs"
)

// checkSigner finds who signed the response, judges whether it may speak for
// the target's issuer, and verifies the signature (RFC 6960 §3.2, §4.2.2.2).
//
// Only three may sign: the issuer itself, or a responder named by the issuer
// with a certificate of its own. A locally configured responder for any issuer
// does not exist here.
func (r *Response) checkSigner(ctx context.Context, q *Query) (*x509.Certificate, error) {
	var refusal error
	for _, cert := range r.candidates(q.Issuer) {
		err := r.judge(ctx, q, cert)
		if err == nil {
			return cert, nil
		}
		if refusal == nil {
			refusal = err
		}
	}
	if refusal == nil {
		refusal = certs.Missing("ocsp.responder-missing", q.Issuer, "the certificate of the OCSP responder is not in the answer")
	}
	return nil, refusal
}

// candidates are the certificates that the responder ID names: the issuer and
// those sent along.
func (r *Response) candidates(issuer *x509.Certificate) []*x509.Certificate {
	var list []*x509.Certificate
	if r.isResponder(issuer) {
		list = append(list, issuer)
	}
	for _, der := range r.Certificates {
		cert, err := parseStrictly(der)
		if err != nil || bytes.Equal(cert.Raw, issuer.Raw) || !r.isResponder(cert) {
			continue
		}
		list = append(list, cert)
	}
	return list
}

// parseStrictly refuses what x509 lets pass: elements after the signature,
// which nobody signed.
func parseStrictly(der []byte) (*x509.Certificate, error) {
	s := cryptobyte.String(der)
	var cert cryptobyte.String
	if !s.ReadASN1(&cert, cbasn1.SEQUENCE) || !s.Empty() || !cert.SkipASN1(cbasn1.SEQUENCE) ||
		!cert.SkipASN1(cbasn1.SEQUENCE) || !cert.SkipASN1(cbasn1.BIT_STRING) || !cert.Empty() {
		return nil, errNotCertificate
	}
	return x509.ParseCertificate(der)
}

var errNotCertificate = errors.New("not a certificate of RFC 5280 §4.1")

func (r *Response) isResponder(cert *x509.Certificate) bool {
	if r.ResponderName != nil {
		return sameName(r.ResponderName, cert.RawSubject)
	}
	key, err := keyBits(cert)
	return err == nil && bytes.Equal(r.ResponderKey, sum(crypto.SHA1, key))
}

func (r *Response) judge(ctx context.Context, q *Query, cert *x509.Certificate) error {
	if isIssuer(cert, q.Issuer) {
		return checkSignature(q.Issuer, r.algorithm, r.signed, r.signature, q.AllowSHA1)
	}
	if err := checkDelegate(cert, q); err != nil {
		return err
	}
	if err := checkSignature(cert, r.algorithm, r.signed, r.signature, q.AllowSHA1); err != nil {
		return err
	}
	if err := r.checkDelegateTimes(cert, q); err != nil {
		return err
	}
	return checkDelegateStatus(ctx, cert, q)
}

// isIssuer says whether cert is the issuer: the same name and the same key,
// perhaps in a renewed certificate.
func isIssuer(cert, issuer *x509.Certificate) bool {
	return sameName(cert.RawSubject, issuer.RawSubject) &&
		bytes.Equal(cert.RawSubjectPublicKeyInfo, issuer.RawSubjectPublicKeyInfo)
}

// checkDelegate judges the right of cert to answer: issued by the very issuer,
// and with OCSPSigning in its own extended key usage. Without the second,
// every card holder could vouch for every other card of the same issuer.
func checkDelegate(cert *x509.Certificate, q *Query) error {
	if !sameName(cert.RawIssuer, q.Issuer.RawSubject) {
		return certs.Refuse("ocsp.responder-wrong-issuer", cert, "the OCSP responder's certificate is not from the issuer it answers for")
	}
	if alg := cert.SignatureAlgorithm; (alg == x509.SHA1WithRSA || alg == x509.ECDSAWithSHA1) && !q.AllowSHA1 {
		return weakSignature(cert)
	}
	if err := q.Store.CheckService(cert, q.Issuer); err != nil {
		return certs.Refuse("ocsp.responder-wrong-issuer", cert, "the OCSP responder's certificate is not signed by the issuer it answers for: %w", err)
	}
	if !hasOCSPSigning(cert) {
		return certs.Refuse("ocsp.responder-not-authorised", cert, "the certificate that signed the OCSP answer is not one for signing OCSP answers")
	}
	if cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return certs.Refuse("ocsp.responder-not-authorised", cert, "the OCSP responder's key is not for signatures")
	}
	if len(cert.UnhandledCriticalExtensions) > 0 {
		return certs.Refuse("ocsp.critical-extension", cert, "the OCSP responder's certificate has a critical extension %v, which is not known", cert.UnhandledCriticalExtensions[0])
	}
	return nil
}

func hasOCSPSigning(cert *x509.Certificate) bool {
	for _, u := range cert.ExtKeyUsage {
		if u == x509.ExtKeyUsageOCSPSigning {
			return true
		}
	}
	return false
}

// checkDelegateTimes demands that the responder's certificate was valid when
// it answered, and for live purposes at the time of the verdict.
func (r *Response) checkDelegateTimes(cert *x509.Certificate, q *Query) error {
	if r.ProducedAt.Before(cert.NotBefore) || r.ProducedAt.After(cert.NotAfter) {
		return certs.Refuse("ocsp.responder-expired", cert, "the OCSP responder's certificate was not valid when it answered")
	}
	if q.rules().Live && (q.At.Before(cert.NotBefore.Add(-q.rules().Skew)) || q.At.After(cert.NotAfter)) {
		return certs.Refuse("ocsp.responder-expired", cert, "the OCSP responder's certificate is not valid")
	}
	return nil
}

// checkDelegateStatus settles whether the responder's own certificate was
// revoked: nocheck says it need not be asked (RFC 6960 §4.2.2.2.1).
func checkDelegateStatus(ctx context.Context, cert *x509.Certificate, q *Query) error {
	for _, e := range cert.Extensions {
		if e.Id.Equal(oidNoCheck) {
			return nil
		}
	}
	if q.Responder == nil {
		return certs.Missing("ocsp.responder-unchecked", cert, "the OCSP responder's certificate may be revoked: it has no nocheck extension and nobody to ask")
	}
	status, err := q.Responder.Status(ctx, certs.RevocationQuery{
		Certificate: cert, Issuer: q.Issuer, Purpose: certs.OCSPSigning, At: q.At, Now: q.Now,
		Anchor: q.Anchor, Intermediates: q.Intermediates,
	})
	if err != nil {
		return err
	}
	if status.Revoked {
		return certs.Refuse("ocsp.responder-revoked", cert, "the OCSP responder's certificate is revoked")
	}
	return nil
}
