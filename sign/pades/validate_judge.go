package pades

import (
	"context"
	"crypto"
	"slices"
	"time"

	"eidgate/certs/timestamp"
	"eidgate/internal/cms"
	"eidgate/internal/fault"
	"eidgate/sign"
	"eidgate/sign/cades"
	"eidgate/sign/internal/judge"
)

// hashNeeded is the digest algorithm of a signature or of a time-stamp's
// imprint.
func (c *candidate) hashNeeded() (crypto.Hash, error) {
	if c.stamp {
		token, err := timestamp.Parse(c.der)
		if err != nil {
			return 0, err
		}
		if token.Imprint.Hash == 0 {
			return 0, cms.ErrWeakDigest
		}
		return token.Imprint.Hash, nil
	}
	signer, err := c.message.One()
	if err != nil {
		return 0, err
	}
	return signer.DigestAlgorithm.Hash()
}

// digest gives the digest of the signed bytes that hash computed.
func (c *candidate) digest(h crypto.Hash) ([]byte, error) {
	if d, ok := c.digests[h]; ok {
		return d, nil
	}
	return nil, cms.ErrUnsupported
}

// judge gives the verdicts: messages first, then document time-stamps, then
// signatures in the order they were made.
func (v *validation) judge(ctx context.Context) error {
	evidence, err := v.store(v.file.Latest())
	if err != nil {
		return err
	}
	examined := map[*candidate]*cades.Examined{}
	for _, c := range v.all {
		if !c.good() || c.stamp {
			continue
		}
		if e := cades.Examine(c.out, c.message, c.profile, evidence, c.digest); e != nil {
			examined[c] = e
		}
	}
	for _, c := range v.all {
		if e := examined[c]; e != nil {
			evidence.Merge(e.Evidence)
		}
	}
	j := judge.New(v.trust, evidence)
	proofs := map[*candidate]*judge.Proof{}
	for _, c := range slices.Backward(v.all) { // a later one proves that an earlier was there
		if c.good() && c.stamp {
			proofs[c] = c.judgeStamp(ctx, j, v.stampsBefore(c, examined), judge.Seen(v.later(c, proofs)))
		}
	}
	var madeAfter time.Time
	for _, c := range v.all {
		if e := examined[c]; e != nil {
			subject := judge.Subject{
				Certificate: e.Certificate, Stamps: e.Stamps, Later: v.later(c, proofs),
				MadeAfter: madeAfter, Baseline: c.baseline(e),
			}
			j.Signature(ctx, c.out, subject)
			if err := v.archived(ctx, c, subject, proofs, examined); err != nil {
				return err
			}
			c.noteName(e.Certificate)
		}
		if proven := c.provenTime(proofs[c]); proven.After(madeAfter) {
			madeAfter = proven
		}
	}
	return nil
}

// provenTime is the time that a signature or time-stamp proves for everything
// that is signed after it: that of a time-stamp inside, not that of a later one.
func (c *candidate) provenTime(p *judge.Proof) time.Time {
	if p != nil {
		return p.Time
	}
	var latest time.Time
	for _, t := range c.out.Timestamps {
		if t.Indication == sign.TotalPassed && t.Time.After(latest) {
			latest = t.Time
		}
	}
	return latest
}

// later are the document time-stamps that cover a signature.
func (v *validation) later(c *candidate, proofs map[*candidate]*judge.Proof) []*judge.Proof {
	var out []*judge.Proof
	for _, stamp := range v.all {
		if p := proofs[stamp]; p != nil && stamp.revision > c.revision {
			out = append(out, p)
		}
	}
	return out
}

// baseline tells whether the rules of PAdES level B are kept.
func (c *candidate) baseline(e *cades.Examined) bool {
	for _, note := range c.notes {
		c.out.Checks = append(c.out.Checks, sign.Note("baseline", note))
	}
	return e.Baseline && len(c.notes) == 0
}

// archived raises level LT to LTA when a document time-stamp covers the
// validation data that the verdict rests on.
func (v *validation) archived(ctx context.Context, c *candidate, s judge.Subject, proofs map[*candidate]*judge.Proof, examined map[*candidate]*cades.Examined) error {
	if c.out.Level != sign.LevelLT {
		return nil
	}
	var last *candidate // it covers what those before it do
	for _, stamp := range v.all {
		if proofs[stamp] != nil && stamp.revision > c.revision {
			last = stamp
		}
	}
	if last == nil {
		return nil
	}
	protected, err := v.store(v.file.At(last.revision))
	if err != nil {
		return err
	}
	for _, o := range v.all {
		if e := examined[o]; e != nil && o.revision <= last.revision {
			protected.Merge(e.Evidence)
		}
		if o.stamp && o.good() && o.revision <= last.revision {
			if token, err := timestamp.Parse(o.der); err == nil {
				protected.Merge(judge.Evidence{Certificates: token.Certificates})
			}
		}
	}
	if len(protected.OCSP)+len(protected.CRLs) > 0 && judge.Preserved(ctx, v.trust, c.out, s, protected) {
		c.out.Level = sign.LevelLTA
	}
	return nil
}

// stampsBefore are the time-stamps inside the bytes that another one covers.
func (v *validation) stampsBefore(stamp *candidate, examined map[*candidate]*cades.Examined) [][]byte {
	var out [][]byte
	for _, c := range v.all {
		if c.revision >= stamp.revision {
			continue
		}
		if c.stamp && c.good() {
			out = append(out, c.der)
		}
		if e := examined[c]; e != nil {
			for _, s := range e.Stamps {
				out = append(out, s.DER)
			}
		}
	}
	return out
}

// judgeStamp gives the verdict on a document time-stamp. It must not be older
// than those it covers.
func (c *candidate) judgeStamp(ctx context.Context, j *judge.Judge, before [][]byte, seen time.Time) *judge.Proof {
	report, proof := j.Timestamp(ctx, judge.Stamp{Kind: "document-time-stamp", DER: c.der, Digest: c.digest, Seen: seen})
	if err := ordered(before, c.der); proof != nil && err != nil {
		proof, report.Verdict, report.Code, report.Sentence = nil, sign.VerdictOf(err), fault.CodeOf(err), err.Error()
	}
	c.out.Timestamps = []sign.Timestamp{report}
	c.out.Verdict, c.out.Code, c.out.Sentence = report.Verdict, report.Code, report.Sentence
	if report.Code == "timestamp.wrong-imprint" {
		c.out.Verdict = sign.Failed(sign.HashFailure)
	}
	if proof == nil {
		c.out.Checks = append(c.out.Checks, sign.Check{Name: "document-time-stamp", Result: sign.Fails, Code: report.Code, Sentence: report.Sentence})
		return nil
	}
	c.out.Proven, c.out.Anchor = report.Time, report.Anchor
	c.pass("document-time-stamp", report.Sentence)
	return proof
}

// ordered checks a token against each of those it covers; what is no token is
// refused elsewhere.
func ordered(before [][]byte, der []byte) error {
	last, err := timestamp.Parse(der)
	if err != nil {
		return err
	}
	for _, other := range before {
		if token, err := timestamp.Parse(other); err == nil {
			if err := timestamp.Ordered(token, last); err != nil {
				return err
			}
		}
	}
	return nil
}
