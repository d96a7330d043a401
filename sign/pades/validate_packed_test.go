package pades_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"eidgate/internal/samplepdf"
	"eidgate/sign"
	"eidgate/sign/internal/pdf"
)

// packed appends an update whose objects stand in an object stream and whose
// cross-reference section is a stream.
func packed(t testing.TB, doc []byte, objects map[int]string) []byte {
	t.Helper()
	f := opened(t, doc)
	size := int(f.Latest().Size())
	var index, body strings.Builder
	nums := slices.Sorted(maps.Keys(objects))
	for _, num := range nums {
		fmt.Fprintf(&index, "%d %d ", num, body.Len())
		body.WriteString(objects[num] + " ")
	}
	b := bytes.NewBuffer(bytes.Clone(doc))
	container := b.Len()
	fmt.Fprintf(b, "%d 0 obj\n<< /Type /ObjStm /N %d /First %d /Length %d >>\nstream\n%s%s\nendstream\nendobj\n",
		size, len(nums), index.Len(), index.Len()+body.Len(), index.String(), body.String())
	at := b.Len()
	var rows []byte
	var ranges []string
	row := func(num, kind, second, third int) {
		ranges = append(ranges, fmt.Sprintf("%d 1", num))
		rows = append(rows, byte(kind), byte(second>>24), byte(second>>16), byte(second>>8), byte(second), byte(third>>8), byte(third))
	}
	for i, num := range nums {
		row(num, 2, size, i)
	}
	row(size, 1, container, 0)
	row(size+1, 1, at, 0)
	trailer := f.Last().Trailer
	var keep pdf.Dict
	for _, key := range []pdf.Name{"Root", "Info", "ID"} {
		if v := trailer.Get(key); v != nil {
			keep = keep.With(key, v)
		}
	}
	kept := strings.Trim(string(pdf.Append(nil, keep)), "<>")
	fmt.Fprintf(b, "%d 0 obj\n<< /Type /XRef /Size %d /W [1 4 2] /Index [%s] /Prev %d %s /Length %d >>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
		size+1, size+2, strings.Join(ranges, " "), f.Last().XRef, kept, len(rows), rows, at)
	return b.Bytes()
}

func opened(t testing.TB, doc []byte) *pdf.File {
	t.Helper()
	f, err := pdf.Open(bytes.NewReader(doc), int64(len(doc)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The rules hold whatever a document and its updates are built of: tables or
// streams, objects in the file or packed.
func TestForgedSamples(t *testing.T) {
	o := newOffice(t)
	for _, s := range samplepdf.All(t, t.TempDir()) {
		t.Run(s.Name, func(t *testing.T) {
			original, err := os.ReadFile(s.Path)
			if err != nil {
				t.Fatal(err)
			}
			signed := o.sign(t, original, sign.LevelLT)
			view := opened(t, signed).Latest()
			catalog, catalogDict, err := view.Catalog()
			if err != nil {
				t.Fatal(err)
			}
			page, pageDict, err := view.Page(0)
			if err != nil {
				t.Fatal(err)
			}
			contents, _ := pageDict.Get("Contents").(pdf.Ref)
			text := func(d pdf.Dict) string { return string(pdf.Append(nil, d)) }
			for name, c := range map[string]struct {
				num  int
				text string
				code string
			}{
				"page":    {page.Num, text(pageDict.With("Rotate", pdf.Integer(180))), "pades.page-changed"},
				"catalog": {catalog.Num, text(catalogDict.With("OpenAction", pdf.Name("X"))), "pades.catalog-changed"},
				"content": {contents.Num, "(nothing)", "pades.content-changed"},
				"nothing": {page.Num, text(pageDict), ""},
			} {
				if c.num == 0 {
					continue // the content is a list
				}
				update, err := opened(t, signed).NewUpdate()
				if err != nil {
					t.Fatal(err)
				}
				update.PutText(pdf.Ref{Num: c.num}, []byte(c.text))
				tail, err := update.Finish()
				if err != nil {
					t.Fatal(err)
				}
				for how, forged := range map[string][]byte{
					"in the file": append(bytes.Clone(signed), tail...),
					"packed":      packed(t, signed, map[int]string{c.num: c.text}),
				} {
					r := report(t, forged, o.Trust(true))
					if r.Signatures[0].Code != c.code || r.Valid() != (c.code == "") {
						t.Errorf("%s %s: want %q\n%s", name, how, c.code, r.Text())
					}
				}
			}
		})
	}
}
