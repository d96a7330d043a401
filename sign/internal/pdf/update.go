package pdf

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
)

// Update builds an incremental update (ISO 32000-1 §7.5.6): new and changed
// objects, a cross-reference section of the kind the file already uses, and a
// trailer that keeps the file's. Nothing before it is touched.
type Update struct {
	v     *View
	base  int64 // file position of buf[0]
	buf   []byte
	items []item
	next  int
	err   error
}

// item is one object to write; at is the file position of the object once it
// is written, value that of its value.
type item struct {
	ref       Ref
	object    Object
	text      []byte // instead of object, when set
	data      []byte // of a stream
	isStream  bool
	changes   bool // made by Change
	at, value int64
}

// maxTableOffset is what ten digits can say: ISO 32000-1 §7.5.4.
const maxTableOffset = 9_999_999_999

// NewUpdate begins an update of the file as it stands.
func (f *File) NewUpdate() (*Update, error) {
	u := &Update{v: f.Latest(), base: f.size}
	size := u.v.Size()
	if size < 1 || size > maxObjects {
		return nil, fmt.Errorf("the trailer's Size is %d: %w", size, ErrDamaged)
	}
	u.next = int(size)
	if c, ok := f.w.at(f.size - 1); !ok || (c != '\n' && c != '\r') {
		u.buf = append(u.buf, '\n')
	}
	return u, nil
}

// View is the file before the update.
func (u *Update) View() *View { return u.v }

// Alloc gives the next free object number.
func (u *Update) Alloc() Ref {
	u.next++
	return Ref{Num: u.next - 1}
}

// Array is the array that an object holds: as the update has it, else as the
// file does.
func (u *Update) Array(o Object) (Array, error) {
	if ref, ok := o.(Ref); ok {
		if i := u.find(ref.Num); i >= 0 {
			a, _ := u.items[i].object.(Array)
			return a, nil
		}
	}
	return u.v.Array(o)
}

func (u *Update) find(num int) int {
	return slices.IndexFunc(u.items, func(i item) bool { return i.ref.Num == num })
}

// Put writes an object, new or changed. An array can be put again. Any other
// object that is put twice has two roles at once, such as page and catalog:
// then Finish gives [ErrDamaged].
func (u *Update) Put(ref Ref, o Object) { u.put(item{ref: ref, object: o}) }

// Change writes an existing dictionary with a change. Several changes of one
// dictionary add up.
func (u *Update) Change(ref Ref, was Dict, change func(Dict) Dict) {
	if i := u.find(ref.Num); i >= 0 && u.items[i].changes {
		was, _ = u.items[i].object.(Dict)
		u.items[i].object = change(was)
		return
	}
	u.put(item{ref: ref, object: change(was), changes: true})
}

// PutText writes an object whose value is already text.
func (u *Update) PutText(ref Ref, text []byte) { u.put(item{ref: ref, text: text}) }

// PutStream writes a stream; Length is added to the dictionary.
func (u *Update) PutStream(ref Ref, d Dict, data []byte) {
	u.put(item{ref: ref, object: d, data: data, isStream: true})
}

func (u *Update) put(it item) {
	i := u.find(it.ref.Num)
	if i < 0 {
		u.items = append(u.items, it)
		return
	}
	_, was := u.items[i].object.(Array)
	_, is := it.object.(Array)
	if !was || !is {
		u.err = fmt.Errorf("object %d has two roles: %w", it.ref.Num, ErrDamaged)
	}
	u.items[i] = it
}

// ValueAt is the file position of an object's value, after Finish.
func (u *Update) ValueAt(ref Ref) int64 {
	if i := u.find(ref.Num); i >= 0 {
		return u.items[i].value
	}
	return -1
}

// pos is the file position of the next byte written.
func (u *Update) pos() int64 { return u.base + int64(len(u.buf)) }

// Finish writes the objects, cross-reference section and trailer, and gives
// the bytes to append to the file.
func (u *Update) Finish() ([]byte, error) {
	if u.err != nil {
		return nil, u.err
	}
	for i := range u.items {
		u.write(&u.items[i])
	}
	last := u.v.Revision()
	if !last.IsStream && u.pos() > maxTableOffset {
		return nil, fmt.Errorf("objects beyond %d bytes do not fit a cross-reference table: %w", int64(maxTableOffset), ErrLimit)
	}
	if u.next > maxObjects {
		return nil, fmt.Errorf("more than %d objects: %w", maxObjects, ErrLimit)
	}
	if last.IsStream {
		u.finishStream(last)
	} else {
		u.finishTable(last)
	}
	return u.buf, nil
}

