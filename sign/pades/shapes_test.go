package pades_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
	"eidgate/sign/pades"
)

const (
	pagesObject = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
	pageObject  = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Resources << >> "
	emptyField  = "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Here) /F 4 /Rect [10 10 90 40] /P 3 0 R "
)

// Shapes of form and page that no sample has.
func shapes() map[string][]byte {
	root := func(more string) string { return "<< /Type /Catalog /Pages 2 0 R " + more + " >>" }
	return map[string][]byte{
		"form is an object": samplepdf.Write("1.6", "/Root 1 0 R", "%%EOF\n", root("/AcroForm 4 0 R"), pagesObject,
			pageObject+"/Annots [5 0 R] >>", "<< /Fields [5 0 R] /NeedAppearances true >>", emptyField+">>"),
		"fields are an object": samplepdf.Write("1.6", "/Root 1 0 R", "%%EOF\n", root("/AcroForm 4 0 R"), pagesObject,
			pageObject+"/Annots 7 0 R >>", "<< /Fields 6 0 R >>", emptyField+">>", "[5 0 R]", "[5 0 R]"),
		"fields and annots are one": samplepdf.Write("1.6", "/Root 1 0 R", "%%EOF\n", root("/AcroForm 4 0 R"), pagesObject,
			pageObject+"/Annots 6 0 R >>", "<< /Fields 6 0 R >>", emptyField+">>", "[5 0 R]"),
		"form is null":      samplepdf.Write("1.6", "/Root 1 0 R", "%%EOF\n", root("/AcroForm 9 0 R"), pagesObject, pageObject+">>"),
		"annots are null":   samplepdf.Write("1.6", "/Root 1 0 R", "%%EOF\n", root(""), pagesObject, pageObject+"/Annots null >>"),
		"names with spaces": samplepdf.Write("1.6", "/Root 1 0 R", "%%EOF\n", root("/A#20#28b /c#2Fd /Lang (a\\)b\\\\\\(c)"), pagesObject, pageObject+">>"),
		"carriage returns":  samplepdf.Write("1.6", "/Root 1 0 R", "%%EOF\r", root(""), pagesObject, pageObject+">>"),
		"garbage after end": samplepdf.Write("1.6", "/Root 1 0 R", "%%EOF\n\n\x00\x00padding", root(""), pagesObject, pageObject+">>"),
		"PDF 2.0 table":     samplepdf.Write("2.0", "/Root 1 0 R /ID [(a) (b)]", "%%EOF\n", root(""), pagesObject, pageObject+">>"),
		"field named as ours": samplepdf.Write("1.6", "/Root 1 0 R", "%%EOF\n", root("/AcroForm << /Fields [4 0 R] >>"), pagesObject,
			pageObject+"/Annots [4 0 R] >>", strings.Replace(emptyField, "(Here)", "(Signature1)", 1)+">>"),
		"hybrid": hybrid(),
	}
}

// hybrid is a file with a table for old readers and a stream for new ones.
func hybrid() []byte {
	first := samplepdf.Write("1.5", "/Root 1 0 R", "%%EOF\n", "<< /Type /Catalog /Pages 2 0 R >>", pagesObject, pageObject+">>")
	b := bytes.NewBuffer(first)
	at := b.Len()
	b.WriteString("4 0 obj\n(hidden)\nendobj\n")
	rows := fmt.Sprintf("%c%c%c%c", 1, at>>8, at&0xff, 0)
	stream := b.Len()
	fmt.Fprintf(b, "5 0 obj\n<< /Type /XRef /Size 6 /W [1 2 1] /Index [4 1] /Length %d >>\nstream\n%s\nendstream\nendobj\n", len(rows), rows)
	table := b.Len()
	i := bytes.LastIndex(first, []byte("startxref\n")) + len("startxref\n")
	prev := first[i : i+bytes.IndexByte(first[i:], '\n')]
	fmt.Fprintf(b, "xref\n0 0\ntrailer\n<< /Size 6 /Root 1 0 R /Prev %s /XRefStm %d >>\nstartxref\n%d\n%%%%EOF\n", prev, stream, table)
	return b.Bytes()
}

func TestSignShapes(t *testing.T) {
	ca := newWorld(t)
	for name, in := range shapes() {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "in.pdf")
			if err := os.WriteFile(path, in, 0o600); err != nil {
				t.Fatal(err)
			}
			out, _ := signFile(t, path, ca.ec384, ca.levelLT())
			judge(t, ca, out, 1)
			out, _ = signFile(t, out, ca.ec256, ca.levelLT())
			judge(t, ca, out, 2)
			if !bytes.HasPrefix(read(t, out), in) {
				t.Error("the original bytes changed")
			}
		})
	}
}

