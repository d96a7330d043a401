// Package dertest changes the structure of DER in every place there is, one
// at a time, for tests of strict parsers.
package dertest

import "fmt"

// Variant is a DER encoding changed in one place.
type Variant struct {
	Name string // what was done, and where
	DER  []byte
}

// maxDepth bounds how deep elements are looked into.
const maxDepth = 32

// Variants gives der with a NULL put at the end of each constructed element,
// with each element left out, and with each element written twice. Lengths are
// made to fit, so every variant is well-formed DER. OCTET STRINGs that hold DER
// are looked into as well.
func Variants(der []byte) []Variant {
	root, rest, ok := parse(der, 0)
	if !ok || len(rest) > 0 {
		return nil
	}
	var all []Variant
	root.walk("", func(path string, n *node) {
		if !n.holdsElements {
			return
		}
		children := n.children
		try := func(name string, changed []*node) {
			n.children = changed
			all = append(all, Variant{name + " " + path, root.encode()})
			n.children = children
		}
		null := &node{tag: 0x05}
		try("NULL added to", append(children[:len(children):len(children)], null))
		for i, child := range children {
			without := append(append([]*node(nil), children[:i]...), children[i+1:]...)
			try(fmt.Sprintf("element %d left out of", i), without)
			twice := append(append([]*node(nil), children[:i+1]...), children[i:]...)
			try(fmt.Sprintf("element %d (%02x) twice in", i, child.tag), twice)
		}
	})
	return all
}

type node struct {
	tag           byte
	value         []byte // when it holds no elements
	children      []*node
	holdsElements bool
}

// parse reads one element; lengths of more than three bytes and high tags are
// not needed here.
func parse(b []byte, depth int) (n *node, rest []byte, ok bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f || depth > maxDepth {
		return nil, nil, false
	}
	length, head := int(b[1]), 2
	if b[1]&0x80 != 0 {
		size := int(b[1] & 0x7f)
		if size == 0 || size > 3 || len(b) < 2+size {
			return nil, nil, false
		}
		length, head = 0, 2+size
		for _, c := range b[2:head] {
			length = length<<8 | int(c)
		}
	}
	if len(b) < head+length {
		return nil, nil, false
	}
	n = &node{tag: b[0], value: b[head : head+length]}
	constructed, octets := b[0]&0x20 != 0, b[0] == 0x04
	if constructed || octets {
		n.children, n.holdsElements = elements(n.value, depth+1)
		n.holdsElements = n.holdsElements && (constructed || len(n.children) > 0)
	}
	return n, b[head+length:], true
}

func elements(b []byte, depth int) (list []*node, ok bool) {
	for len(b) > 0 {
		n, rest, ok := parse(b, depth)
		if !ok {
			return nil, false
		}
		list, b = append(list, n), rest
	}
	return list, true
}

func (n *node) walk(path string, visit func(string, *node)) {
	path += fmt.Sprintf("/%02x", n.tag)
	visit(path, n)
	for i, child := range n.children {
		child.walk(fmt.Sprintf("%s[%d]", path, i), visit)
	}
}

func (n *node) encode() []byte {
	value := n.value
	if n.holdsElements {
		value = nil
		for _, child := range n.children {
			value = append(value, child.encode()...)
		}
	}
	out := []byte{n.tag}
	switch l := len(value); {
	case l < 0x80:
		out = append(out, byte(l))
	case l < 0x100:
		out = append(out, 0x81, byte(l))
	case l < 0x10000:
		out = append(out, 0x82, byte(l>>8), byte(l))
	default:
		out = append(out, 0x83, byte(l>>16), byte(l>>8), byte(l))
	}
	return append(out, value...)
}
