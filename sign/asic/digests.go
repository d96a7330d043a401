package asic

import (
	"context"
	"crypto"
	"fmt"
	"hash"
	"io"

	"eidgate/internal/xmlsec"
)

// digests are those of a container's files, each file read once.
type digests struct {
	ctx       context.Context //nolint:containedctx // of the one validation these are for
	container *Container
	known     map[string]map[crypto.Hash][]byte
}

// hashFiles reads each file that something needs once and makes all digests of
// it. A file that cannot be read to its end as the archive describes it is an
// error: there is no document to judge then.
func (c *Container) hashFiles(ctx context.Context, needs map[string][]crypto.Hash) (*digests, error) {
	d := &digests{ctx: ctx, container: c, known: map[string]map[crypto.Hash][]byte{}}
	buffer := make([]byte, min(256<<10, c.largest()+1)) // and one, to meet the end
	for _, e := range c.data {
		sums := map[crypto.Hash]hash.Hash{}
		var writers []io.Writer
		for _, h := range needs[e.Name] {
			if h.Available() && sums[h] == nil {
				sums[h] = h.New()
				writers = append(writers, sums[h])
			}
		}
		if err := copyTo(ctx, io.MultiWriter(writers...), e.Open(), buffer); err != nil {
			return nil, err
		}
		d.known[e.Name] = map[crypto.Hash][]byte{}
		for h, sum := range sums {
			d.known[e.Name][h] = sum.Sum(nil)
		}
	}
	return d, nil
}

// largest is the size of the largest data file.
func (c *Container) largest() (size int64) {
	for _, e := range c.data {
		size = max(size, e.Size)
	}
	return size
}

// copyTo copies a stream and stops when ctx ends.
func copyTo(ctx context.Context, out io.Writer, in io.Reader, buffer []byte) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := in.Read(buffer)
		if n > 0 {
			if _, err := out.Write(buffer[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Digest implements xades.Files.
func (d *digests) Digest(name string, h crypto.Hash) ([]byte, error) {
	of, present := d.known[name]
	if !present {
		return nil, fmt.Errorf("%w: %q", ErrFileMissing, name)
	}
	if digest := of[h]; digest != nil {
		return digest, nil
	}
	return nil, xmlsec.ErrAlgorithm
}

// Open implements xades.Files. Reading stops when the validation does.
func (d *digests) Open(name string) (io.ReadCloser, error) {
	in, err := d.container.OpenFile(name)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(&stoppable{d.ctx, in}), nil
}

// stoppable stops reading when ctx ends.
type stoppable struct {
	ctx context.Context //nolint:containedctx // the reader lives for one call
	in  io.Reader
}

func (s *stoppable) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.in.Read(b)
}
