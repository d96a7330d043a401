package asic

import (
	"bytes"
	"context"
	"crypto"
	"fmt"
	"strings"

	"eidgate/certs/timestamp"
	"eidgate/internal/cms"
	"eidgate/internal/xmlsec"
	"eidgate/sign"
	"eidgate/sign/asic/internal/zipfile"
	"eidgate/sign/cades"
	"eidgate/sign/internal/judge"
)

// cmsSubject is a CMS signature over a list of files, or over the file itself
// in ASiC-S; or a time-stamp token in its place.
type cmsSubject struct {
	verdict *sign.Signature
	der     []byte
	list    *list  // nil in ASiC-S
	file    string // the only file, in ASiC-S
	stamp   bool
	later   []archiveStamp
}

func (s *cmsSubject) out() *sign.Signature           { return s.verdict }
func (s *cmsSubject) refuse(check string, err error) { refuse(s.verdict, check, err) }

// findCAdES pairs lists and signatures.
func (v *validation) findCAdES() error {
	v.metadata = map[string][]byte{}
	for _, group := range [][]*zipfile.Entry{v.lists, v.cades, v.stamps, v.renewals} {
		for _, e := range group {
			text, err := e.ReadAll(maxSignatureFile)
			if err != nil {
				return err
			}
			v.metadata[e.Name] = text
		}
	}
	used := map[string]bool{}
	if v.Kind == ASiCS {
		archives := v.findArchives(used)
		v.findSimple(used)
		v.protect(archives)
		return nil
	}
	for _, e := range v.lists {
		l, err := parseList(e.Name, v.metadata[e.Name])
		if err != nil {
			v.all = append(v.all, unreadable(e.Name, "CAdES", err))
			continue
		}
		der, there := v.metadata[l.signature]
		if !there || used[l.signature] || !strings.HasPrefix(l.signature, metaFolder) {
			v.all = append(v.all, unreadable(e.Name, "CAdES", fmt.Errorf("%w: %q signs no list of its own", ErrSignatureFiles, l.signature)))
			continue
		}
		used[l.signature] = true
		s := &cmsSubject{der: der, list: l, stamp: strings.HasSuffix(l.signature, ".tst")}
		s.verdict = newVerdict(l.signature, s.stamp)
		v.all = append(v.all, s)
	}
	v.protect(v.findArchives(used))
	for _, group := range [][]*zipfile.Entry{v.cades, v.stamps} {
		for _, e := range group {
			if !used[e.Name] {
				v.all = append(v.all, unreadable(e.Name, "CAdES", fmt.Errorf("%w: no list refers to %q", ErrSignatureFiles, e.Name)))
			}
		}
	}
	return nil
}

// protect gives the signatures the archive time-stamps that may be over them.
func (v *validation) protect(archives []archiveStamp) {
	for _, s := range v.all {
		if c, ok := s.(*cmsSubject); ok {
			c.later = archives
		}
	}
}

// findSimple finds the signature of an ASiC-S container.
func (v *validation) findSimple(used map[string]bool) {
	if len(v.data) != 1 {
		return
	}
	for _, e := range append(v.cades[:len(v.cades):len(v.cades)], v.stamps...) {
		if used[e.Name] {
			continue
		}
		s := &cmsSubject{der: v.metadata[e.Name], file: v.data[0].Name, stamp: strings.HasSuffix(e.Name, ".tst")}
		s.verdict = newVerdict(e.Name, s.stamp)
		v.all = append(v.all, s)
	}
}

func newVerdict(id string, stamp bool) *sign.Signature {
	if stamp {
		return &sign.Signature{ID: id, Kind: sign.KindTimestamp, Format: "RFC 3161"}
	}
	return &sign.Signature{ID: id, Kind: sign.KindSignature, Format: "CAdES"}
}

func (s *cmsSubject) needs() map[string][]crypto.Hash {
	out := map[string][]crypto.Hash{}
	for _, a := range s.later {
		for _, f := range a.list.files {
			out[f.name] = append(out[f.name], f.hash)
		}
	}
	if s.list == nil {
		out[s.file] = append(out[s.file], s.hashes()...)
		return out
	}
	for _, f := range s.list.files {
		out[f.name] = append(out[f.name], f.hash)
	}
	return out
}

