package card

import "fmt"

// tlv reads one BER-TLV data object, ISO/IEC 7816-4 section 5.2.2.2: tags of
// up to three bytes, definite lengths of up to two.
func tlv(b []byte) (tag uint32, value, rest []byte, err error) {
	bad := fmt.Errorf("reading a data object: %w", ErrBadAnswer)
	if len(b) < 2 {
		return 0, nil, nil, bad
	}
	tag, b = uint32(b[0]), b[1:]
	if tag&0x1F == 0x1F {
		for i := 0; ; i++ {
			if i == 2 || len(b) == 0 {
				return 0, nil, nil, bad
			}
			last := b[0]&0x80 == 0
			tag, b = tag<<8|uint32(b[0]), b[1:]
			if last {
				break
			}
		}
	}
	n, b, ok := tlvLength(b)
	if !ok || n > len(b) {
		return 0, nil, nil, bad
	}
	return tag, b[:n], b[n:], nil
}

func tlvLength(b []byte) (n int, rest []byte, ok bool) {
	switch {
	case len(b) >= 1 && b[0] < 0x80:
		return int(b[0]), b[1:], true
	case len(b) >= 2 && b[0] == 0x81:
		return int(b[1]), b[2:], true
	case len(b) >= 3 && b[0] == 0x82:
		return int(b[1])<<8 | int(b[2]), b[3:], true
	}
	return 0, nil, false
}

// tlvFind follows a path of tags, each inside the one before.
func tlvFind(b []byte, path ...uint32) ([]byte, error) {
	for _, want := range path {
		found := false
		for len(b) > 0 && !found {
			tag, value, rest, err := tlv(b)
			if err != nil {
				return nil, err
			}
			if found = tag == want; found {
				b = value
			} else {
				b = rest
			}
		}
		if !found {
			return nil, fmt.Errorf("looking for data object %X: %w", want, ErrBadAnswer)
		}
	}
	return b, nil
}

// fileSize reads a file's size from the control information a SELECT
// returned: 62 {80|81 02 LLLL}, ISO/IEC 7816-4 table 11.
func fileSize(fci []byte, limit int) (int, error) {
	inner, err := tlvFind(fci, 0x62)
	if err != nil {
		inner, err = tlvFind(fci, 0x6F)
	}
	if err != nil {
		return 0, err
	}
	size, err := tlvFind(inner, 0x80)
	if err != nil {
		size, err = tlvFind(inner, 0x81)
	}
	if err != nil {
		return 0, err
	}
	if len(size) != 2 {
		return 0, fmt.Errorf("reading a file's size: %w", ErrBadAnswer)
	}
	n := int(size[0])<<8 | int(size[1])
	if n > limit {
		return 0, fmt.Errorf("reading a file of %d bytes, at most %d are allowed: %w", n, limit, ErrBadAnswer)
	}
	return n, nil
}
