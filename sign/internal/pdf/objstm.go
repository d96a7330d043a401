package pdf

import "fmt"

// objectStream is a decoded object stream: ISO 32000-1 §7.5.7.
type objectStream struct {
	offset int64 // of its data in the file
	start  int64 // of the object, whose dictionary says how to read the data
	length int64 // of the data, which may stand elsewhere
	nums   []int
	starts []int64
	data   memory
	// unsorted says that the objects do not stand in the order of the index.
	unsorted bool
}

// fromStream reads an object out of the object stream its entry names, as that
// stream stands in this view.
func (v *View) fromStream(out *Indirect) error {
	e := out.Entry
	st, err := v.objectStream(e.Stream)
	if err != nil {
		return err
	}
	if e.Index >= len(st.nums) || st.nums[e.Index] != out.Num {
		return fmt.Errorf("object stream %d does not hold it at place %d: %w", e.Stream, e.Index, ErrDamaged)
	}
	end := int64(len(st.data))
	if next := e.Index + 1; next < len(st.starts) && !st.unsorted {
		end = st.starts[next] // poppler reads no further
	}
	s := newScanner(st.data, st.starts[e.Index], end)
	out.Value, err = s.object(0)
	if err := v.f.spend(s.pos - st.starts[e.Index]); err != nil {
		return err
	}
	if err != nil {
		return fmt.Errorf("in object stream %d: %w", e.Stream, err)
	}
	out.Odd, out.Twice = s.odd, s.twice || st.unsorted
	return nil
}

func (v *View) objectStream(num int) (*objectStream, error) {
	e, _, ok, err := v.Lookup(num)
	if err != nil {
		return nil, err
	}
	if !ok || e.Kind != InFile {
		return nil, fmt.Errorf("object stream %d is not in the file: %w", num, ErrDamaged)
	}
	ind, err := v.Object(num)
	if err != nil {
		return nil, err
	}
	st, ok := ind.Value.(*Stream)
	if !ok || st.Dict.Name("Type") != "ObjStm" {
		return nil, fmt.Errorf("object %d is no object stream: %w", num, ErrDamaged)
	}
	return v.f.openObjectStream(ind.Start, st)
}

// openObjectStream decodes a stream once. Two objects can be made to have the
// same data and different dictionaries.
func (f *File) openObjectStream(start int64, st *Stream) (*objectStream, error) {
	for _, known := range f.streams {
		if known.offset == st.Offset && known.start == start && known.length == st.Length {
			return known, nil
		}
	}
	data, err := f.Data(st, maxObjectStream)
	if err != nil {
		return nil, err
	}
	out := &objectStream{offset: st.Offset, start: start, length: st.Length, data: data}
	if err := out.readIndex(st.Dict); err != nil {
		return nil, err
	}
	if len(f.streams) == maxCachedStream {
		f.streams = append(f.streams[:0], f.streams[1:]...)
	}
	f.streams = append(f.streams, out)
	return out, nil
}

// readIndex reads the N pairs of object number and offset.
func (o *objectStream) readIndex(d Dict) error {
	n, ok1 := d.Int("N")
	first, ok2 := d.Int("First")
	if !ok1 || !ok2 || n < 0 || n > int64(len(o.data)) || first < 0 || first > int64(len(o.data)) {
		return damagedAt(o.offset, "the object stream has a bad N or First")
	}
	s := newScanner(o.data, 0, first)
	seen := map[int64]bool{} // programs differ on which of two counts
	for range n {
		num, ok1 := s.integer(maxObjects)
		at, ok2 := s.integer(int64(len(o.data)) - first)
		if !ok1 || !ok2 {
			return damagedAt(o.offset, "the object stream has a bad index")
		}
		if seen[num] {
			return damagedAt(o.offset, "the object stream holds object %d twice", num)
		}
		seen[num] = true
		o.unsorted = o.unsorted || len(o.starts) > 0 && first+at <= o.starts[len(o.starts)-1]
		o.nums = append(o.nums, int(num))
		o.starts = append(o.starts, first+at)
	}
	return nil
}