// hashes are the digest algorithms of the message or token, as far as they are
// accepted.
func (s *cmsSubject) hashes() []crypto.Hash {
	if s.stamp {
		if token, err := timestamp.Parse(s.der); err == nil && token.Imprint.Hash != 0 {
			return []crypto.Hash{token.Imprint.Hash}
		}
		return nil
	}
	message, err := cms.Parse(s.der)
	if err != nil {
		return nil
	}
	return cades.Needs(message)
}

func (s *cmsSubject) covered() map[string]string {
	if s.list == nil {
		return map[string]string{s.file: ""}
	}
	return s.list.mediaTypes()
}

func (s *cmsSubject) judge(ctx context.Context, v *validation) {
	digest := func(h crypto.Hash) ([]byte, error) {
		if s.list == nil {
			return v.digests.Digest(s.file, h)
		}
		return sum(h, s.list.text), nil
	}
	if s.stamp {
		s.judgeStamp(ctx, v, digest)
		return
	}
	message, err := cms.Parse(s.der)
	if err != nil {
		s.refuse("cms.message", err)
		return
	}
	examined := cades.Examine(s.verdict, message, cades.Detached, judge.Evidence{}, digest)
	if examined == nil {
		return
	}
	if err := v.checkList(s.list); err != nil {
		s.refuse("list", err)
		return
	}
	evidence := examined.Evidence
	evidence.Merge(s.laterEvidence())
	j := judge.New(v.trust, evidence)
	proofs, refusal := s.archived(ctx, v, j, examined.Stamps)
	inside, insideRefusal := examined.Archived(ctx, j, s.verdict, digest)
	subject := judge.Subject{
		Certificate: examined.Certificate, Stamps: examined.Stamps, Later: append(proofs, inside.Proofs...), Baseline: examined.Baseline,
	}
	j.Signature(ctx, s.verdict, subject)
	inside.Conclude(ctx, v.trust, s.verdict, subject, insideRefusal)
	if refusal != nil {
		s.refuse("archive-time-stamp", refusal)
	}
	if len(proofs) > 0 && s.verdict.Level == sign.LevelLT && judge.Preserved(ctx, v.trust, s.verdict, subject, s.protected(v, examined.Evidence)) {
		s.verdict.Level = sign.LevelLTA
	}
}

// judgeStamp gives the verdict on a time-stamp that stands for a signature.
func (s *cmsSubject) judgeStamp(ctx context.Context, v *validation, digest func(crypto.Hash) ([]byte, error)) {
	evidence := evidenceOf(s.der)
	evidence.Merge(s.laterEvidence())
	j := judge.New(v.trust, evidence)
	report, proof := j.Timestamp(ctx, judge.Stamp{Kind: "document-time-stamp", DER: s.der, Digest: digest})
	s.verdict.Timestamps = []sign.Timestamp{report}
	s.verdict.Verdict, s.verdict.Code, s.verdict.Sentence = report.Verdict, report.Code, report.Sentence
	if report.Code == "timestamp.wrong-imprint" {
		s.verdict.Verdict = sign.Failed(sign.HashFailure)
	}
	if proof == nil {
		s.verdict.Checks = append(s.verdict.Checks, sign.Check{Name: "document-time-stamp", Result: sign.Fails, Code: report.Code, Sentence: report.Sentence})
		return
	}
	s.verdict.Proven, s.verdict.Anchor = report.Time, report.Anchor
	s.verdict.Checks = append(s.verdict.Checks, sign.Pass("document-time-stamp", report.Sentence))
	if err := v.checkList(s.list); err != nil {
		s.refuse("list", err)
	}
	if _, refusal := s.archived(ctx, v, j, []judge.Stamp{{DER: s.der}}); refusal != nil {
		s.refuse("archive-time-stamp", refusal)
	}
}

// checkList compares the digests of a list with the files.
func (v *validation) checkList(l *list) error {
	if l == nil {
		return nil
	}
	for _, f := range l.files {
		digest, err := v.digestOf(f.name, f.hash)
		if err != nil {
			return err
		}
		if !bytes.Equal(digest, f.digest) {
			return fmt.Errorf("%w: %q", xmlsec.ErrDigest, f.name)
		}
	}
	return nil
}

// digestOf is the digest of a data file or of a file of META-INF.
func (v *validation) digestOf(name string, hash crypto.Hash) ([]byte, error) {
	if text, ok := v.metadata[name]; ok {
		return sum(hash, text), nil
	}
	return v.digests.Digest(name, hash)
}

func sum(h crypto.Hash, text []byte) []byte {
	f := h.New()
	f.Write(text)
	return f.Sum(nil)
}
