package cades

import (
	"context"
	"crypto"
	"io"

	"eidgate/certs/timestamp"
	"eidgate/internal/cms"
	"eidgate/sign"
	"eidgate/sign/internal/judge"
)

// Validate judges a detached signature over a document, which is read once, to
// its end. The error is the reader's trouble; whatever is wrong with the
// signature is in the report.
func Validate(ctx context.Context, signature []byte, document io.Reader, trust sign.Trust) (*sign.Report, error) {
	report, err := trust.NewReport(sign.Document{Type: "CAdES"})
	if err != nil {
		return nil, err
	}
	out := &sign.Signature{ID: "1", Kind: sign.KindSignature, Format: "CAdES"}
	report.Signatures = append(report.Signatures, out)
	defer report.Conclude()

	message, err := cms.Parse(signature)
	if err != nil {
		out.Checks = append(out.Checks, sign.FailedCheck("cms.message", err))
		refuse(out, err)
		return report, nil
	}
	counted := &counter{in: document}
	digests, trouble := digestsOf(ctx, counted, Needs(message))
	if trouble != nil {
		return nil, trouble
	}
	digest := func(h crypto.Hash) ([]byte, error) {
		if d, ok := digests[h]; ok {
			return d, nil
		}
		return nil, cms.ErrUnsupported
	}
	examined := Examine(out, message, Detached, judge.Evidence{}, digest)
	if examined == nil {
		return report, nil
	}
	report.Document.Size = counted.n
	out.Coverage = sign.Coverage{Whole: true, Bytes: counted.n, Revision: 1, Revisions: 1}
	j := judge.New(trust, examined.Evidence)
	archives, refusal := examined.Archived(ctx, j, out, digest)
	subject := judge.Subject{
		Certificate: examined.Certificate, Stamps: examined.Stamps, Later: archives.Proofs, Baseline: examined.Baseline,
	}
	j.Signature(ctx, out, subject)
	archives.Conclude(ctx, trust, out, subject, refusal)
	return report, nil
}

// Needs are the digests of the document that judging a message asks for: the
// signer's own and those of archive time-stamps.
func Needs(message *cms.SignedData) []crypto.Hash {
	signer, err := message.One()
	if err != nil {
		return nil
	}
	var out []crypto.Hash
	if h, err := signer.DigestAlgorithm.Hash(); err == nil {
		out = append(out, h)
	}
	for _, der := range signer.Unsigned.All(oidArchiveTimestamp()) {
		if token, err := timestamp.Parse(der); err == nil && token.Imprint.Hash != 0 {
			out = append(out, token.Imprint.Hash)
		}
	}
	return out
}

// counter counts what is read.
type counter struct {
	in io.Reader
	n  int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	return n, err
}
