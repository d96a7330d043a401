package cades

import (
	"context"
	"crypto"
	"encoding/asn1"
	"fmt"

	"eidgate/certs"
	"eidgate/certs/timestamp"
	"eidgate/internal/cms"
	"eidgate/sign"
	"eidgate/sign/internal/judge"
)

// AddArchiveTimestamp lifts a signature from level LT to LTA, or renews LTA: an
// archive-time-stamp-v3 over everything the message holds (EN 319 122-1 §5.5.3).
// The imprint is made with the signature's own hash, so the document is not read
// again.
func AddArchiveTimestamp(ctx context.Context, signature []byte, authority sign.Timestamper) ([]byte, error) {
	message, err := cms.Parse(signature)
	if err != nil {
		return nil, err
	}
	signer, err := message.One()
	if err != nil {
		return nil, err
	}
	if len(message.Revocations) == 0 {
		return nil, fmt.Errorf("%w: it carries no revocation answers", ErrLevel)
	}
	hash, err := signer.DigestAlgorithm.Hash()
	if err != nil {
		return nil, err
	}
	index, err := newHashIndex(message, signer, hash)
	if err != nil {
		return nil, err
	}
	imprint, err := archiveImprint(message, signer, index, hash, nil)
	if err != nil {
		return nil, err
	}
	token, err := authority.Stamp(ctx, hash, imprint)
	if err != nil {
		return nil, fmt.Errorf("getting the archive time-stamp: %w", err)
	}
	stamp, err := cms.AddUnsigned(token.DER, cms.Attribute{Type: oidHashIndex(), Values: [][]byte{index.der}})
	if err != nil {
		return nil, fmt.Errorf("adding the index to the archive time-stamp: %w", err)
	}
	return cms.AddUnsigned(signature, cms.Attribute{Type: oidArchiveTimestamp(), Values: [][]byte{stamp}})
}

// archiveImprint is what an archive time-stamp is over (EN 319 122-1 §5.5.3):
// the content's type, its digest, the signer's own fields and the index. digest
// makes the content's digest with a hash that is not the signature's.
func archiveImprint(message *cms.SignedData, signer *cms.Signer, index *hashIndex, hash crypto.Hash, digest func(crypto.Hash) ([]byte, error)) ([]byte, error) {
	contentType, err := asn1.Marshal(message.ContentType)
	if err != nil {
		return nil, fmt.Errorf("reading the signature: %w", cms.ErrMalformed)
	}
	own, err := signer.DigestAlgorithm.Hash()
	if err != nil {
		return nil, err
	}
	var content []byte
	switch {
	case own == hash:
		content, err = signedDigest(message)
	case digest == nil:
		err = fmt.Errorf("%w: its archive time-stamp is made with another digest than the signature", ErrLevel)
	default:
		content, err = digest(hash)
	}
	if err != nil {
		return nil, err
	}
	h := hash.New()
	for _, part := range [][]byte{contentType, content, signer.Head(), index.der} {
		h.Write(part)
	}
	return h.Sum(nil), nil
}

// archiveStamp is an archive time-stamp with the index that stands in it.
type archiveStamp struct {
	der   []byte
	index *hashIndex
	err   error
}

// archiveStamps are those of a signature, in order.
func archiveStamps(message *cms.SignedData, signer *cms.Signer) []archiveStamp {
	var out []archiveStamp
	for _, a := range signer.Unsigned {
		if a.Type.Equal(oidArchiveTimestamp()) && len(a.Values) == 0 {
			out = append(out, archiveStamp{err: fmt.Errorf("%w: there is no time-stamp in it", ErrHashIndex)})
		}
	}
	for _, der := range signer.Unsigned.All(oidArchiveTimestamp()) {
		s := archiveStamp{der: der}
		if s.index, s.err = parseHashIndex(der); s.err == nil {
			s.err = s.index.check(message, signer)
		}
		out = append(out, s)
	}
	return out
}

// Archives are the archive time-stamps of a signature that hold.
type Archives struct {
	Proofs []*judge.Proof
	// protected is what the last of them is over that is also over every
	// signature time-stamp; nil when there is no such one.
	protected *judge.Evidence
}

// Archived judges the archive time-stamps of an examined message. A bad one is a
// refusal: policy row "archive-time-stamp". digest is that of the document.
func (e *Examined) Archived(ctx context.Context, j *judge.Judge, out *sign.Signature, digest func(crypto.Hash) ([]byte, error)) (kept Archives, refusal error) {
	for _, a := range archiveStamps(e.message, e.Signer) {
		if a.err != nil {
			refusal = a.err
			continue
		}
		report, proof := j.Timestamp(ctx, judge.Stamp{
			Kind: "archive-time-stamp", DER: a.der,
			Digest: func(h crypto.Hash) ([]byte, error) { return archiveImprint(e.message, e.Signer, a.index, h, digest) },
		})
		out.Timestamps = append(out.Timestamps, report)
		if proof == nil {
			refusal = certs.Missing(report.Code, nil, "its archive time-stamp does not hold: %s", report.Sentence)
			continue
		}
		if err := e.Ordered(a.der); err != nil {
			refusal = err
			continue
		}
		out.Checks = append(out.Checks, sign.Pass("archive-time-stamp", report.Sentence))
		kept.Proofs = append(kept.Proofs, proof)
		if len(a.index.revocations) > 0 && a.index.overStamps(e.Signer) {
			kept.protected = a.index.evidence(e.message)
		}
	}
	return kept, refusal
}

// Ordered refuses an archive time-stamp that is older than a signature
// time-stamp it is over.
func (e *Examined) Ordered(der []byte) error {
	after, err := timestamp.Parse(der)
	if err != nil {
		return err
	}
	for _, s := range e.Stamps {
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

// Conclude takes the verdict on the subject back when an archive time-stamp was
// refused, and raises the level to LTA when one protects the evidence.
func (kept Archives) Conclude(ctx context.Context, trust sign.Trust, out *sign.Signature, subject judge.Subject, refusal error) {
	if refusal != nil {
		out.Checks = append(out.Checks, sign.FailedCheck("archive-time-stamp", refusal))
		if out.Indication == sign.TotalPassed {
			refuse(out, refusal)
			out.Level = sign.NoLevel
		}
		return
	}
	if kept.protected != nil && out.Level == sign.LevelLT && judge.Preserved(ctx, trust, out, subject, *kept.protected) {
		out.Level = sign.LevelLTA
	}
}
