package asic

import (
	"context"
	"crypto"
	"fmt"
	"io"
	"strings"
)

// PrepareAdd prepares one more signature over the files of an existing ASiC-E
// container. The signature format must be the one the container has.
func PrepareAdd(ctx context.Context, in io.ReaderAt, size int64, o Options) (*Prepared, error) {
	c, err := Open(in, size)
	if err != nil {
		return nil, err
	}
	o = o.withDefaults()
	o.Kind = c.Kind
	if err := o.check(); err != nil {
		return nil, err
	}
	listed, refusals := c.checkFiles()
	if len(refusals) > 0 {
		return nil, fmt.Errorf("%w: %w", ErrAdd, refusals[0])
	}
	switch {
	case c.Kind == ASiCS:
		return nil, fmt.Errorf("%w: ASiC-S has one signature file", ErrAdd)
	case o.CAdES && len(c.xades) > 0, !o.CAdES && len(c.cades) > 0:
		return nil, fmt.Errorf("%w: its signatures are of another format", ErrAdd)
	}
	p := &Prepared{kind: c.Kind, hash: o.Hash, when: o.Time, existing: true}
	if p.files, err = c.measure(ctx, o.Hash); err != nil {
		return nil, err
	}
	for i := range p.files {
		f := &p.files[i]
		if f.MediaType = MediaType(f.Name); listed != nil {
			f.MediaType = listed.files[f.Name]
		}
	}
	return p, p.prepareSignature(c.free(o.CAdES), &o)
}

// free is the first number that no signature of the container has.
func (c *Container) free(cades bool) int {
	for n := 0; ; n++ {
		taken := false
		for _, e := range c.archive.Entries {
			name := strings.ToLower(e.Name)
			if cades {
				taken = taken || strings.Contains(name, fmt.Sprintf("%03d.", n+1))
			} else {
				taken = taken || strings.HasSuffix(name, fmt.Sprintf("signatures%d.xml", n))
			}
		}
		if !taken {
			return n
		}
	}
}

// measure makes the digests of the data files.
func (c *Container) measure(ctx context.Context, hash crypto.Hash) ([]entry, error) {
	needs := map[string][]crypto.Hash{}
	for _, e := range c.data {
		needs[e.Name] = []crypto.Hash{hash}
	}
	d, err := c.hashFiles(ctx, needs)
	if err != nil {
		return nil, err
	}
	var out []entry
	for _, e := range c.data {
		out = append(out, entry{Name: e.Name, Size: e.Size, CRC: e.CRC, Digest: d.known[e.Name][hash]})
	}
	return out, nil
}
