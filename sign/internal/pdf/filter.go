package pdf

import (
	"compress/zlib"
	"encoding/ascii85"
	"fmt"
	"io"
)

// decode puts the filters of a stream's dictionary (ISO 32000-1 §7.4) before
// its raw data. FlateDecode with predictors, ASCIIHexDecode and ASCII85Decode
// are known: structure (cross-reference and object streams, DSS) uses no other.
//
// What programs read in different ways is refused: they would find other data.
func decode(raw io.Reader, d Dict) (io.Reader, error) {
	filters, params, err := filtersOf(d)
	if err != nil {
		return nil, err
	}
	r := raw
	for i, f := range filters {
		var parms Dict
		if i < len(params) {
			parms, _ = params[i].(Dict)
		}
		if r, err = applyFilter(r, f, parms); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// filtersOf lists the filters of a stream and their parameters, which are one
// dictionary for one filter and a list for a list (table 5). poppler and pdf.js
// look at nothing else; they and MuPDF also take the short names of inline
// images, and F is the data of another file.
func filtersOf(d Dict) (filters, params Array, err error) {
	for _, key := range []Name{"F", "DP"} {
		if _, ok := d.Entry(key); ok {
			return nil, nil, fmt.Errorf("a stream with %s: %w", key, ErrDamaged)
		}
	}
	switch f := d.Get("Filter").(type) {
	case nil:
		return nil, nil, nil
	case Array:
		filters = f
		list, ok := d.Get("DecodeParms").(Array)
		if params = list; d.Get("DecodeParms") != nil && (!ok || len(list) != len(f)) {
			return nil, nil, fmt.Errorf("a list of filters whose parameters are no such list: %w", ErrDamaged)
		}
	default:
		filters, params = Array{f}, Array{d.Get("DecodeParms")}
	}
	if len(filters) > 4 {
		return nil, nil, fmt.Errorf("%d filters on one stream: %w", len(filters), ErrLimit)
	}
	for _, p := range params {
		if parms, ok := p.(Dict); p != nil && !ok || parms.Repeated() != "" {
			return nil, nil, fmt.Errorf("filter parameters that are no dictionary: %w", ErrDamaged)
		}
	}
	return filters, params, nil
}

func applyFilter(r io.Reader, filter Object, parms Dict) (io.Reader, error) {
	switch filter {
	case Name("FlateDecode"), Name("Fl"):
		z, err := zlib.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("opening compressed data: %w: %w", ErrDamaged, err)
		}
		return predict(z, parms)
	case Name("ASCIIHexDecode"), Name("AHx"):
		return &hexReader{r: r}, nil
	case Name("ASCII85Decode"), Name("A85"):
		return ascii85.NewDecoder(&untilTilde{r: r}), nil
	}
	name, _ := filter.(Name)
	return nil, fmt.Errorf("stream filter %q: %w", string(name), ErrUnsupported)
}

// hexReader decodes ASCIIHexDecode: ISO 32000-1 §7.4.2.
type hexReader struct {
	r    io.Reader
	done bool
}

func (h *hexReader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) && !h.done {
		high, err := h.digit()
		if err != nil {
			return n, err
		}
		if h.done {
			break
		}
		low, err := h.digit()
		if err != nil {
			return n, err
		}
		p[n] = high<<4 | low
		n++
	}
	if n == 0 && h.done && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (h *hexReader) digit() (byte, error) {
	var c [1]byte
	for {
		if _, err := io.ReadFull(h.r, c[:]); err != nil || c[0] == '>' {
			h.done = true
			return 0, nil
		}
		if isSpace(c[0]) {
			continue
		}
		v, ok := unhex(c[0])
		if !ok {
			return 0, fmt.Errorf("hexadecimal data holds something else: %w", ErrDamaged)
		}
		return v, nil
	}
}

// untilTilde ends the data at the ~> mark of ASCII85Decode.
type untilTilde struct {
	r    io.Reader
	done bool
}

func (u *untilTilde) Read(p []byte) (int, error) {
	if u.done {
		return 0, io.EOF
	}
	n, err := u.r.Read(p)
	for i, c := range p[:n] {
		if c == '~' {
			u.done = true
			return i, io.EOF
		}
	}
	return n, err
}
