package statuslist

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"

	"eidgate/internal/fault"
)

// Status of an attestation (§7.1).
type Status byte

// The statuses. Lists of one bit know the first two.
const (
	Valid     Status = 0
	Invalid   Status = 1
	Suspended Status = 2
)

// What reading refuses.
var (
	ErrMalformed = fault.New("statuslist.malformed", "the text is not a status list", "")
	ErrRange     = fault.New("statuslist.out-of-range", "the status list has no such place", "The attestation names a wrong list or place; do not accept it.")
)

// MaxPlaces bounds a list: 2^24 statuses of eight bits are 16 MiB inflated.
const MaxPlaces = 1 << 24

// List is statuses of one, two, four or eight bits each, the first in the
// lowest bits of the first byte (§4.1).
type List struct {
	bits  int
	bytes []byte
}

// New makes a list of valid places; their number is rounded up to whole bytes.
func New(bits, places int) (*List, error) {
	if !validBits(bits) || places < 1 || places > MaxPlaces {
		return nil, fmt.Errorf("making a status list: %w: %d places of %d bits", ErrMalformed, places, bits)
	}
	return &List{bits: bits, bytes: make([]byte, (places*bits+7)/8)}, nil
}

func validBits(bits int) bool { return bits == 1 || bits == 2 || bits == 4 || bits == 8 }

// Bits is the size of a status.
func (l *List) Bits() int { return l.bits }

// Places is the number of statuses.
func (l *List) Places() uint64 { return uint64(len(l.bytes) * 8 / l.bits) }

// Set changes a status. It answers ErrRange.
func (l *List) Set(place uint64, status Status) error {
	if place >= l.Places() || int(status)>>l.bits != 0 {
		return ErrRange
	}
	at, shift, mask := l.position(place)
	l.bytes[at] = l.bytes[at]&^(mask<<shift) | byte(status)<<shift
	return nil
}

// Status looks a place up. It answers ErrRange, which is never "valid".
func (l *List) Status(place uint64) (Status, error) {
	if place >= l.Places() {
		return Invalid, ErrRange
	}
	at, shift, mask := l.position(place)
	return Status(l.bytes[at] >> shift & mask), nil
}

func (l *List) position(place uint64) (at uint64, shift int, mask byte) {
	perByte := uint64(8 / l.bits)
	return place / perByte, int(place%perByte) * l.bits, byte(1<<l.bits - 1)
}

// compress is the list's DEFLATE in the ZLIB format (§4.1).
func (l *List) compress() ([]byte, error) {
	var out bytes.Buffer
	w, err := zlib.NewWriterLevel(&out, zlib.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(l.bytes); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// inflate reads a list of at most MaxPlaces; more is refused, not read.
func inflate(bits int, compressed []byte) (*List, error) {
	if !validBits(bits) {
		return nil, fmt.Errorf("%w: statuses of %d bits", ErrMalformed, bits)
	}
	input := bytes.NewReader(compressed)
	r, err := zlib.NewReader(input)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	limit := int64(MaxPlaces * bits / 8)
	inflated, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if int64(len(inflated)) > limit || len(inflated) == 0 {
		return nil, fmt.Errorf("%w: it has no places or too many", ErrMalformed)
	}
	if input.Len() > 0 {
		return nil, fmt.Errorf("%w: something follows the list", ErrMalformed)
	}
	return &List{bits: bits, bytes: inflated}, nil
}
