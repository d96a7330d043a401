package cms

import (
	"bytes"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

const (
	// MaxSize is the most bytes a message may have. The largest honest ones
	// carry revocation lists of a few hundred kilobytes.
	MaxSize = 8 << 20

	maxDepth = 40
)

// normalize turns the BER that RFC 5652 §5.1 allows around SignedData into DER
// lengths and primitive octet strings. Input that is already so is returned as
// it is. It returns the message and what follows it.
func normalize(in []byte) (out, rest []byte, err error) {
	if len(in) > MaxSize {
		return nil, nil, refuse(ErrTooLarge, "%d bytes", len(in))
	}
	s := cryptobyte.String(in)
	var element cryptobyte.String
	if s.ReadAnyASN1Element(&element, new(asn1.Tag)) && definite(element, 0) {
		return element, s, nil
	}
	n := normalizer{out: make([]byte, 0, len(in))}
	used, err := n.element(in, 0)
	if err != nil {
		return nil, nil, err
	}
	return n.out, in[used:], nil
}

// definite tells whether an element is made of DER lengths only and holds no
// octet string in pieces. Primitive contents are not looked at.
func definite(s cryptobyte.String, depth int) bool {
	if depth > maxDepth {
		return false // the normalizer reports it
	}
	for !s.Empty() {
		var content cryptobyte.String
		var tag asn1.Tag
		if !s.ReadAnyASN1(&content, &tag) {
			return false
		}
		if tag == asn1.OCTET_STRING.Constructed() {
			return false
		}
		if tag&0x20 != 0 && !definite(content, depth+1) {
			return false
		}
	}
	return true
}

// normalizer writes the DER form of a BER element.
type normalizer struct{ out []byte }

const constructedOctets = 0x24

// element appends the first element of in and returns how many bytes it took.
func (n *normalizer) element(in []byte, depth int) (int, error) {
	if depth > maxDepth {
		return 0, refuse(ErrTooLarge, "nested deeper than %d", maxDepth)
	}
	h, err := readHeader(in)
	if err != nil {
		return 0, err
	}
	if h.tag&0x20 == 0 {
		if h.indefinite {
			return 0, refuse(ErrMalformed, "a primitive value of indefinite length")
		}
		n.wrap(h.tag, in[h.size:h.size+h.length])
		return h.size + h.length, nil
	}
	inner := normalizer{}
	used, err := inner.children(in[h.size:], h, depth)
	if err != nil {
		return 0, err
	}
	if h.tag == constructedOctets {
		joined, err := joinOctets(inner.out)
		if err != nil {
			return 0, err
		}
		n.wrap(byte(asn1.OCTET_STRING), joined)
	} else {
		n.wrap(h.tag, inner.out)
	}
	return h.size + used, nil
}

// children appends the elements inside a constructed one and returns how many
// bytes they and the end-of-contents octets took.
func (n *normalizer) children(in []byte, h header, depth int) (int, error) {
	if !h.indefinite {
		in = in[:h.length]
	}
	pos := 0
	for {
		if h.indefinite && bytes.HasPrefix(in[pos:], []byte{0, 0}) {
			return pos + 2, nil
		}
		if !h.indefinite && pos == len(in) {
			return pos, nil
		}
		used, err := n.element(in[pos:], depth+1)
		if err != nil {
			return 0, err
		}
		pos += used
	}
}

func (n *normalizer) wrap(tag byte, content []byte) {
	n.out = append(n.out, tag)
	switch l := len(content); {
	case l < 0x80:
		n.out = append(n.out, byte(l))
	case l < 1<<8:
		n.out = append(n.out, 0x81, byte(l))
	case l < 1<<16:
		n.out = append(n.out, 0x82, byte(l>>8), byte(l))
	default: // MaxSize is below 1<<24
		n.out = append(n.out, 0x83, byte(l>>16), byte(l>>8), byte(l))
	}
	n.out = append(n.out, content...)
}

// joinOctets concatenates the pieces of an octet string.
func joinOctets(pieces []byte) ([]byte, error) {
	var joined []byte
	s := cryptobyte.String(pieces)
	for !s.Empty() {
		var piece cryptobyte.String
		if !s.ReadASN1(&piece, asn1.OCTET_STRING) {
			return nil, refuse(ErrMalformed, "an octet string of other pieces")
		}
		joined = append(joined, piece...)
	}
	return joined, nil
}

// header is the identifier and length of one BER element.
type header struct {
	tag        byte
	size       int // bytes of the header
	length     int // bytes of the content, when definite
	indefinite bool
}

func readHeader(in []byte) (header, error) {
	if len(in) < 2 {
		return header{}, refuse(ErrMalformed, "cut short")
	}
	h := header{tag: in[0], size: 2}
	if h.tag&0x1f == 0x1f {
		return header{}, refuse(ErrMalformed, "a tag number above 30")
	}
	switch first := in[1]; {
	case first < 0x80:
		h.length = int(first)
	case first == 0x80:
		h.indefinite = true
	default:
		count := int(first & 0x7f)
		if count > 4 || len(in) < 2+count {
			return header{}, refuse(ErrMalformed, "a length of %d bytes", count)
		}
		for _, b := range in[2 : 2+count] {
			h.length = h.length<<8 | int(b)
		}
		h.size += count
	}
	if h.length < 0 || h.length > len(in)-h.size {
		return header{}, refuse(ErrMalformed, "a length beyond the end")
	}
	return h, nil
}
