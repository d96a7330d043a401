package asic

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"eidgate/internal/fault"
	"eidgate/internal/xmlsec"
	"eidgate/sign"
	"eidgate/sign/xades"
)

// Validate judges every signature of a container and what the container says
// around them. A container without signatures is NOT-SIGNED.
//
// The error says that there is no container to judge: one of [Open], a file
// whose checksum or length is wrong, [sign.ErrNoTrust], or one of reading.
// Whatever is wrong with a signature, or with what the container says about its
// files, is in the report. Files are read as streams, each once, and once more
// for each archive time-stamp.
func Validate(ctx context.Context, in io.ReaderAt, size int64, trust sign.Trust) (*sign.Report, error) {
	report, err := trust.NewReport(sign.Document{Size: size})
	if err != nil {
		return nil, err
	}
	c, err := Open(in, size)
	if err != nil {
		return nil, err
	}
	report.Document.Type = string(c.Kind)
	v := &validation{Container: c, trust: trust, report: report}
	if err := v.run(ctx); err != nil {
		return nil, err
	}
	report.Conclude()
	return report, nil
}

// validation is the work on one container.
type validation struct {
	*Container
	trust    sign.Trust
	report   *sign.Report
	listing  *listing
	refusals []error
	all      []subject
	digests  *digests
	// metadata are the contents of files in META-INF that lists refer to.
	metadata map[string][]byte
}

// subject is a signature of either format.
type subject interface {
	// out is the verdict.
	out() *sign.Signature
	// needs are the digests of data files that the verdict will ask for.
	needs() map[string][]crypto.Hash
	// judge gives the verdict on the signature alone.
	judge(ctx context.Context, v *validation)
	// covered are the media types of the signed files.
	covered() map[string]string
	// refuse overrides a better verdict.
	refuse(check string, err error)
}

func (v *validation) run(ctx context.Context) error {
	v.listing, v.refusals = v.checkFiles()
	if err := v.find(); err != nil {
		return err
	}
	v.report.Checks = append(v.report.Checks, v.notes...)
	for _, refusal := range v.refusals {
		v.report.Checks = append(v.report.Checks, sign.FailedCheck("container", refusal))
	}
	needs := map[string][]crypto.Hash{}
	for _, s := range v.all {
		for name, hashes := range s.needs() {
			needs[name] = append(needs[name], hashes...)
		}
	}
	var err error
	if v.digests, err = v.hashFiles(ctx, needs); err != nil {
		return err
	}
	for _, s := range v.all {
		s.judge(ctx, v)
		v.cover(s)
		for _, refusal := range v.refusals {
			s.refuse("container", refusal)
		}
		noteDistance(s.out())
		v.report.Signatures = append(v.report.Signatures, s.out())
	}
	if len(v.all) == 0 {
		v.report.Checks = append(v.report.Checks, sign.Note("signatures", "the container has no signature"))
	}
	return ctx.Err()
}

// find reads the signature files.
func (v *validation) find() error {
	var size int64
	for _, e := range slices.Concat(v.xades, v.cades, v.stamps, v.lists, v.renewals) {
		if size += e.Size; size > maxSignatureBytes {
			return fmt.Errorf("%w: its signatures have more than %d bytes", ErrLimit, maxSignatureBytes)
		}
	}
	if err := v.findXAdES(); err != nil {
		return err
	}
	if len(v.lists)+len(v.cades)+len(v.stamps)+len(v.renewals) > maxSignatures {
		return fmt.Errorf("%w: more than %d signatures", ErrLimit, maxSignatures)
	}
	if err := v.findCAdES(); err != nil {
		return err
	}
	if v.Kind == ASiCS {
		files := len(v.xades) + len(v.cades)
		if files > 1 || len(v.lists) > 0 || len(v.xades) == 1 && v.xades[0].Name != metaFolder+"signatures.xml" ||
			len(v.cades) == 1 && v.cades[0].Name != metaFolder+"signature.p7s" {
			v.refusals = append(v.refusals, ErrSignatureFiles)
		}
	}
	return nil
}

// Limits of one container; each signature costs verifications.
const (
	maxSignatureFile = 16 << 20 // bytes
	maxSignatures    = 256
	// Of all signature files together, so that the memory they take is bounded.
	maxSignatureBytes    = 64 << 20
	maxSignatureElements = 500_000
)

