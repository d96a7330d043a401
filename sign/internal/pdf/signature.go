package pdf

import "fmt"

// Signature is a signature field with a value: ISO 32000-1 §12.8.
type Signature struct {
	Field Field
	// Object holds the signature dictionary; nil when the dictionary is a
	// direct value of the field.
	Object *Indirect
	Dict   Dict
	// ByteRange is the array as it stands, nil when it is not made of whole
	// numbers.
	ByteRange []int64
	// Contents is the decoded string, its padding included.
	Contents []byte
	// ContentsStart and ContentsEnd are the bytes of the Contents value in
	// the file, delimiters included; both -1 inside an object stream.
	ContentsStart, ContentsEnd int64
	// ContentsHex tells that the value is written in angle brackets.
	ContentsHex bool
	// Revision is the one that wrote the signature dictionary; -1 when it is
	// not an indirect object.
	Revision int
}

// Signatures lists the signed signature fields in the order of the form.
func (v *View) Signatures() ([]Signature, error) {
	fields, err := v.Fields()
	if err != nil {
		return nil, err
	}
	var out []Signature
	for _, f := range fields {
		if f.Type != "Sig" || f.Value == nil {
			continue
		}
		s, err := v.signature(f)
		if err != nil {
			return nil, fmt.Errorf("reading the signature of a field: %w", err)
		}
		if s != nil {
			out = append(out, *s)
		}
	}
	return out, nil
}

func (v *View) signature(f Field) (*Signature, error) {
	s := &Signature{Field: f, ContentsStart: -1, ContentsEnd: -1, Revision: -1}
	switch value := f.Value.(type) {
	case Dict:
		s.Dict = value
	case Ref:
		ind, err := v.Object(value.Num)
		if err != nil || ind == nil || ind.Gen != value.Gen || ind.Value == nil {
			return nil, err
		}
		s.Object, s.Revision = ind, ind.Revision
		s.Dict, _ = ind.Value.(Dict)
	}
	if s.Dict == nil {
		return nil, fmt.Errorf("a signature field holds no dictionary: %w", ErrDamaged)
	}
	if err := v.readByteRange(s); err != nil {
		return nil, err
	}
	e, _ := s.Dict.Entry("Contents")
	if value, ok := e.Value.(String); ok {
		s.Contents, s.ContentsHex = value.Bytes, value.Hex
		s.ContentsStart, s.ContentsEnd = e.Start, e.End
	}
	return s, nil
}

// readByteRange takes the numbers; the array may be an indirect object, which
// no writer does but the standard allows.
func (v *View) readByteRange(s *Signature) error {
	a, err := v.Array(s.Dict.Get("ByteRange"))
	if err != nil {
		return err
	}
	out := make([]int64, 0, len(a))
	for _, o := range a {
		n, ok := o.(Integer)
		if !ok {
			return nil
		}
		out = append(out, int64(n))
	}
	s.ByteRange = out
	return nil
}
