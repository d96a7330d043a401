package pades

import (
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"eidgate/certs/timestamp"
	"eidgate/internal/cms"
	"eidgate/internal/fault"
	"eidgate/sign"
	"eidgate/sign/cades"
	"eidgate/sign/internal/judge"
	"eidgate/sign/internal/pdf"
	"eidgate/sign/internal/revisions"
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
	evidence, err := v.store()
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
	for _, c := range v.all {
		if c.good() && c.stamp {
			proofs[c] = c.judgeStamp(ctx, j)
		}
	}
	var madeAfter time.Time
	for _, c := range v.all {
		if e := examined[c]; e != nil {
			j.Signature(ctx, c.out, judge.Subject{
				Certificate: e.Certificate, Stamps: e.Stamps, Later: v.later(c, proofs),
				MadeAfter: madeAfter, Baseline: c.baseline(e),
			})
			v.archived(c, proofs)
		}
		if proven := c.provenTime(proofs[c]); proven.After(madeAfter) {
			madeAfter = proven
		}
	}
	return nil
}

// provenTime is the time that a signature or time-stamp proves for everything
// that is signed after it.
func (c *candidate) provenTime(p *judge.Proof) time.Time {
	if p != nil {
		return p.Time
	}
	return c.out.Proven
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
// validation data.
func (v *validation) archived(c *candidate, proofs map[*candidate]*judge.Proof) {
	if c.out.Level != sign.LevelLT {
		return
	}
	for _, stamp := range v.all {
		if proofs[stamp] == nil || stamp.revision <= c.revision {
			continue
		}
		store, err := revisions.StoreOf(v.file.At(stamp.revision))
		if err == nil && len(store.OCSPs)+len(store.CRLs) > 0 {
			c.out.Level = sign.LevelLTA
		}
	}
}

// judgeStamp gives the verdict on a document time-stamp.
func (c *candidate) judgeStamp(ctx context.Context, j *judge.Judge) *judge.Proof {
	report, proof := j.Timestamp(ctx, judge.Stamp{Kind: "document-time-stamp", DER: c.der, Digest: c.digest})
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

// Limits of the validation data of one document.
const (
	maxStoreItems = 512
	maxStoreItem  = 4 << 20
	maxStoreBytes = 16 << 20
)

// store reads the evidence of the DSS. What cannot be read is no evidence; too
// much of it is [ErrLimit].
func (v *validation) store() (judge.Evidence, error) {
	var e judge.Evidence
	view := v.file.Latest()
	store, err := revisions.StoreOf(view)
	if err != nil {
		return e, fmt.Errorf("reading the validation data: %w", err)
	}
	if n := len(store.Certs) + len(store.OCSPs) + len(store.CRLs); n > maxStoreItems {
		return e, fmt.Errorf("%d items of validation data: %w", n, ErrLimit)
	}
	total := 0
	read := func(ref pdf.Ref) ([]byte, error) {
		value, err := view.Resolve(ref)
		if err != nil {
			return nil, err
		}
		st, ok := value.(*pdf.Stream)
		if !ok {
			return nil, nil
		}
		data, err := v.file.Data(st, maxStoreItem)
		if total += len(data); total > maxStoreBytes {
			return nil, fmt.Errorf("more than %d bytes of validation data: %w", maxStoreBytes, ErrLimit)
		}
		return data, err
	}
	for _, ref := range store.Certs {
		der, err := read(ref)
		if err != nil {
			return e, fmt.Errorf("reading the validation data: %w", err)
		}
		if cert, err := x509.ParseCertificate(der); err == nil {
			e.Certificates = append(e.Certificates, cert)
		}
	}
	for _, list := range []struct {
		refs []pdf.Ref
		to   *[][]byte
	}{{store.OCSPs, &e.OCSP}, {store.CRLs, &e.CRLs}} {
		for _, ref := range list.refs {
			der, err := read(ref)
			if err != nil {
				return e, fmt.Errorf("reading the validation data: %w", err)
			}
			*list.to = append(*list.to, der)
		}
	}
	return e, nil
}

// applyChanges tells of each later change and refuses the signature for those
// that no rule allows.
func (v *validation) applyChanges(c *candidate, changes []revisions.Change) {
	if c.message == nil || c.out.Coverage.Revision == 0 {
		return // what it covers is not established
	}
	permitted := permittedBy(v.file.At(c.revision), c.sig.Dict)
	var refusal error
	for _, change := range changes {
		if change.Revision <= c.revision {
			continue
		}
		err := change.Err
		if err == nil {
			err = v.holds(change, permitted)
		}
		told := sign.Change{Revision: change.Revision + 1, Rule: string(change.Rule), Sentence: change.Sentence}
		if err != nil {
			told.Rule, told.Code, told.Sentence = "", fault.CodeOf(err), err.Error()
			if refusal == nil {
				refusal = err
			}
		}
		c.out.Coverage.Later = append(c.out.Coverage.Later, told)
	}
	c.conclude(refusal)
}

// conclude overrides a verdict with the refusal of a later change: such a
// document is not the one that was signed.
func (c *candidate) conclude(refusal error) {
	switch {
	case refusal == nil && len(c.out.Coverage.Later) > 0:
		c.pass("later-changes", "every later change is one that a rule allows")
	case refusal != nil:
		if c.out.Indication != sign.TotalFailed {
			c.out.Verdict, c.out.Level = sign.Verdict{}, sign.NoLevel
		}
		c.refuse("later-changes", refusal)
	}
}

// holds tells whether an allowed change keeps its promise: a new signature must
// cover the revision that brought it, a certification must permit it, and what
// it draws must be proven.
func (v *validation) holds(change revisions.Change, permitted []revisions.Rule) error {
	if !slices.Contains(permitted, change.Rule) {
		return fmt.Errorf("%w: %s", errDocMDP, change.Sentence)
	}
	if change.Signature == 0 {
		return nil
	}
	i := slices.IndexFunc(v.all, func(c *candidate) bool {
		return c.sig.Object != nil && c.sig.Object.Num == change.Signature && c.revision == change.Revision && c.out.Coverage.Revision != 0
	})
	switch {
	case i < 0:
		return fmt.Errorf("%w: %s", revisions.ErrFieldAdded, change.Field)
	case change.Visible && v.all[i].out.Indication != sign.TotalPassed:
		return fmt.Errorf("%w: %s", errAppearance, change.Field)
	}
	return nil
}
