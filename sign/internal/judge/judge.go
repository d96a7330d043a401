package judge

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"time"

	"eidgate/certs"
	"eidgate/internal/fault"
	"eidgate/sign"
)

// Judge gives verdicts about the signatures of one document. It is not safe for
// concurrent use.
type Judge struct {
	now      time.Time
	evidence *Evidence
	sources  *sources
	verifier *certs.Verifier
}

// New makes a judge who believes trust and knows the document's evidence.
func New(trust sign.Trust, evidence Evidence) *Judge {
	j := &Judge{now: trust.Time(), evidence: &evidence}
	j.sources = newSources(trust.Store, j.evidence, trust.Revocation)
	j.verifier = &certs.Verifier{Store: trust.Store, Revocation: j.sources, Now: func() time.Time { return j.now }}
	return j
}

// Now is the time of the verdict.
func (j *Judge) Now() time.Time { return j.now }

// Subject is a signature whose format and value were checked.
type Subject struct {
	Certificate *x509.Certificate
	// Stamps over the signature, in any order.
	Stamps []Stamp
	// Later are verified time-stamps over a document that holds the signature.
	Later []*Proof
	// MadeAfter is a proven time after which the signature was made: a verified
	// time-stamp inside the signed bytes. Zero when there is none.
	MadeAfter time.Time
	// Baseline says that the format's rules for level B are kept.
	Baseline bool
}

// Stamp is a time-stamp token to be judged.
type Stamp struct {
	Kind string // for the report
	DER  []byte
	// Digest of what the token must be about, with the token's own hash.
	Digest func(crypto.Hash) ([]byte, error)
	// Seen is the oldest proven time at which the token was there: that of a
	// time-stamp over it. Zero is now.
	Seen time.Time
}

// Signature judges time, path and revocation and fills in the report. The
// format's own checks must have passed.
func (j *Judge) Signature(ctx context.Context, out *sign.Signature, s Subject) {
	out.Certificate = sign.PersonalCertificate(s.Certificate)
	out.Material.Path = []*x509.Certificate{s.Certificate}
	stamp := earliest(j.stamps(ctx, out, s.seen()), s.Later)
	at := j.now
	if stamp != nil {
		out.Proven = stamp.Time
		at = stamp.Time
	}
	path, err := j.path(ctx, out, s, at)
	if err == nil && stamp == nil && len(s.Stamps) > 0 {
		bad := out.Timestamps[len(out.Timestamps)-1]
		out.Verdict, out.Code, out.Sentence = sign.Unclear(sign.NoPOE), bad.Code, "its time-stamp does not hold: "+bad.Sentence
		if bad.SubIndication == sign.TryLater {
			out.Verdict = bad.Verdict
		}
		return
	}
	if err != nil {
		return
	}
	out.Verdict = sign.Verdict{Indication: sign.TotalPassed}
	out.Sentence = "the signed content is unchanged and the certificate was good"
	if stamp != nil {
		out.Sentence += " when the signature was time-stamped"
	}
	if s.Baseline {
		out.Level = j.level(path, stamp, at)
	}
}

// path verifies the signer's certificate at a time and names the signer.
func (j *Judge) path(ctx context.Context, out *sign.Signature, s Subject, at time.Time) (*certs.Path, error) {
	request := certs.Request{
		Certificate: s.Certificate, Intermediates: j.intermediates(s.Certificate),
		Purpose: certs.DocumentSigning, At: at, Revocation: certs.RevocationRequired,
	}
	path, err := j.verifier.Verify(ctx, request)
	if err == nil {
		out.Checks = append(out.Checks, sign.Pass("certificate", "the certificate leads to a trust anchor and was not revoked"))
		j.name(out, path)
		j.note(out, "signer", path, at)
		return path, nil
	}
	out.Verdict = j.verdict(err, s, at)
	out.Code, out.Sentence = fault.CodeOf(err), err.Error()
	check := sign.FailedCheck("certificate", err)
	out.Checks = append(out.Checks, check)
	// Who signed is worth telling when only revocation is in doubt.
	request.Revocation = certs.RevocationSkipped
	if unproven, pathErr := j.verifier.Verify(ctx, request); pathErr == nil {
		j.name(out, unproven)
		j.note(out, "signer", unproven, at)
	}
	return nil, err
}

