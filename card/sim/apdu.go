package sim

import "fmt"

// Status words of ISO/IEC 7816-4 section 5.6.
const (
	swOK             = 0x9000
	swWrongLength    = 0x6700
	swNotVerified    = 0x6982
	swBlocked        = 0x6983
	swNotSatisfied   = 0x6985
	swWrongData      = 0x6A80
	swNoFile         = 0x6A82
	swWrongP1P2      = 0x6A86
	swNoReference    = 0x6A88
	swWrongOffset    = 0x6B00
	swNoInstruction  = 0x6D00
	swNoClass        = 0x6E00
	swInternalDamage = 0x6F00
)

// request is a parsed short command APDU.
type request struct {
	ins, p1, p2 byte
	data        []byte
	le          int // 0: no answer expected, 256: up to 256 bytes
}

// parse reads a short command APDU, ISO/IEC 7816-3 section 12.1.3. sw is not
// 9000 when the card would refuse it.
func parse(b []byte) (r request, sw uint16) {
	if len(b) < 4 {
		return r, swWrongLength
	}
	if b[0] != 0x00 {
		return r, swNoClass
	}
	r.ins, r.p1, r.p2 = b[1], b[2], b[3]
	body := b[4:]
	switch {
	case len(body) == 0:
	case len(body) == 1:
		r.le = length(body[0])
	case len(body) == 1+int(body[0]):
		r.data = body[1:]
	case len(body) == 2+int(body[0]) && body[0] != 0:
		r.data, r.le = body[1:1+int(body[0])], length(body[len(body)-1])
	default:
		return r, swWrongLength
	}
	return r, swOK
}

func length(le byte) int {
	if le == 0 {
		return 256
	}
	return int(le)
}

func answer(data []byte, sw uint16) []byte {
	return append(append(make([]byte, 0, len(data)+2), data...), byte(sw>>8), byte(sw))
}

// wrap is one BER-TLV data object with a length of up to 255 bytes.
func wrap(tag uint32, value []byte) []byte {
	var b []byte
	for shift := 24; shift >= 0; shift -= 8 {
		if t := byte(tag >> shift); t != 0 || len(b) > 0 {
			b = append(b, t)
		}
	}
	if len(value) > 127 {
		b = append(b, 0x81)
	}
	return append(append(b, byte(len(value))), value...)
}

// unwrap reads the data object at the start of b, with one-byte lengths and
// tags of up to three bytes: all a reader of this card sends.
func unwrap(b []byte, tag uint32) (value, rest []byte, err error) {
	want := wrap(tag, nil)
	want = want[:len(want)-1]
	if len(b) < len(want)+1 || string(b[:len(want)]) != string(want) {
		return nil, nil, fmt.Errorf("no data object %X", tag)
	}
	n, b := int(b[len(want)]), b[len(want)+1:]
	if n > len(b) || n > 127 {
		return nil, nil, fmt.Errorf("data object %X is too short", tag)
	}
	return b[:n], b[n:], nil
}
