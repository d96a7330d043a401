package asic

import (
	"context"
	"crypto"
	"slices"
	"strings"

	"eidgate/certs"
	"eidgate/certs/timestamp"
	"eidgate/sign"
	"eidgate/sign/internal/judge"
)

// archiveStamp is an ASiCArchiveManifest with its time-stamp (EN 319 162-1
// §A.7): it protects signatures, their lists and the files.
type archiveStamp struct {
	list *list
	der  []byte
}

// findArchives reads the archive manifests; one that cannot be read or has no
// time-stamp is a refusal.
func (v *validation) findArchives(used map[string]bool) []archiveStamp {
	var out []archiveStamp
	for _, e := range v.renewals {
		l, err := parseList(e.Name, v.metadata[e.Name])
		if err != nil {
			v.refusals = append(v.refusals, err)
			continue
		}
		der, there := v.metadata[l.signature]
		if !there || used[l.signature] || !strings.HasSuffix(l.signature, ".tst") {
			v.refusals = append(v.refusals, ErrSignatureFiles)
			continue
		}
		used[l.signature] = true
		out = append(out, archiveStamp{l, der})
	}
	return out
}

// over tells whether the time-stamp is over a signature and its list.
func (a archiveStamp) over(s *cmsSubject) bool {
	signature, list := false, s.list == nil
	for _, f := range a.list.files {
		signature = signature || f.name == s.verdict.ID
		list = list || s.list != nil && f.name == s.list.name
	}
	return signature && list
}

// laterEvidence is what the tokens of the archive time-stamps carry about
// themselves.
func (s *cmsSubject) laterEvidence() (e judge.Evidence) {
	for _, a := range s.later {
		e.Merge(evidenceOf(a.der))
	}
	return e
}

// protected is the evidence that the archive time-stamps are over: the
// signature's own, and that in the tokens before the newest.
func (s *cmsSubject) protected(v *validation, own judge.Evidence) judge.Evidence {
	e := judge.Evidence{Certificates: own.Certificates, OCSP: slices.Clone(own.OCSP), CRLs: slices.Clone(own.CRLs)}
	for _, a := range s.later {
		for _, f := range a.list.files {
			if a.over(s) && strings.HasSuffix(f.name, ".tst") {
				e.Merge(evidenceOf(v.metadata[f.name]))
			}
		}
	}
	return e
}

// ordered refuses an archive time-stamp that is older than a time-stamp it is
// over: those of the signature, and archive time-stamps before it.
func (a archiveStamp) ordered(v *validation, stamps []judge.Stamp) error {
	after, err := timestamp.Parse(a.der)
	if err != nil {
		return err
	}
	for _, f := range a.list.files {
		if strings.HasSuffix(f.name, ".tst") {
			stamps = append(stamps[:len(stamps):len(stamps)], judge.Stamp{DER: v.metadata[f.name]})
		}
	}
	for _, s := range stamps {
		first, err := timestamp.Parse(s.DER)
		if err != nil {
			return err
		}
		if err := timestamp.Ordered(first, after); err != nil {
			return err
		}
	}
	return nil
}

// archived judges the archive time-stamps over a signature with these
// time-stamps.
func (s *cmsSubject) archived(ctx context.Context, v *validation, j *judge.Judge, stamps []judge.Stamp) (proofs []*judge.Proof, refusal error) {
	for _, a := range s.later {
		if !a.over(s) {
			continue
		}
		if err := v.checkList(a.list); err != nil {
			refusal = err
			continue
		}
		report, proof := j.Timestamp(ctx, judge.Stamp{
			Kind: "archive-time-stamp", DER: a.der,
			Digest: func(h crypto.Hash) ([]byte, error) { return sum(h, a.list.text), nil },
		})
		s.verdict.Timestamps = append(s.verdict.Timestamps, report)
		if proof == nil {
			refusal = certs.Missing(report.Code, nil, "its archive time-stamp does not hold: %s", report.Sentence)
			continue
		}
		if err := a.ordered(v, stamps); err != nil {
			refusal = err
			continue
		}
		s.verdict.Checks = append(s.verdict.Checks, sign.Pass("archive-time-stamp", report.Sentence))
		proofs = append(proofs, proof)
	}
	return proofs, refusal
}
