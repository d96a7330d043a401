package pdf_test

import (
	"bytes"
	"fmt"
	"testing"

	"eidgate/internal/samplepdf"
	"eidgate/sign/internal/pdf"
)

// An object is seen as each revision left it, and each revision tells which
// bytes it added and which objects it wrote.
func TestRevisions(t *testing.T) {
	first := small()
	second := update(first, startXRef(first), "", map[int]string{
		3: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 5 5] >>", 4: "(new)",
	})
	third := update(second, startXRef(second), "", map[int]string{4: "(newer)"})
	f, err := openBytes(third)
	if err != nil {
		t.Fatal(err)
	}
	revs := f.Revisions()
	if len(revs) != 3 {
		t.Fatalf("%d revisions, want 3", len(revs))
	}
	for i, end := range []int{len(first), len(second), len(third)} {
		if revs[i].End != int64(end) {
			t.Errorf("revision %d ends at %d, want %d", i, revs[i].End, end)
		}
	}
	if revs[2].Start != int64(len(second)) {
		t.Errorf("revision 2 starts at %d, want %d", revs[2].Start, len(second))
	}
	var changed []int
	_ = f.Entries(revs[1], func(num int, _ pdf.Entry) error { changed = append(changed, num); return nil })
	if fmt.Sprint(changed) != "[3 4]" {
		t.Errorf("revision 1 writes objects %v, want 3 and 4", changed)
	}
	for i, want := range []string{"<nil>", "(new)", "(newer)"} {
		ind, err := f.At(i).Object(4)
		if err != nil {
			t.Fatal(err)
		}
		got := "<nil>"
		if ind != nil {
			got = string(pdf.Append(nil, ind.Value))
		}
		if got != want {
			t.Errorf("object 4 in revision %d is %s, want %s", i, got, want)
		}
	}
	before, _ := f.At(0).Object(3)
	after, _ := f.At(1).Object(3)
	same, _ := f.At(2).Object(3)
	if pdf.Equal(before.Value, after.Value) || !pdf.Equal(after.Value, same.Value) {
		t.Error("objects compare wrongly")
	}
}

// In a hybrid file an old reader sees a free object where ours sees the one in
// the stream.
func TestHybridFile(t *testing.T) {
	first := small()
	b := bytes.NewBuffer(first)
	objects := b.Len()
	fmt.Fprintf(b, "4 0 obj\n(hidden)\nendobj\n")
	rows := fmt.Sprintf("%c%c%c%c", 1, objects>>8, objects&0xff, 0)
	stream := b.Len()
	fmt.Fprintf(b, "5 0 obj\n<< /Type /XRef /Size 6 /W [1 2 1] /Index [4 1] /Length %d >>\nstream\n%s\nendstream\nendobj\n", len(rows), rows)
	file := update(b.Bytes(), startXRef(first), fmt.Sprintf("/XRefStm %d", stream), nil)
	f, err := openBytes(file)
	if err != nil {
		t.Fatal(err)
	}
	ind, err := f.Latest().Object(4)
	if err != nil || ind == nil {
		t.Fatalf("object 4: %v, %v", ind, err)
	}
	if got := string(pdf.Append(nil, ind.Value)); got != "(hidden)" {
		t.Errorf("object 4 is %s", got)
	}
	if !f.Last().Hybrid || f.Revisions()[0].Hybrid {
		t.Error("the wrong revision is called hybrid")
	}
}

// Positions of Contents and ByteRange are exact.
func TestSignatureBytes(t *testing.T) {
	file := samplepdf.Write("1.4", "/Root 1 0 R", "%%EOF\n",
		"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] /SigFlags 3 >> >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Annots [5 0 R] >>",
		"<< /T (Group) /FT /Sig /Kids [5 0 R] >>",
		"<< /T <FEFF0428> /Parent 4 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /V 6 0 R >>",
		"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /ByteRange [0 10 20 30] /Contents <00 ff> >>")
	f, err := openBytes(file)
	if err != nil {
		t.Fatal(err)
	}
	sigs, err := f.Latest().Signatures()
	if err != nil || len(sigs) != 1 {
		t.Fatalf("%d signatures, %v", len(sigs), err)
	}
	s := sigs[0]
	if got := string(file[s.ContentsStart:s.ContentsEnd]); got != "<00 ff>" {
		t.Errorf("Contents is %q", got)
	}
	if s.Field.Name != "Group.Ш" || len(s.Field.Widgets) != 1 || s.Field.Widgets[0].Num != 5 {
		t.Errorf("field %+v", s.Field)
	}
	if fmt.Sprint(s.ByteRange) != "[0 10 20 30]" || !bytes.Equal(s.Contents, []byte{0, 0xff}) || !s.ContentsHex {
		t.Errorf("signature %+v", s)
	}
	if got := string(file[s.Object.Start:s.Object.End]); got[:7] != "6 0 obj" || got[len(got)-6:] != "endobj" {
		t.Errorf("object bytes %q", got)
	}
}
