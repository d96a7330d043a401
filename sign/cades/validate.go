package cades

import (
	"context"
	"crypto"
	"io"

	"eidgate/internal/cms"
	"eidgate/internal/fault"
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
		out.Verdict, out.Code, out.Sentence = sign.VerdictOf(err), fault.CodeOf(err), err.Error()
		return report, nil
	}
	var trouble error
	counted := &counter{in: document}
	examined := Examine(out, message, Detached, judge.Evidence{}, func(h crypto.Hash) (digest []byte, err error) {
		digest, trouble = digestOf(ctx, counted, h)
		return digest, trouble
	})
	if trouble != nil {
		return nil, trouble
	}
	if examined == nil {
		return report, nil
	}
	report.Document.Size = counted.n
	out.Coverage = sign.Coverage{Whole: true, Bytes: counted.n, Revision: 1, Revisions: 1}
	judge.New(trust, examined.Evidence).Signature(ctx, out, judge.Subject{
		Certificate: examined.Certificate, Stamps: examined.Stamps, Baseline: examined.Baseline,
	})
	return report, nil
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