// An empty signature field of the document is used when it is named.
func TestSignExistingField(t *testing.T) {
	ca := newCA(t)
	path := filepath.Join(t.TempDir(), "in.pdf")
	if err := os.WriteFile(path, shapes()["form is an object"], 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ := signFile(t, path, ca.ec384, pades.Options{Field: "Here"})
	judge(t, ca, out, 1)
	json := testtool.Run(t, testtool.Need(t, "qpdf"), "--json", "--json-key=acroform", out)
	if strings.Count(json, `"fieldtype": "/Sig"`) != 1 {
		t.Errorf("the form has other fields than the one signed:\n%s", json)
	}
	if _, err := trySign(t, out, filepath.Join(t.TempDir(), "again.pdf"), ca.ec384, pades.Options{Field: "Here"}); !errors.Is(err, pades.ErrField) {
		t.Errorf("signing a signed field: %v", err)
	}
}

// What the author of a document forbids is refused before the key is used.
func TestSignHonoursTheAuthor(t *testing.T) {
	ca := newCA(t)
	certified := func(p string) []byte {
		return samplepdf.Write("1.6", "/Root 1 0 R", "%%EOF\n",
			"<< /Type /Catalog /Pages 2 0 R /Perms << /DocMDP 4 0 R >> >>", pagesObject, pageObject+">>",
			"<< /Type /Sig /Reference [<< /Type /SigRef /TransformMethod /DocMDP /TransformParams << /Type /TransformParams /V /1.2 "+p+" >> >>] >>")
	}
	locked := samplepdf.Write("1.6", "/Root 1 0 R", "%%EOF\n", "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>",
		pagesObject, pageObject+"/Annots [4 0 R] >>", emptyField+"/Lock << /Type /SigFieldLock /Action /All >> >>")
	for name, c := range map[string]struct {
		in    []byte
		field string
		want  error
	}{
		"no changes":         {certified("/P 1"), "", pades.ErrCertified},
		"forms and signing":  {certified("/P 2"), "", nil},
		"default permission": {certified(""), "", nil},
		"field with a lock":  {locked, "Here", nil},
		"beside the lock":    {locked, "", nil},
	} {
		key := &counting{Signer: ca.ec384.key}
		o := options(ca.ec384)
		o.Field = c.field
		_, err := pades.Sign(context.Background(), bytes.NewReader(c.in), int64(len(c.in)), &failingOutput{left: 100}, key, o)
		if !errors.Is(err, c.want) || (err != nil && key.n != 0) {
			t.Errorf("%s: error %v, want %v; %d key operations", name, err, c.want, key.n)
		}
	}
}

// Bad input is refused with its code before the key is used and before a byte
// is written.
func TestSignRefusesBadInput(t *testing.T) {
	ca := newCA(t)
	good := read(t, firstSample(t))
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"empty":          {nil, pades.ErrNotPDF},
		"text":           {[]byte("Dear Sir"), pades.ErrNotPDF},
		"encrypted":      {encrypted(t), pades.ErrEncrypted},
		"cut short":      {good[:len(good)-100], pades.ErrDamaged},
		"half":           {good[:len(good)/2], pades.ErrDamaged},
		"byte prepended": {append([]byte("\n"), good...), pades.ErrDamaged},
		"no pages": {samplepdf.Write("1.6", "/Root 1 0 R", "%%EOF\n", "<< /Type /Catalog /Pages 2 0 R >>",
			"<< /Type /Pages /Kids [] /Count 0 >>"), pades.ErrDamaged},
		"page tree loops": {samplepdf.Write("1.6", "/Root 1 0 R", "%%EOF\n", "<< /Type /Catalog /Pages 2 0 R >>",
			"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"), pades.ErrDamaged},
		"page is the catalog": {samplepdf.Write("1.6", "/Root 1 0 R", "%%EOF\n", "<< /Type /Catalog /Pages 1 0 R >>"), pades.ErrDamaged},
		"form loops": {samplepdf.Write("1.6", "/Root 1 0 R", "%%EOF\n", "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>",
			pagesObject, pageObject+">>", "<< /T (a) /Kids [4 0 R] >>"), pades.ErrDamaged},
	} {
		key := &counting{Signer: ca.ec384.key}
		out := &failingOutput{left: 100}
		_, err := pades.Sign(context.Background(), bytes.NewReader(c.in), int64(len(c.in)), out, key, options(ca.ec384))
		if !errors.Is(err, c.want) || key.n != 0 || len(out.buf) != 0 {
			t.Errorf("%s: error %v, want %v; %d key operations, %d bytes written", name, err, c.want, key.n, len(out.buf))
		}
	}
}

// A cancelled context ends the work; progress is told up to the end.
func TestCancelAndProgress(t *testing.T) {
	ca := newCA(t)
	in := large(3 << 20)
	ctx, cancel := context.WithCancel(t.Context())
	o := options(ca.ec384)
	var last, total int64
	o.Progress = func(done, of int64) { last, total = done, of }
	if _, err := pades.Prepare(ctx, bytes.NewReader(in), int64(len(in)), o); err != nil {
		t.Fatal(err)
	}
	if last != int64(len(in)) || total != last {
		t.Errorf("progress ended at %d of %d", last, total)
	}
	o.Progress = func(int64, int64) { cancel() }
	if _, err := pades.Prepare(ctx, bytes.NewReader(in), int64(len(in)), o); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancelling: %v", err)
	}
}
