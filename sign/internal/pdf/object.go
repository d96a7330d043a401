package pdf

import (
	"bytes"
	"strconv"
)

// Object is one value of ISO 32000-1 §7.3: nil (null), bool, [Integer],
// [Real], [String], [Name], [Array], [Dict], [Ref] or [*Stream].
type Object any

// Integer is a whole number.
type Integer int64

// Real is a number with a fraction, kept as the file writes it so that writing
// it again changes nothing.
type Real string

// Float is the number's value, 0 when it cannot be read.
func (r Real) Float() float64 {
	v, err := strconv.ParseFloat(string(r), 64)
	if err != nil {
		return 0
	}
	return v
}

// Name is a name without its slash, #xx escapes decoded.
type Name string

// String is a string's bytes, unescaped; Hex says that the file writes it in
// angle brackets.
type String struct {
	Bytes []byte
	Hex   bool
}

// Array is a list of values.
type Array []Object

// Ref names an indirect object.
type Ref struct{ Num, Gen int }

// DictEntry is one key of a dictionary with the bytes of its value in the file: [Start, End).
// Both are -1 when the dictionary lies inside an object stream.
type DictEntry struct {
	Key        Name
	Value      Object
	Start, End int64
}

// Dict is a dictionary in file order. A key may stand twice in a bad file:
// [Dict.Get] gives the last one, as most readers do, and [Dict.Repeated] tells.
type Dict []DictEntry

// Stream is a dictionary with data; the data stays in the file at [Offset,
// Offset+Length).
type Stream struct {
	Dict   Dict
	Offset int64
	Length int64
}

// Get gives the value of key, nil when it is absent or null.
func (d Dict) Get(key Name) Object {
	e, _ := d.Entry(key)
	return e.Value
}

// Entry gives the value of key with its place in the file.
func (d Dict) Entry(key Name) (DictEntry, bool) {
	for i := len(d) - 1; i >= 0; i-- {
		if d[i].Key == key {
			return d[i], true
		}
	}
	return DictEntry{}, false
}

// Name gives a direct name value, "" for anything else.
func (d Dict) Name(key Name) Name {
	n, _ := d.Get(key).(Name)
	return n
}

// Int gives a direct whole number.
func (d Dict) Int(key Name) (int64, bool) {
	n, ok := d.Get(key).(Integer)
	return int64(n), ok
}

// Repeated gives a key that stands more than once, "" when there is none.
func (d Dict) Repeated() Name {
	if len(d) <= 16 {
		for i := range d {
			for _, e := range d[:i] {
				if e.Key == d[i].Key {
					return e.Key
				}
			}
		}
		return ""
	}
	seen := make(map[Name]bool, len(d))
	for _, e := range d {
		if seen[e.Key] {
			return e.Key
		}
		seen[e.Key] = true
	}
	return ""
}

// With gives a copy in which key has this value and stands once; nil removes
// the key.
func (d Dict) With(key Name, value Object) Dict {
	out := make(Dict, 0, len(d)+1)
	done := value == nil
	for _, e := range d {
		if e.Key != key {
			out = append(out, e)
			continue
		}
		if !done {
			out = append(out, DictEntry{Key: key, Value: value, Start: -1, End: -1})
			done = true
		}
	}
	if !done {
		out = append(out, DictEntry{Key: key, Value: value, Start: -1, End: -1})
	}
	return out
}

// DictOf takes the dictionary out of a [Dict] or a [*Stream].
func DictOf(o Object) (Dict, bool) {
	switch v := o.(type) {
	case Dict:
		return v, true
	case *Stream:
		if v != nil {
			return v.Dict, true
		}
	}
	return nil, false
}

// Equal tells whether two values are the same: dictionaries whatever their
// order, strings whatever their notation, streams by their dictionaries only
// (the data is compared with [File.EqualData]).
func Equal(a, b Object) bool {
	switch x := a.(type) {
	case String:
		y, ok := b.(String)
		return ok && bytes.Equal(x.Bytes, y.Bytes)
	case Array:
		y, ok := b.(Array)
		return ok && equalArrays(x, y)
	case Dict:
		y, ok := b.(Dict)
		return ok && equalDicts(x, y)
	case *Stream:
		y, ok := b.(*Stream)
		return ok && equalDicts(x.Dict, y.Dict)
	default:
		switch b.(type) {
		case String, Array, Dict, *Stream:
			return false
		}
		return a == b
	}
}

func equalArrays(a, b Array) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func equalDicts(a, b Dict) bool {
	if len(a) != len(b) || a.Repeated() != "" || b.Repeated() != "" {
		return false
	}
	others := make(map[Name]Object, len(b))
	for _, e := range b {
		others[e.Key] = e.Value
	}
	for _, e := range a {
		other, ok := others[e.Key]
		if !ok || !Equal(e.Value, other) {
			return false
		}
	}
	return true
}