func (v *validation) findXAdES() error {
	left := maxSignatureElements
	for _, e := range v.xades {
		if len(v.all) >= maxSignatures {
			return fmt.Errorf("%w: more than %d signatures", ErrLimit, maxSignatures)
		}
		text, err := e.ReadAll(maxSignatureFile)
		if err != nil {
			return err
		}
		f, err := xades.ReadWithin(text, e.Name, left)
		if err != nil && left < xades.MaxElements && errors.Is(err, xmlsec.ErrLimit) {
			return fmt.Errorf("%w: its signatures have more than %d XML elements", ErrLimit, maxSignatureElements)
		}
		if err != nil {
			v.all = append(v.all, unreadable(e.Name, "XAdES", err))
			continue
		}
		left -= f.Elements
		for _, c := range f.Signatures {
			v.all = append(v.all, xadesSubject{c})
		}
	}
	return nil
}

// cover compares what is signed with what is there: policy row
// "asic-coverage".
func (v *validation) cover(s subject) {
	signed := s.covered()
	if signed == nil {
		return // refused already
	}
	coverage := &s.out().Coverage
	coverage.Revision, coverage.Revisions = 1, 1
	for _, e := range v.data {
		if media, ok := signed[e.Name]; ok {
			coverage.Files = append(coverage.Files, e.Name)
			coverage.Bytes += e.Size
			v.compareMedia(s, e.Name, media)
			continue
		}
		coverage.NotCovered = append(coverage.NotCovered, e.Name)
		s.refuse("coverage", fmt.Errorf("%w: %q", ErrNotSigned, e.Name))
	}
	coverage.Whole = len(coverage.NotCovered) == 0 && len(coverage.Files) > 0
}

// compareMedia refuses a file that the container and the signer describe
// differently: a reader opens it by one of the two.
func (v *validation) compareMedia(s subject, name, signed string) {
	if v.listing == nil || signed == "" {
		return
	}
	if told, ok := v.listing.files[name]; ok && told != signed {
		s.refuse("media-type", fmt.Errorf("%w: %q", ErrMediaType, name))
	}
}

// noteDistance tells of a revocation answer made long after the time-stamp:
// policy row "ocsp-distance".
func noteDistance(out *sign.Signature) {
	const long = 24 * time.Hour
	for _, e := range out.Evidence {
		if e.About == "signer" && e.InDocument && !out.Proven.IsZero() && e.ProducedAt.Sub(out.Proven) > long {
			out.Checks = append(out.Checks, sign.Note("ocsp-distance",
				"the revocation answer was made more than a day after the time-stamp"))
			return
		}
	}
}

// xadesSubject is an XAdES signature.
type xadesSubject struct{ c *xades.Candidate }

func (s xadesSubject) out() *sign.Signature            { return s.c.Out }
func (s xadesSubject) needs() map[string][]crypto.Hash { return s.c.Needs() }
func (s xadesSubject) covered() map[string]string      { return s.c.Covered() }
func (s xadesSubject) refuse(check string, err error)  { s.c.Refuse(check, err) }
func (s xadesSubject) judge(ctx context.Context, v *validation) {
	s.c.Judge(ctx, v.digests, v.trust)
}

// broken is a signature file that cannot be read.
type broken struct{ verdict *sign.Signature }

func unreadable(name, format string, err error) subject {
	b := broken{&sign.Signature{ID: name, Kind: sign.KindSignature, Format: format}}
	b.refuse("structure", err)
	return b
}

func (b broken) out() *sign.Signature               { return b.verdict }
func (b broken) needs() map[string][]crypto.Hash    { return nil }
func (b broken) covered() map[string]string         { return nil }
func (b broken) judge(context.Context, *validation) {}
func (b broken) refuse(check string, err error)     { refuse(b.verdict, check, err) }

// refuse writes a refusal into a verdict unless there is a worse one.
func refuse(out *sign.Signature, check string, err error) {
	out.Checks = append(out.Checks, sign.FailedCheck(check, err))
	verdict := sign.VerdictOf(err)
	if out.Indication == sign.TotalFailed || out.Indication == sign.Indeterminate && verdict.Indication != sign.TotalFailed {
		return
	}
	out.Verdict, out.Code, out.Sentence, out.Level = verdict, fault.CodeOf(err), err.Error(), sign.NoLevel
}
