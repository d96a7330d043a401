package xades

import (
	"context"
	"crypto"

	"eidgate/certs"
	"eidgate/certs/timestamp"
	"eidgate/sign"
	"eidgate/sign/internal/judge"
)

// archives are the archive time-stamps that hold.
type archives struct {
	proofs []*judge.Proof
	last   int // place of the last one that is over revocation answers, or 0
}

// archived judges the archive time-stamps. A bad one is a refusal: silence
// about a forged proof would read as approval.
func (c *Candidate) archived(ctx context.Context, j *judge.Judge, tokens []token, files Files) (kept archives, refusal error) {
	for _, t := range tokens {
		report, proof := j.Timestamp(ctx, judge.Stamp{
			Kind: "archive-time-stamp", DER: t.der,
			Digest: func(h crypto.Hash) ([]byte, error) { return c.sig.archiveImprint(t.method, h, t.at, files.Open) },
		})
		c.Out.Timestamps = append(c.Out.Timestamps, report)
		if proof == nil {
			if refusal == nil {
				refusal = certs.Missing(report.Code, nil, "its archive time-stamp does not hold: %s", report.Sentence)
			}
			continue
		}
		c.Out.Checks = append(c.Out.Checks, sign.Pass("archive-time-stamp", report.Sentence))
		kept.proofs = append(kept.proofs, proof)
		if c.sig.revocationsBefore(t.at) {
			kept.last = t.at
		}
	}
	return kept, refusal
}

// revocationsBefore tells whether revocation answers stand before a place among
// the unsigned properties: only those are protected by a time-stamp there.
func (s *signature) revocationsBefore(at int) bool {
	for _, p := range s.unsignedProperties()[:at] {
		if p.Is(nsXAdES, propRevocations) && len(p.Elements()) > 0 || p.Is(ns141, propValidation) {
			return true
		}
	}
	return false
}

// ordered refuses archive time-stamps older than what they are over.
func ordered(stamps, archives []token) error {
	for i, later := range archives {
		before := append(stamps[:len(stamps):len(stamps)], archives[:i]...)
		after, err := timestamp.Parse(later.der)
		if err != nil {
			return err
		}
		for _, t := range before {
			first, err := timestamp.Parse(t.der)
			if err != nil {
				return err
			}
			if err := timestamp.Ordered(first, after); err != nil {
				return err
			}
		}
	}
	return nil
}
