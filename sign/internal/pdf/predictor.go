package pdf

import (
	"fmt"
	"io"
)

// predict undoes the predictor of DecodeParms: ISO 32000-1 §7.4.4.4. The TIFF
// predictor is known for 8 bits per component, which is all that structure
// could use.
func predict(r io.Reader, parms Dict) (io.Reader, error) {
	for _, key := range []Name{"Predictor", "Colors", "BitsPerComponent", "Columns"} {
		if _, ok := parms.Int(key); !ok && parms.Get(key) != nil {
			return nil, fmt.Errorf("predictor whose %s is no whole number: %w", key, ErrDamaged)
		}
	}
	predictor := intOr(parms, "Predictor", 1)
	if predictor == 1 {
		return r, nil
	}
	colours, bits, columns := intOr(parms, "Colors", 1), intOr(parms, "BitsPerComponent", 8), intOr(parms, "Columns", 1)
	if colours < 1 || colours > 32 || columns < 1 || columns > 1<<20 || bits < 1 || bits > 16 {
		return nil, fmt.Errorf("predictor with %d columns of %d colours of %d bits: %w", columns, colours, bits, ErrLimit)
	}
	row := int((colours*bits*columns + 7) / 8)
	if row > maxRowBytes {
		return nil, fmt.Errorf("predictor rows of %d bytes: %w", row, ErrLimit)
	}
	p := &predictorReader{
		r: r, step: max(1, int(colours*bits/8)), png: predictor >= 10 && predictor <= 15,
		in: make([]byte, row), prior: make([]byte, row),
	}
	if !p.png && (predictor != 2 || bits != 8) {
		return nil, fmt.Errorf("predictor %d with %d bits: %w", predictor, bits, ErrUnsupported)
	}
	return p, nil
}

func intOr(d Dict, key Name, otherwise int64) int64 {
	if v, ok := d.Int(key); ok {
		return v
	}
	return otherwise
}

type predictorReader struct {
	r         io.Reader
	png       bool
	step      int
	in, prior []byte
	ready     []byte // the part of in not read yet
}

func (p *predictorReader) Read(b []byte) (int, error) {
	if len(p.ready) == 0 {
		if err := p.row(); err != nil {
			return 0, err
		}
	}
	n := copy(b, p.ready)
	p.ready = p.ready[n:]
	return n, nil
}

func (p *predictorReader) row() error {
	p.in, p.prior = p.prior, p.in
	kind := byte(0)
	if p.png {
		var tag [1]byte
		if _, err := io.ReadFull(p.r, tag[:]); err != nil {
			return err
		}
		kind = tag[0]
	}
	if _, err := io.ReadFull(p.r, p.in); err != nil {
		return err
	}
	p.ready = p.in
	if !p.png {
		for i := p.step; i < len(p.in); i++ {
			p.in[i] += p.in[i-p.step]
		}
		return nil
	}
	return p.unfilter(kind)
}

// unfilter undoes one row of the PNG filters: PNG specification §9.2.
func (p *predictorReader) unfilter(kind byte) error {
	if kind > 4 {
		return fmt.Errorf("predictor row of kind %d: %w", kind, ErrDamaged)
	}
	for i := range p.in {
		var left, corner byte
		if i >= p.step {
			left, corner = p.in[i-p.step], p.prior[i-p.step]
		}
		up := p.prior[i]
		switch kind {
		case 1:
			p.in[i] += left
		case 2:
			p.in[i] += up
		case 3:
			p.in[i] += byte((int(left) + int(up)) / 2)
		case 4:
			p.in[i] += paeth(left, up, corner)
		}
	}
	return nil
}

func paeth(a, b, c byte) byte {
	pa, pb, pc := abs(int(b)-int(c)), abs(int(a)-int(c)), abs(int(a)+int(b)-2*int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func abs(v int) int { return max(v, -v) }