// intermediates are the certificates at hand except one, as many as a verifier
// takes.
func (j *Judge) intermediates(except *x509.Certificate) []*x509.Certificate {
	const most = 64
	var out []*x509.Certificate
	for _, c := range j.evidence.Certificates {
		if !c.Equal(except) && c.IsCA && len(out) < most {
			out = append(out, c)
		}
	}
	return out
}

// name writes the signer and the anchor of a path into the report.
func (j *Judge) name(out *sign.Signature, path *certs.Path) {
	out.Anchor = sign.AuthorityCertificate(path.Anchor())
	out.Material.Path = path.Certificates
	person, err := certs.PersonOf(path.Certificates[0])
	if err != nil {
		// Whoever is named ambiguously stays nobody; an organisation is named.
		leaf := path.Certificates[0]
		if fault.CodeOf(err) == "person.not-a-person" && len(leaf.Subject.Organization) > 0 {
			out.Seal = sign.AuthorityCertificate(leaf)
		}
		out.Checks = append(out.Checks, sign.Note("person", "the certificate does not name a person: "+err.Error()))
		return
	}
	out.Signer = &sign.Signer{Person: person, Document: path.Document()}
}

// note lists the revocation answers a path rests on.
func (j *Judge) note(out *sign.Signature, about string, path *certs.Path, at time.Time) {
	for i, cert := range path.Certificates[:len(path.Certificates)-1] {
		a, ok := j.sources.about(cert, at)
		if !ok {
			continue
		}
		who := about
		if i > 0 {
			who = "authority of the " + about
		}
		out.Evidence = append(out.Evidence, sign.Evidence{
			About: who, Source: a.status.Source, InDocument: a.inDocument, ProducedAt: a.status.ProducedAt.UTC(),
			RevokedAt: a.status.RevokedAt, DER: a.status.DER, Certificate: cert,
		})
	}
}

// verdict refines the verdict on a path by what time is proven (EN 319 102-1
// §5.5.4).
func (j *Judge) verdict(err error, s Subject, at time.Time) sign.Verdict {
	switch v := sign.VerdictOf(err); v {
	case sign.Unclear(sign.OutOfBoundsNoPOE):
		return j.outOfBounds(s, at)
	case sign.Unclear(sign.RevokedNoPOE):
		return j.revoked(err, s, at)
	default:
		return v
	}
}

func (j *Judge) outOfBounds(s Subject, at time.Time) sign.Verdict {
	proven := at.Before(j.now)
	switch {
	case at.Before(s.Certificate.NotBefore) && proven:
		return sign.Failed(sign.NotYetValid)
	case !s.MadeAfter.IsZero() && s.MadeAfter.After(s.Certificate.NotAfter):
		return sign.Failed(sign.Expired)
	}
	return sign.Unclear(sign.OutOfBoundsNoPOE)
}

func (j *Judge) revoked(err error, s Subject, at time.Time) sign.Verdict {
	var r *certs.Refusal
	if errors.As(err, &r) && r.Certificate != nil && !r.Certificate.Equal(s.Certificate) {
		return sign.Unclear(sign.RevokedCANoPOE)
	}
	known, ok := j.sources.about(s.Certificate, at)
	if ok && known.status.Revoked && !s.MadeAfter.IsZero() && !s.MadeAfter.Before(known.status.RevokedAt) {
		return sign.Failed(sign.Revoked)
	}
	return sign.Unclear(sign.RevokedNoPOE)
}

// level is what the evidence in the document reaches.
func (j *Judge) level(path *certs.Path, stamp *Proof, at time.Time) sign.Level {
	switch {
	case stamp == nil:
		return sign.LevelB
	case j.inDocument(path, at) && j.inDocument(stamp.Path, stamp.Time):
		return sign.LevelLT
	}
	return sign.LevelT
}

// inDocument tells whether every certificate of a path below the anchor, and
// the answer about each, is in the document.
func (j *Judge) inDocument(path *certs.Path, at time.Time) bool {
	for _, cert := range path.Certificates[:len(path.Certificates)-1] {
		if a, ok := j.sources.about(cert, at); !ok || !a.inDocument || !j.evidence.holds(cert) {
			return false
		}
	}
	return true
}
