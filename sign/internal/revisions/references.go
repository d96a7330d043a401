package revisions

import (
	"cmp"
	"context"
	"slices"

	"eidgate/sign/internal/pdf"
)

// reference is one place that refers to an object.
type reference struct {
	owner   int      // object number; 0 is the trailer
	version int      // revision that wrote this state of the owner
	key     pdf.Name // of the owner's dictionary; "" in an array
	// signs says that it is the Data of a signature's reference: what is signed,
	// not something that is used.
	signs bool
}

// references tells who refers to the objects that updates write, in every
// state that the referring objects ever had. That is more than what counts at
// any one time, and never less.
type references struct {
	to         map[int][]reference
	wanted     map[int]bool
	unreadable []int
	outside    []int // objects that go on beyond the revision that wrote them
	used       bits  // every object that anything refers to
	left       int   // comparisons until the work is too much
}

// maxCompared is how many references are looked at for one document. Honest
// updates write a few dozen objects that a few others refer to.
const maxCompared = 1 << 26

// bits is a set of object numbers.
type bits []uint64

func (b *bits) add(num int) {
	for len(*b) <= num/64 {
		*b = append(*b, 0)
	}
	(*b)[num/64] |= 1 << (num % 64)
}

func (b bits) has(num int) bool { return num/64 < len(b) && b[num/64]>>(num%64)&1 == 1 }

// scan reads every object of the base revision, whether anything reaches it or
// not.
func scan(ctx context.Context, f *pdf.File, base int, wanted map[int]bool) (*references, error) {
	r := &references{to: map[int][]reference{}, wanted: wanted, left: maxCompared}
	view := f.At(base)
	ends := revisionEnds(f, base)
	r.addDict(0, base, view.Revision().Trailer)
	var packed []place
	for i, revision := range f.Revisions()[:base+1] {
		err := f.Entries(revision, func(num int, e pdf.Entry) error {
			_, newest, _, err := view.Lookup(num)
			switch {
			case err != nil:
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case newest != i || e.Kind == pdf.Free:
			case e.Kind == pdf.InStream:
				r.add1(reference{owner: num, version: newest, key: "ObjStm"}, pdf.Ref{Num: e.Stream})
				packed = append(packed, place{int32(e.Stream), int32(num)})
			default:
				r.read(view, num, ends[i])
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	// One object stream after the other: each is decoded once.
	slices.SortFunc(packed, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.stream, b.stream), cmp.Compare(a.num, b.num))
	})
	for _, p := range packed {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r.read(view, int(p.num), f.Size())
	}
	return r, nil
}

type place struct{ stream, num int32 }

// revisionEnds are the ends of the revisions up to base; one that has none ends
// with the next.
func revisionEnds(f *pdf.File, base int) []int64 {
	out := make([]int64, base+1)
	for i, end := base, f.Size(); i >= 0; i-- {
		if known := f.Revisions()[i].End; known != 0 {
			end = known
		}
		out[i] = end
	}
	return out
}

func (r *references) read(view *pdf.View, num int, end int64) {
	object, err := view.Object(num)
	switch {
	case err != nil:
		r.unreadable = append(r.unreadable, num)
	case object != nil && object.End > end:
		r.outside = append(r.outside, num)
	case object != nil:
		r.add(num, object.Revision, object.Value)
	}
}

func (r *references) add(owner, version int, value pdf.Object) {
	if d, ok := pdf.DictOf(value); ok {
		r.addDict(owner, version, d)
		return
	}
	r.addValue(owner, version, "", value)
}

func (r *references) addDict(owner, version int, d pdf.Dict) {
	for _, e := range d {
		if e.Key == "Reference" && owner != 0 {
			r.addSigned(owner, version, e.Value)
			continue
		}
		r.addValue(owner, version, e.Key, e.Value)
	}
}

// addSigned adds the references of a list of signature references (ISO 32000-2
// table 256), and marks their Data.
func (r *references) addSigned(owner, version int, value pdf.Object) {
	list, _ := value.(pdf.Array)
	for _, item := range list {
		d, ok := item.(pdf.Dict)
		_, isRef := d.Get("Data").(pdf.Ref)
		if !ok || !isRef || d.Name("TransformMethod") == "" || !onlyDiffer(nil, d, signatureReference()...) {
			r.addValue(owner, version, "Reference", item)
			continue
		}
		r.addValue(owner, version, "Reference", d.With("Data", nil))
		r.add1(reference{owner, version, "Data", true}, d.Get("Data").(pdf.Ref))
	}
	if list == nil {
		r.addValue(owner, version, "Reference", value)
	}
}

// signatureReference are the keys of ISO 32000-1 table 253.
func signatureReference() []pdf.Name {
	return []pdf.Name{"Type", "TransformMethod", "TransformParams", "Data", "DigestMethod", "DigestValue", "DigestLocation"}
}

func (r *references) addValue(owner, version int, key pdf.Name, value pdf.Object) {
	eachRef(value, func(ref pdf.Ref) { r.add1(reference{owner, version, key, false}, ref) })
}

func (r *references) add1(from reference, ref pdf.Ref) {
	r.used.add(ref.Num)
	if r.wanted[ref.Num] {
		r.to[ref.Num] = append(r.to[ref.Num], from)
	}
}

// eachRef visits the references inside a value.
func eachRef(value pdf.Object, visit func(pdf.Ref)) {
	switch v := value.(type) {
	case pdf.Ref:
		visit(v)
	case pdf.Array:
		for _, item := range v {
			eachRef(item, visit)
		}
	case pdf.Dict:
		for _, e := range v {
			eachRef(e.Value, visit)
		}
	case *pdf.Stream:
		eachRef(v.Dict, visit)
	}
}

// spend tells whether there is work left to look at all references to an
// object. When there is none, before and only give the answer that refuses.
func (r *references) spend(num int) bool {
	r.left -= len(r.to[num])
	return r.left >= 0
}

// before tells whether anything referred to an object before revision k.
func (r *references) before(num, k int) bool {
	return !r.spend(num) || slices.ContainsFunc(r.to[num], func(ref reference) bool { return ref.version < k })
}

// only tells whether all references to an object up to revision k satisfy a
// condition.
func (r *references) only(num, k int, allowed func(reference) bool) bool {
	return r.spend(num) && !slices.ContainsFunc(r.to[num], func(ref reference) bool { return ref.version <= k && !allowed(ref) })
}
