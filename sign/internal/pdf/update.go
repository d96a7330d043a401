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
	v       *View
	base    int64 // file position of buf[0]
	buf     []byte
	entries []updated
	next    int
}

type updated struct {
	ref    Ref
	offset int64
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

// Pos is the file position of the next byte written.
func (u *Update) Pos() int64 { return u.base + int64(len(u.buf)) }

// Put writes an object, new or changed. It gives the file position where the
// value begins.
func (u *Update) Put(ref Ref, o Object) int64 {
	u.begin(ref)
	at := u.Pos()
	u.buf = Append(u.buf, o)
	u.end()
	return at
}

// PutText writes an object whose value is already text; the file position where
// it begins is given back.
func (u *Update) PutText(ref Ref, text []byte) int64 {
	u.begin(ref)
	at := u.Pos()
	u.buf = append(u.buf, text...)
	u.end()
	return at
}

// PutStream writes a stream; Length is added to the dictionary.
func (u *Update) PutStream(ref Ref, d Dict, data []byte) {
	u.begin(ref)
	u.stream(d, data)
	u.end()
}

func (u *Update) stream(d Dict, data []byte) {
	u.buf = Append(u.buf, d.With("Length", Integer(len(data))))
	u.buf = append(u.buf, "\nstream\n"...)
	u.buf = append(u.buf, data...)
	u.buf = append(u.buf, "\nendstream"...)
}

func (u *Update) begin(ref Ref) {
	u.entries = append(u.entries, updated{ref, u.Pos()})
	u.buf = fmt.Appendf(u.buf, "%d %d obj\n", ref.Num, ref.Gen)
}

func (u *Update) end() { u.buf = append(u.buf, "\nendobj\n"...) }

// Finish writes cross-reference section and trailer and gives the bytes to
// append to the file.
func (u *Update) Finish() ([]byte, error) {
	last := u.v.Revision()
	if !last.IsStream && u.Pos() > maxTableOffset {
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

func (u *Update) sortEntries() {
	slices.SortFunc(u.entries, func(a, b updated) int { return cmp.Compare(a.ref.Num, b.ref.Num) })
}

// runs cuts the sorted entries into subsections of consecutive numbers.
func (u *Update) runs() [][]updated {
	u.sortEntries()
	var out [][]updated
	for i, e := range u.entries {
		if i == 0 || e.ref.Num != u.entries[i-1].ref.Num+1 {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], e)
	}
	return out
}

func (u *Update) finishTable(last *Revision) {
	start := u.Pos()
	trailer := u.trailer(last, "XRefStm")
	u.buf = append(u.buf, "xref\n"...)
	for _, run := range u.runs() {
		u.buf = fmt.Appendf(u.buf, "%d %d\n", run[0].ref.Num, len(run))
		for _, e := range run {
			u.buf = fmt.Appendf(u.buf, "%010d %05d n \n", e.offset, e.ref.Gen)
		}
	}
	u.buf = append(u.buf, "trailer\n"...)
	u.buf = Append(u.buf, trailer)
	u.buf = fmt.Appendf(u.buf, "\nstartxref\n%d\n%%%%EOF\n", start)
}

func (u *Update) finishStream(last *Revision) {
	self := u.Alloc()
	start := u.Pos()
	u.begin(self)
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
	u.end()
	u.buf = fmt.Appendf(u.buf, "startxref\n%d\n%%%%EOF\n", start)
}

func (u *Update) rows(width int) (index Array, rows []byte) {
	for _, run := range u.runs() {
		index = append(index, Integer(run[0].ref.Num), Integer(len(run)))
		for _, e := range run {
			rows = append(rows, 1)
			for i := width - 1; i >= 0; i-- {
				rows = append(rows, byte(e.offset>>(8*i)))
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