func (u *Update) write(it *item) {
	it.at = u.pos()
	u.buf = fmt.Appendf(u.buf, "%d %d obj\n", it.ref.Num, it.ref.Gen)
	it.value = u.pos()
	switch {
	case it.isStream:
		d, _ := it.object.(Dict)
		u.stream(d, it.data)
	case it.text != nil:
		u.buf = append(u.buf, it.text...)
	default:
		u.buf = Append(u.buf, it.object)
	}
	u.buf = append(u.buf, "\nendobj\n"...)
}

func (u *Update) stream(d Dict, data []byte) {
	u.buf = Append(u.buf, d.With("Length", Integer(len(data))))
	u.buf = append(u.buf, "\nstream\n"...)
	u.buf = append(u.buf, data...)
	u.buf = append(u.buf, "\nendstream"...)
}

// runs cuts the objects into subsections of consecutive numbers.
func (u *Update) runs() [][]item {
	sorted := slices.Clone(u.items)
	slices.SortFunc(sorted, func(a, b item) int { return cmp.Compare(a.ref.Num, b.ref.Num) })
	var out [][]item
	for i, it := range sorted {
		if i == 0 || it.ref.Num != sorted[i-1].ref.Num+1 {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], it)
	}
	return out
}

func (u *Update) finishTable(last *Revision) {
	start := u.pos()
	trailer := u.trailer(last, "XRefStm")
	u.buf = append(u.buf, "xref\n"...)
	for _, run := range u.runs() {
		u.buf = fmt.Appendf(u.buf, "%d %d\n", run[0].ref.Num, len(run))
		for _, e := range run {
			u.buf = fmt.Appendf(u.buf, "%010d %05d n \n", e.at, e.ref.Gen)
		}
	}
	u.buf = append(u.buf, "trailer\n"...)
	u.buf = Append(u.buf, trailer)
	u.buf = fmt.Appendf(u.buf, "\nstartxref\n%d\n%%%%EOF\n", start)
}

func (u *Update) finishStream(last *Revision) {
	self := item{ref: u.Alloc(), at: u.pos()}
	u.items = append(u.items, self)
	start := self.at
	u.buf = fmt.Appendf(u.buf, "%d 0 obj\n", self.ref.Num)
	width := 4 // of an offset: four bytes while they are enough
	for start>>(8*width) != 0 {
		width++
	}
	index, rows := u.rows(width)
	d := u.trailer(last, "XRefStm", "Length", "Filter", "DecodeParms", "F", "FFilter", "FDecodeParms", "DL").
		With("Type", Name("XRef")).
		With("W", Array{Integer(1), Integer(width), Integer(2)}).
		With("Index", index)
	u.stream(d, rows)
	u.buf = fmt.Appendf(u.buf, "\nendobj\nstartxref\n%d\n%%%%EOF\n", start)
}

func (u *Update) rows(width int) (index Array, rows []byte) {
	for _, run := range u.runs() {
		index = append(index, Integer(run[0].ref.Num), Integer(len(run)))
		for _, e := range run {
			rows = append(rows, 1)
			for i := width - 1; i >= 0; i-- {
				rows = append(rows, byte(e.at>>(8*i)))
			}
			rows = append(rows, byte(e.ref.Gen>>8), byte(e.ref.Gen))
		}
	}
	return index, rows
}

// trailer keeps the last trailer's entries, but for those of the section it
// stood in and those named.
func (u *Update) trailer(last *Revision, without ...Name) Dict {
	d := last.Trailer
	for _, key := range without {
		d = d.With(key, nil)
	}
	return d.With("Size", Integer(u.next)).
		With("Prev", Integer(last.XRef)).
		With("ID", u.identifier(last.Trailer))
}

// identifier keeps the first half of ID and makes the second from what the
// update holds: ISO 32000-1 §14.4.
func (u *Update) identifier(trailer Dict) Array {
	h := sha256.New()
	fmt.Fprintf(h, "%d ", u.base)
	h.Write(u.buf)
	fresh := String{Bytes: h.Sum(nil)[:16], Hex: true}
	id, _ := u.v.Resolve(trailer.Get("ID"))
	if a, ok := id.(Array); ok && len(a) == 2 {
		if first, ok := a[0].(String); ok {
			return Array{String{Bytes: first.Bytes, Hex: true}, fresh}
		}
	}
	return Array{fresh, fresh}
}
