package pades

import (
	"context"
	"fmt"
	"io"
	"slices"

	"eidgate/internal/fault"
	"eidgate/sign"
	"eidgate/sign/internal/pdf"
	"eidgate/sign/internal/revisions"
)

// maxSignatures bounds one document; each costs a pass over its bytes.
const maxSignatures = 256

// Validate judges every signature of a document and what was done to the
// document after each. A document without signatures is NOT-SIGNED.
//
// The error says that there is no document to judge: [ErrNotPDF],
// [ErrEncrypted], [ErrDamaged], [ErrUnsupported], [ErrLimit],
// [sign.ErrNoTrust], or one of reading. Whatever is wrong with a signature is
// in the report. The document is read as a stream.
func Validate(ctx context.Context, in io.ReaderAt, size int64, trust sign.Trust) (*sign.Report, error) {
	return validate(ctx, in, size, trust, nil)
}

// validate is Validate that need not hash a known prefix of the document again.
func validate(ctx context.Context, in io.ReaderAt, size int64, trust sign.Trust, known *prefix) (*sign.Report, error) {
	report, err := trust.NewReport(sign.Document{Type: "PDF", Size: size})
	if err != nil {
		return nil, err
	}
	file, err := pdf.Open(in, size)
	if err != nil {
		return nil, err
	}
	v := &validation{in: in, file: file, trust: trust, report: report, known: known}
	if err := v.find(); err != nil {
		return nil, err
	}
	if len(v.all) == 0 {
		report.Checks = append(report.Checks, sign.Note("signatures", "the PDF has no signature field that is signed"))
		report.Conclude()
		return report, nil
	}
	if err := v.run(ctx); err != nil {
		return nil, err
	}
	report.Conclude()
	return report, nil
}

// validation is the work on one document.
type validation struct {
	in     io.ReaderAt
	file   *pdf.File
	trust  sign.Trust
	report *sign.Report
	all    []*candidate
	known  *prefix
}

// find lists the signatures of the document and those that a later revision
// took away or wrote over: hiding a signature does not make it unsaid.
func (v *validation) find() error {
	last := v.file.Last().Index
	known := map[objectState]bool{}
	for i := last; i >= 0; i-- {
		view := v.file.At(i)
		if i < last && !hasOther(view, known) {
			continue
		}
		found, err := view.Signatures()
		if err != nil {
			if i < last {
				continue // an old state that cannot be read shows nothing
			}
			return err
		}
		for _, s := range found {
			p := objectState{revision: s.Revision}
			if s.Object != nil {
				p.num = s.Object.Num
			}
			if i < last && known[p] {
				continue
			}
			known[p] = true
			c := newCandidate(s)
			c.gone = i < last
			if v.all = append(v.all, c); len(v.all) > maxSignatures {
				return fmt.Errorf("more than %d signatures: %w", maxSignatures, ErrLimit)
			}
		}
	}
	slices.Reverse(v.all) // as found, the oldest revision last
	return nil
}

// objectState is one state of an object: its number and the revision that wrote it.
type objectState struct{ num, revision int }

// hasOther tells whether a view has signatures besides the known ones, without
// reading them.
func hasOther(view *pdf.View, known map[objectState]bool) bool {
	fields, err := view.Fields()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(fields, func(f pdf.Field) bool {
		if f.Type != "Sig" || f.Value == nil {
			return false
		}
		ref, ok := f.Value.(pdf.Ref)
		if !ok {
			return true
		}
		_, revision, found, err := view.Lookup(ref.Num)
		return err == nil && found && !known[objectState{ref.Num, revision}]
	})
}

func (v *validation) run(ctx context.Context) error {
	v.checkShared()
	for _, c := range v.all {
		if err := c.locate(v.in, v.file); err != nil {
			return err
		}
	}
	// Older signatures first: a later one can prove the time of an earlier.
	slices.SortStableFunc(v.all, func(a, b *candidate) int { return a.revision - b.revision })
	for _, c := range v.all {
		v.report.Signatures = append(v.report.Signatures, c.out)
	}
	if err := v.hash(ctx); err != nil {
		return err
	}
	changes, err := v.changes(ctx)
	if err != nil {
		return err
	}
	if err := v.judge(ctx); err != nil {
		return err
	}
	for _, c := range v.all {
		v.applyChanges(c, changes)
	}
	return nil
}

// checkShared refuses signature dictionaries and field names that stand for
// two signatures.
func (v *validation) checkShared() {
	dicts, names := map[int]int{}, map[string]int{}
	for _, c := range v.all {
		if c.gone {
			continue
		}
		if c.sig.Object != nil {
			dicts[c.sig.Object.Num]++
		}
		names[c.sig.Field.Name]++
	}
	for _, c := range v.all {
		switch {
		case c.gone:
		case c.sig.Object != nil && dicts[c.sig.Object.Num] > 1:
			c.refuse("signature", errSharedSignature)
		case names[c.sig.Field.Name] > 1:
			c.refuse("signature", errDuplicateField)
		}
	}
}

// changes are what the revisions after the oldest located signature did.
func (v *validation) changes(ctx context.Context) ([]revisions.Change, error) {
	base := -1
	for _, c := range v.all {
		if c.good() && (base < 0 || c.revision < base) {
			base = c.revision
		}
	}
	if base < 0 {
		return nil, nil
	}
	changes, err := revisions.Analyse(ctx, v.file, base)
	switch {
	case err == nil:
		return changes, nil
	case fault.CodeOf(err) == "":
		return nil, err // of reading
	}
	// What cannot be compared is not allowed.
	return []revisions.Change{{Revision: v.file.Last().Index + 1, Err: fmt.Errorf("comparing the document's revisions: %w", err)}}, nil
}
