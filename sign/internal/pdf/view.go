package pdf

import (
	"errors"
	"fmt"
)

// View is the file as it stood after one revision.
type View struct {
	f    *File
	last int
}

// Indirect is an indirect object with its place.
type Indirect struct {
	Num, Gen int
	Value    Object
	Entry    Entry
	// Revision that wrote the entry.
	Revision int
	// Odd are names that programs read in different ways: with a # that begins no
	// escape, or a byte that PDFium takes for white space.
	Odd []Name
	// Twice says that a dictionary in it has a key twice, or that it stands in an
	// object stream whose objects are not in order.
	Twice bool
	// Start and End are its bytes in the file, from the object number to after
	// endobj; both -1 for an object inside an object stream.
	Start, End int64
}

// Latest is the file as it stands.
func (f *File) Latest() *View { return f.At(len(f.revisions) - 1) }

// At is the file after revision index, which must be that of a [Revision].
func (f *File) At(index int) *View {
	return &View{f: f, last: max(0, min(index, len(f.revisions)-1))}
}

// File is the file viewed.
func (v *View) File() *File { return v.f }

// Revision is the newest revision in view.
func (v *View) Revision() *Revision { return v.f.revisions[v.last] }

// Lookup finds the entry that counts for an object and the revision that wrote
// it; ok is false when no revision in view knows the object.
func (v *View) Lookup(num int) (e Entry, revision int, ok bool, err error) {
	for i := v.last; i >= 0; i-- {
		if err := v.f.spend(workLookup); err != nil {
			return Entry{}, 0, false, err
		}
		e, ok, err := v.f.entry(v.f.revisions[i], num)
		if ok || err != nil {
			return e, i, ok, err
		}
	}
	return Entry{}, 0, false, nil
}

// Size is one more than the highest object number: the trailer's Size, or more
// when an older revision's is higher.
func (v *View) Size() int64 {
	var size int64
	for _, r := range v.f.revisions[:v.last+1] {
		if n, ok := r.Trailer.Int("Size"); ok {
			size = max(size, n)
		}
		for _, s := range r.sections {
			if n := len(s.ranges); n > 0 {
				size = max(size, int64(s.ranges[n-1].first+s.ranges[n-1].count))
			}
		}
	}
	return size
}

// Object reads an indirect object; nil when it is free or unknown.
func (v *View) Object(num int) (*Indirect, error) {
	e, revision, ok, err := v.Lookup(num)
	if err != nil || !ok || e.Kind == Free {
		return nil, err
	}
	if v.f.depth++; v.f.depth > maxResolve {
		v.f.depth--
		return nil, limitAt(e.Offset, "objects refer to one another without end")
	}
	defer func() { v.f.depth-- }()
	if err := v.f.spend(workObject); err != nil {
		return nil, err
	}
	out := &Indirect{Num: num, Gen: e.Gen, Entry: e, Revision: revision, Start: -1, End: -1}
	if e.Kind == InStream {
		err = v.fromStream(out)
	} else if !v.f.loaded.get(out) {
		if err = v.load(out); err == nil {
			v.f.loaded.put(out)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("reading object %d: %w", num, err)
	}
	return out, nil
}

// load reads "num gen obj value endobj" at the entry's offset.
func (v *View) load(out *Indirect) error {
	s := v.f.scan(out.Entry.Offset)
	s.skip()
	out.Start = s.pos
	num, ok1 := s.integer(maxObjects)
	gen, ok2 := s.integer(65535)
	if !ok1 || !ok2 || !s.keyword("obj") || s.pos-out.Start > maxHeader {
		return s.fail("no object begins here")
	}
	if num != int64(out.Num) || gen != int64(out.Entry.Gen) {
		return damagedAt(out.Start, "object %d %d is here instead of %d %d", num, gen, out.Num, out.Entry.Gen)
	}
	var err error
	if out.Value, err = s.object(0); err != nil {
		return errors.Join(err, v.f.spend(s.pos-out.Start))
	}
	out.Odd, out.Twice = s.odd, s.twice
	if d, ok := out.Value.(Dict); ok && s.keyword("stream") {
		s.pos -= int64(len("stream"))
		if out.Value, err = v.stream(s, d); err != nil {
			return err
		}
	}
	if !s.keyword("endobj") {
		return s.fail("endobj is missing")
	}
	out.End = s.pos
	if st, ok := out.Value.(*Stream); ok { // its data is not read here
		return v.f.spend(out.End - out.Start - st.Length)
	}
	return v.f.spend(out.End - out.Start)
}

func (v *View) stream(s *scanner, d Dict) (*Stream, error) {
	o, err := v.Resolve(d.Get("Length"))
	if err != nil {
		return nil, err
	}
	length, ok := o.(Integer)
	if !ok {
		return nil, s.fail("the stream has no Length")
	}
	return v.f.streamAt(s, d, int64(length))
}

// Resolve follows references until it has a value. A reference to nothing, or
// with a generation that is not the object's, is null: ISO 32000-1 §7.3.10.
func (v *View) Resolve(o Object) (Object, error) {
	for range maxResolve {
		ref, ok := o.(Ref)
		if !ok {
			return o, nil
		}
		ind, err := v.Object(ref.Num)
		if err != nil {
			return nil, err
		}
		if ind == nil || ind.Gen != ref.Gen {
			return nil, nil
		}
		o = ind.Value
	}
	return nil, limitAt(0, "references lead to references without end")
}

// Dict resolves a value that must be a dictionary; nil when it is null.
func (v *View) Dict(o Object) (Dict, error) {
	value, err := v.Resolve(o)
	if err != nil || value == nil {
		return nil, err
	}
	d, ok := DictOf(value)
	if !ok {
		return nil, fmt.Errorf("%s is no dictionary: %w", describe(o), ErrDamaged)
	}
	return d, nil
}

// Array resolves a value that must be an array; nil when it is null.
func (v *View) Array(o Object) (Array, error) {
	value, err := v.Resolve(o)
	if err != nil || value == nil {
		return nil, err
	}
	a, ok := value.(Array)
	if !ok {
		return nil, fmt.Errorf("%s is no array: %w", describe(o), ErrDamaged)
	}
	return a, nil
}

func describe(o Object) string {
	if r, ok := o.(Ref); ok {
		return fmt.Sprintf("object %d", r.Num)
	}
	return "a value"
}
