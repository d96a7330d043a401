package revisions

import (
	"context"
	"fmt"

	"eidgate/internal/fault"
	"eidgate/sign/internal/pdf"
)

// Rule names a written rule that allows a change.
type Rule string

// The rules that a report tells about; structure, unchanged and unreferenced
// objects are not worth a line.
const (
	RuleSignature  Rule = "signature"
	RuleTimestamp  Rule = "document-time-stamp"
	RuleValidation Rule = "validation-data"
	RuleInfo       Rule = "info"
	RuleFill       Rule = "form-fill"
)

// Change is one thing an update did.
type Change struct {
	// Revision that did it, counted from 0.
	Revision int
	// Rule that allows it, or Err that refuses it; both when it is a filling
	// that is not well made.
	Rule Rule
	Err  error
	// Sentence for people.
	Sentence string
	// Field is the name of the form field that was filled in or signed, and
	// Signature the object number of the signature's dictionary. The rule holds
	// only if that signature is one that covers its revision.
	Field     string
	Signature int
	// Present says that the field was there before, for a signature empty.
	Present bool
	// Visible says that the signature draws something on a page.
	Visible bool
}

// refusal makes a change that no rule allows.
func refusal(revision int, sentinel *fault.Error, format string, args ...any) Change {
	detail := fmt.Sprintf(format, args...)
	return Change{Revision: revision, Err: fmt.Errorf("%w: %s", sentinel, detail), Sentence: sentinel.Error() + ": " + detail}
}

// maxRefusals is how many are told of one revision; one is enough to refuse it.
const maxRefusals = 16

// maxWritten is how many objects all updates of a document may write together.
const maxWritten = 1 << 20

// Analyse returns what the revisions after base changed, in order. The error is
// the reader's or the context's: a file that cannot be compared is not allowed to
// be valid. The work is bounded: by the reader's limit on reading, by the number
// of objects that updates write, and by the number of references compared; more
// is [pdf.ErrLimit] or a refusal.
func Analyse(ctx context.Context, f *pdf.File, base int) ([]Change, error) {
	revisions := f.Revisions()
	written := make([]map[int]pdf.Entry, len(revisions))
	wanted := map[int]bool{}
	total := 0
	for k := base + 1; k < len(revisions); k++ {
		written[k] = map[int]pdf.Entry{}
		err := f.Entries(revisions[k], func(num int, e pdf.Entry) error {
			written[k][num] = e
			wanted[num] = true
			if total++; total > maxWritten {
				return fmt.Errorf("updates write more than %d objects: %w", maxWritten, pdf.ErrLimit)
			}
			return ctx.Err()
		})
		if err != nil {
			return nil, err
		}
		if err := wantSignatures(f.At(k), wanted); err != nil {
			return nil, err
		}
		store, err := dssOf(f.At(k))
		if err != nil {
			return nil, err
		}
		if store != nil { // what holds a changed part of the DSS must be known, too
			for _, num := range store.containers {
				wanted[num] = true
			}
		}
	}
	refs, err := scan(ctx, f, base, wanted)
	if err != nil {
		return nil, err
	}
	if len(refs.outside) > 0 {
		return nil, fmt.Errorf("%w: object %d", ErrOutside, refs.outside[0])
	}
	var out []Change
	for k := base + 1; k < len(revisions); k++ {
		s := &step{base: base, k: k, old: f.At(k - 1), new: f.At(k), written: written[k], refs: refs, settled: map[int]bool{}, widgets: map[int]bool{}}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := s.run(); err != nil {
			return nil, err
		}
		out = append(out, s.out...)
	}
	return out, nil
}

// wantSignatures wants to know who refers to the signatures of a view, which
// may name what else the document is made of.
func wantSignatures(v *pdf.View, wanted map[int]bool) error {
	fields, err := v.Fields()
	if err != nil {
		return err
	}
	for _, f := range fields {
		if ref, ok := f.Value.(pdf.Ref); ok && f.Type == "Sig" {
			wanted[ref.Num] = true
		}
	}
	_, catalog, err := v.Catalog()
	if err != nil {
		return err
	}
	perms, err := v.Dict(catalog.Get("Perms"))
	if err != nil {
		return nil // judged where it counts
	}
	for _, e := range perms {
		if ref, ok := e.Value.(pdf.Ref); ok {
			wanted[ref.Num] = true
		}
	}
	return nil
}
