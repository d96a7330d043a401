package revisions

import (
	"fmt"
	"io"

	"eidgate/sign/internal/pdf"
)

// SameAsFile proves that the first end bytes of a file, read as a file of their
// own, are the document as revision index left it: what the signer had. It
// returns [ErrMismatch] or [ErrOutside] when they are not.
func SameAsFile(in io.ReaderAt, f *pdf.File, index int, end int64) error {
	own, err := pdf.Open(io.NewSectionReader(in, 0, end), end)
	if err != nil {
		return fmt.Errorf("%w: reading them alone: %w", ErrMismatch, err)
	}
	revisions, alone := f.Revisions(), own.Revisions()
	if len(alone) != index+1 {
		return fmt.Errorf("%w: %d revisions instead of %d", ErrMismatch, len(alone), index+1)
	}
	for i, r := range alone {
		if r.XRef != revisions[i].XRef {
			return fmt.Errorf("%w: revision %d begins elsewhere", ErrMismatch, i+1)
		}
	}
	return inside(f, index)
}

// inside checks that revisions up to index place no object beyond their own
// end, where an update could put another one.
func inside(f *pdf.File, index int) error {
	for _, r := range f.Revisions()[:index+1] {
		err := f.Entries(r, func(num int, e pdf.Entry) error {
			if e.Kind == pdf.InFile && e.Offset >= r.End {
				return fmt.Errorf("%w: object %d", ErrOutside, num)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
