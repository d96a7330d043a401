package font

import (
	"encoding/binary"
	"math/bits"
)

// cffDict is a DICT: TN5176 §4. Operands stay as they are written.
type cffDict []cffEntry

type cffEntry struct {
	op       int
	operands []byte
}

func (c *cff) dict(x *cffIndex, i int) (cffDict, error) {
	b, err := c.item(x, i, maxDictBytes)
	if err != nil {
		return nil, err
	}
	return parseDict(b)
}

func parseDict(b []byte) (cffDict, error) {
	var d cffDict
	for start, at := 0, 0; at < len(b); {
		if b[at] > 21 {
			n := operandSize(b[at:])
			if n == 0 || n > len(b)-at {
				return nil, bad("a CFF dictionary is damaged")
			}
			at += n
			continue
		}
		op, operands := int(b[at]), b[start:at]
		if at++; op == 12 {
			if at == len(b) {
				return nil, bad("a CFF dictionary is damaged")
			}
			op = 0x0c00 | int(b[at])
			at++
		}
		d = append(d, cffEntry{op, operands})
		start = at
	}
	return d, nil
}

// operandSize is how many bytes an operand has, 0 when it is none: TN5176
// tables 3 and 4. A real number is a row of nibbles that ends with 0xf.
func operandSize(b []byte) int {
	switch c := b[0]; {
	case c == 28:
		return 3
	case c == 29:
		return 5
	case c == 30:
		for i, v := range b[1:] {
			if v&0x0f == 0x0f || v>>4 == 0x0f {
				return i + 2
			}
		}
	case c >= 32 && c <= 246:
		return 1
	case c >= 247 && c <= 254:
		return 2
	}
	return 0
}

func (d cffDict) find(op int) []byte {
	for _, e := range d {
		if e.op == op {
			return e.operands
		}
	}
	return nil
}

// number gives the only operand of op, a whole number.
func (d cffDict) number(op int) (int64, bool) {
	n := d.numbers(op)
	if len(n) != 1 {
		return 0, false
	}
	return n[0], true
}

// numbers gives the operands of op; nil when one is no whole number.
func (d cffDict) numbers(op int) []int64 {
	var out []int64
	for b := d.find(op); len(b) > 0; b = b[operandSize(b):] {
		switch c := b[0]; {
		case c == 28:
			out = append(out, int64(int16(binary.BigEndian.Uint16(b[1:]))))
		case c == 29:
			out = append(out, int64(int32(binary.BigEndian.Uint32(b[1:]))))
		case c == 30:
			return nil
		case c <= 246:
			out = append(out, int64(c)-139)
		case c <= 250:
			out = append(out, (int64(c)-247)*256+int64(b[1])+108)
		default:
			out = append(out, -(int64(c)-251)*256-int64(b[1])-108)
		}
	}
	return out
}

// appendEntry writes operands and operator.
func appendEntry(b []byte, op int, operands []byte) []byte {
	b = append(b, operands...)
	if op >= 0x0c00 {
		return append(b, 12, byte(op))
	}
	return append(b, byte(op))
}

// wide writes whole numbers in five bytes each, so that a dictionary's length
// does not depend on them.
func wide(numbers ...int) []byte {
	var b []byte
	for _, n := range numbers {
		b = append(b, 29)
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	return b
}

// appendIndex writes an INDEX with offsets as narrow as they can be.
func appendIndex(b []byte, items [][]byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(items)))
	if len(items) == 0 {
		return b
	}
	total := 1
	for _, item := range items {
		total += len(item)
	}
	width := (bits.Len(uint(total)) + 7) / 8
	b = append(b, byte(width))
	offset := 1
	b = appendOffset(b, offset, width)
	for _, item := range items {
		offset += len(item)
		b = appendOffset(b, offset, width)
	}
	for _, item := range items {
		b = append(b, item...)
	}
	return b
}

func appendOffset(b []byte, offset, width int) []byte {
	for i := width - 1; i >= 0; i-- {
		b = append(b, byte(offset>>(8*i)))
	}
	return b
}
