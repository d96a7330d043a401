package pades

import (
	"bytes"
	"context"
	"crypto"
	"fmt"
	"io"
	"sync"

	"eidgate/sign"
	"eidgate/sign/internal/pdf"
	"eidgate/sign/internal/revisions"
)

// checkByteRange wants [0 a b c] with the gap from a to b exactly the Contents
// string (ISO 32000-2 §12.8.1).
func (c *candidate) checkByteRange(in io.ReaderAt, f *pdf.File) error {
	r := c.sig.ByteRange
	switch {
	case len(r) != 4 || r[0] != 0 || r[1] <= 0 || r[2] <= r[1] || r[3] <= 0 || r[3] > f.Size()-r[2]:
		return fmt.Errorf("%w: %v", errByteRange, r)
	case r[1] != c.sig.ContentsStart || r[2] != c.sig.ContentsEnd:
		return fmt.Errorf("%w: bytes %d to %d are left out, the value is at %d to %d",
			errByteRangeGap, r[1], r[2], c.sig.ContentsStart, c.sig.ContentsEnd)
	}
	index, err := revisionEnding(in, f, c.end())
	if err != nil {
		return err
	}
	if index < 0 {
		return fmt.Errorf("%w: byte %d", errByteRangeEnd, c.end())
	}
	c.revision = index
	return nil
}

// end is the first byte after the signed ones.
func (c *candidate) end() int64 { return c.sig.ByteRange[2] + c.sig.ByteRange[3] }

// maxBlank is how much white space may stand between the end of a revision and
// the end of the signed bytes: a line end that one writer counts and another
// does not.
const maxBlank = 16

// revisionEnding finds the revision that ends at end, -1 when none does.
func revisionEnding(in io.ReaderAt, f *pdf.File, end int64) (int, error) {
	for _, r := range f.Revisions() {
		if r.End == 0 {
			continue
		}
		blank, err := blankBetween(in, min(end, r.End), max(end, r.End))
		if err != nil {
			return 0, err
		}
		if blank {
			return r.Index, nil
		}
	}
	return -1, nil
}

// blankBetween tells whether there is nothing but a little white space from one
// byte to another.
func blankBetween(in io.ReaderAt, from, to int64) (bool, error) {
	if to-from > maxBlank {
		return false, nil
	}
	between := make([]byte, to-from)
	if n, err := in.ReadAt(between, from); err != nil && n < len(between) {
		return false, fmt.Errorf("reading the document: %w", err)
	}
	return len(bytes.Trim(between, " \t\r\n\f\x00")) == 0, nil
}

// checkRevision proves that the signer had this very document before him.
func (c *candidate) checkRevision(in io.ReaderAt, f *pdf.File) error {
	if c.sig.Revision != c.revision {
		return fmt.Errorf("%w: it is in revision %d and covers %d", errOtherRevision, c.sig.Revision+1, c.revision+1)
	}
	last := f.Last()
	if blank, err := blankBetween(in, last.End, f.Size()); err != nil || !blank {
		if err != nil {
			return err
		}
		return fmt.Errorf("%w: from byte %d", errTrailing, last.End)
	}
	if err := revisions.SameAsFile(in, f, c.revision, c.end()); err != nil {
		return err
	}
	c.out.Coverage = sign.Coverage{
		Whole: c.revision == last.Index, Bytes: c.sig.ByteRange[1] + c.sig.ByteRange[3],
		Revision: c.revision + 1, Revisions: len(f.Revisions()),
	}
	return nil
}

// hash computes the digests of all signatures, side by side.
func (v *validation) hash(ctx context.Context) error {
	var wait sync.WaitGroup
	errs := make([]error, len(v.all))
	for i, c := range v.all {
		if !c.good() {
			continue
		}
		h, err := c.hashNeeded()
		if err != nil {
			continue // the message is judged, and refused, later
		}
		work := func() { errs[i] = c.hash(ctx, v.in, h, v.known) }
		if len(v.all) == 1 {
			work()
			continue
		}
		wait.Go(work)
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return fmt.Errorf("reading the document: %w", err)
		}
	}
	return nil
}

// hash reads the signed bytes once, but those that are known already.
func (c *candidate) hash(ctx context.Context, in io.ReaderAt, hash crypto.Hash, known *prefix) error {
	r := c.sig.ByteRange
	h, start := known.resume(hash, r[1])
	buffer := make([]byte, max(8<<10, min(c.end()/8, 128<<10)))
	for _, part := range []*io.SectionReader{io.NewSectionReader(in, start, r[1]-start), io.NewSectionReader(in, r[2], r[3])} {
		for {
			if err := ctx.Err(); err != nil {
				return err
			}
			n, err := part.Read(buffer)
			h.Write(buffer[:n])
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
		}
	}
	c.digests[hash] = h.Sum(nil)
	return nil
}
