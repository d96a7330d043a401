package pades

import (
	"context"
	"crypto"
	"encoding"
	"hash"
	"io"

	"eidgate/sign"
)

// prefix is the state of a hash over the first size bytes of a file.
type prefix struct {
	size  int64
	hash  crypto.Hash
	state []byte
}

// prefixOf keeps the state of h, nil when it cannot be kept.
func prefixOf(h hash.Hash, name crypto.Hash, size int64) *prefix {
	m, ok := h.(encoding.BinaryMarshaler)
	if !ok {
		return nil
	}
	state, err := m.MarshalBinary()
	if err != nil {
		return nil
	}
	return &prefix{size: size, hash: name, state: state}
}

// resume gives a hash that has already read the first start bytes, when it is
// the same hash and none of them are left out of what is to be hashed.
func (p *prefix) resume(name crypto.Hash, covered int64) (h hash.Hash, start int64) {
	h = name.New()
	if p == nil || p.hash != name || p.size > covered {
		return h, 0
	}
	u, ok := h.(encoding.BinaryUnmarshaler)
	if !ok || u.UnmarshalBinary(p.state) != nil {
		return name.New(), 0
	}
	return h, p.size
}

// Check validates the file that [Sign] has just written to out, as [Validate]
// does. The copy of the document in it was hashed while it was made and
// compared byte by byte as it was read back, so it is not hashed again; all
// that signing added is read from out. Use it before anybody else can write to
// the file, and Validate at any other time.
func (r *Result) Check(ctx context.Context, out io.ReaderAt, trust sign.Trust) (*sign.Report, error) {
	return validate(ctx, out, r.Size, trust, r.copied)
}
