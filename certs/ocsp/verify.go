package ocsp

import (
	"bytes"
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"time"

	"eidgate/certs"
)

// Query is what an answer is judged against.
type Query struct {
	Target  Target            // the certificate asked about; see [TargetOf]
	Issuer  *x509.Certificate // its issuer, already trusted by the caller's path
	Purpose certs.Purpose     // decides the rules unless Rules is set
	At      time.Time         // the time the verdict is about; zero means Now
	Now     time.Time

	Nonce         []byte // the nonce sent; nil when none was
	NonceOptional bool   // accept an answer without nonce although one was sent

	Rules *Rules // overrides those of the purpose
	// AllowSHA1 accepts SHA-1 signatures, for evidence that another proof dates
	// to a time when they could not be forged.
	AllowSHA1 bool
	// Responder answers for a delegated responder whose certificate has no
	// nocheck extension. Nil refuses such responders. Anchor and Intermediates
	// are passed on to it.
	Responder certs.Revocation
	// Store, when given, remembers the responders that Issuer has named: see
	// [certs.Store.CheckService].
	Store         *certs.Store
	Anchor        *x509.Certificate
	Intermediates []*x509.Certificate
}

// QueryFor makes the query of a certs.RevocationQuery.
func QueryFor(q certs.RevocationQuery) (Query, error) {
	target, err := TargetOf(q.Certificate)
	if err != nil {
		return Query{}, certs.Refuse("ocsp.bad-certificate", q.Certificate, "asking for the certificate's status: %w", err)
	}
	return Query{
		Target: target, Issuer: q.Issuer, Purpose: q.Purpose, At: q.At, Now: q.Now, Anchor: q.Anchor, Intermediates: q.Intermediates,
	}, nil
}

func (q *Query) rules() Rules {
	if q.Rules != nil {
		return *q.Rules
	}
	return RulesFor(q.Purpose)
}

// Verify judges a response and returns the verified status of the target,
// which is good or revoked; everything else is a *certs.Refusal. The context
// bounds the check of a responder without nocheck and nothing else.
func Verify(ctx context.Context, der []byte, q Query) (*certs.RevocationStatus, error) {
	resp, err := ParseResponse(der)
	if err != nil {
		return nil, err
	}
	return verify(ctx, resp, der, q)
}

// verify judges a response that der was read as.
func verify(ctx context.Context, resp *Response, der []byte, q Query) (*certs.RevocationStatus, error) {
	if q.At.IsZero() {
		q.At = q.Now
	}
	if resp.Status != Successful {
		return nil, statusRefusal(resp.Status, q.Target.Certificate)
	}
	signer, err := resp.checkSigner(ctx, &q)
	if err != nil {
		return nil, err
	}
	if err := resp.checkExtensions(&q); err != nil {
		return nil, err
	}
	a, err := resp.pick(&q)
	if err != nil {
		return nil, err
	}
	return &certs.RevocationStatus{
		Revoked: a.Status == Revoked, RevokedAt: a.RevokedAt, Reason: a.Reason, Source: "ocsp",
		ProducedAt: resp.ProducedAt, ThisUpdate: a.ThisUpdate, NextUpdate: a.NextUpdate, DER: der, Signer: signer,
	}, nil
}

func statusRefusal(status ResponseStatus, cert *x509.Certificate) error {
	switch status {
	case MalformedRequest:
		return certs.Missing("ocsp.malformed-request", cert, "the OCSP responder could not read the request")
	case InternalError:
		return certs.Missing("ocsp.internal-error", cert, "the OCSP responder reports an internal error").WithHint("Try again in a minute.")
	case TryLater:
		return certs.Missing("ocsp.try-later", cert, "the OCSP responder is busy").WithHint("Try again in a minute.")
	case SignatureRequired:
		return certs.Missing("ocsp.signature-required", cert, "the OCSP responder serves signed requests only")
	default: // Unauthorized; the parser lets nothing else through
		return certs.Missing("ocsp.unauthorized", cert, "the OCSP responder does not answer for this certificate")
	}
}

// checkExtensions reads the response extensions: nothing critical we do not
// know, nothing twice, our nonce.
func (r *Response) checkExtensions(q *Query) error {
	if err := knownExtensions(r.Extensions, q, oidNonce); err != nil {
		return err
	}
	ext, _ := find(r.Extensions, oidNonce)
	switch {
	case q.Nonce == nil:
		return nil
	case ext == nil && q.NonceOptional:
		return nil
	case ext == nil:
		return certs.Refuse("ocsp.nonce-missing", q.Target.Certificate, "the OCSP answer does not carry the nonce that was sent")
	case !r.nonceIs(q.Nonce):
		return certs.Refuse("ocsp.nonce-mismatch", q.Target.Certificate, "the OCSP answer carries another nonce than the one that was sent")
	}
	return nil
}

// nonceIs says whether the response carries this nonce, in the encoding of
// RFC 9654.
func (r *Response) nonceIs(want []byte) bool {
	ext, twice := find(r.Extensions, oidNonce)
	if ext == nil || twice {
		return false
	}
	nonce, ok := nonceIn(ext.Value)
	return ok && bytes.Equal(nonce, want)
}

func knownExtensions(list []pkix.Extension, q *Query, known ...asn1.ObjectIdentifier) error {
	for i := range list {
		if _, twice := find(list, list[i].Id); twice {
			return certs.Refuse("ocsp.duplicate-extension", q.Target.Certificate, "the OCSP answer has extension %v twice", list[i].Id)
		}
		if list[i].Critical && !contains(known, list[i].Id) {
			return certs.Refuse("ocsp.critical-extension", q.Target.Certificate, "the OCSP answer has a critical extension %v, which is not known", list[i].Id)
		}
	}
	return nil
}

func contains(list []asn1.ObjectIdentifier, oid asn1.ObjectIdentifier) bool {
	for _, o := range list {
		if o.Equal(oid) {
			return true
		}
	}
	return false
}

// pick finds the answer about the target. Every answer that names it is judged
// and the worst counts, so a good answer cannot hide a revoked one.
func (r *Response) pick(q *Query) (*Answer, error) {
	var worst *Answer
	for i := range r.Answers {
		a := &r.Answers[i]
		if !a.ID.Names(q.Target, q.Issuer) {
			continue
		}
		if err := knownExtensions(a.Extensions, q, oidArchiveCutoff, oidCRLReference, oidSCTList, oidCertHash); err != nil {
			return nil, err
		}
		if worst == nil || a.Status > worst.Status {
			worst = a
		}
	}
	if worst == nil {
		return nil, certs.Missing("ocsp.no-answer", q.Target.Certificate, "the OCSP response does not speak of this certificate")
	}
	if worst.Status == Unknown {
		return nil, certs.Refuse("ocsp.unknown", q.Target.Certificate, "the issuer's OCSP responder does not know the certificate")
	}
	return worst, q.rules().checkTimes(q, r, worst)
}
