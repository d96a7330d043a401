package pdf_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"eidgate/sign/internal/pdf"
)

// Two object streams may be made of the same bytes and say differently where in
// them an object begins. An update that goes from the one to the other changes
// the object.
func TestObjectStreamsOfTheSameData(t *testing.T) {
	const data = "5 0     (one) (two)"
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n")
	catalog := len("%PDF-1.7\n")
	pages := b.Len()
	b.WriteString("2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n")
	first := b.Len()
	fmt.Fprintf(&b, "10 0 obj\n<< /Type /ObjStm /N 1 /First 8 /Length %d /X (", len(data))
	second := b.Len()
	fmt.Fprintf(&b, "11 0 obj << /Type /ObjStm /N 1 /First 14 /Length %d %%)\n>>\nstream\n%s\nendstream\nendobj\n", len(data), data)
	section := func(prev int, rows map[int][3]int) int {
		at := b.Len()
		rows[20] = [3]int{1, at, 0}
		var index, table bytes.Buffer
		nums := make([]int, 0, len(rows))
		for num := range rows {
			nums = append(nums, num)
		}
		slices.Sort(nums)
		for _, num := range nums {
			r := rows[num]
			fmt.Fprintf(&index, "%d 1 ", num)
			table.Write([]byte{byte(r[0]), byte(r[1] >> 8), byte(r[1]), byte(r[2])})
		}
		before := ""
		if prev > 0 {
			before = fmt.Sprintf("/Prev %d ", prev)
		}
		fmt.Fprintf(&b, "20 0 obj\n<< /Type /XRef /Size 21 /Root 1 0 R %s/W [1 2 1] /Index [%s] /Length %d >>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
			before, index.String(), table.Len(), table.String(), at)
		return at
	}
	at := section(0, map[int][3]int{1: {1, catalog, 0}, 2: {1, pages, 0}, 5: {2, 10, 0}, 10: {1, first, 0}, 11: {1, second, 0}})
	section(at, map[int][3]int{5: {2, 11, 0}})
	f, err := pdf.Open(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"one", "two", "one"} {
		object, err := f.At(i % 2).Object(5)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := object.Value.(pdf.String); !ok || string(got.Bytes) != want {
			t.Errorf("revision %d: %v, want %s", i%2+1, object.Value, want)
		}
	}
}
