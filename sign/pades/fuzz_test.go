package pades_test

import (
	"bytes"
	"context"
	"os"
	"testing"

	"eidgate/internal/samplepdf"
	"eidgate/sign/internal/pdf"
	"eidgate/sign/pades"
)

// FuzzPrepare: a document is refused, or comes out with one revision and one
// signature more, every byte of it kept.
func FuzzPrepare(f *testing.F) {
	ca := newCA(f)
	for _, b := range shapes() {
		f.Add(b)
	}
	if _, err := os.Stat("/usr/bin/qpdf"); err == nil {
		for _, s := range samplepdf.All(f, f.TempDir()) {
			f.Add(read(f, s.Path))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var out bytes.Buffer
		p, err := pades.PrepareTo(context.Background(), bytes.NewReader(in), int64(len(in)), &out, options(ca.ec256))
		if err != nil {
			return
		}
		if !bytes.HasPrefix(out.Bytes(), in) || int64(out.Len()) != p.Size() {
			t.Fatal("the document's bytes changed")
		}
		before, err := pdf.Open(bytes.NewReader(in), int64(len(in)))
		if err != nil {
			t.Fatal(err)
		}
		after, err := pdf.Open(bytes.NewReader(out.Bytes()), p.Size())
		if err != nil {
			t.Fatalf("the signed document cannot be read: %v", err)
		}
		if got, want := len(after.Revisions()), len(before.Revisions())+1; got != want {
			t.Errorf("%d revisions, want %d", got, want)
		}
		had, err := before.Latest().Fields()
		if err != nil {
			t.Fatal(err)
		}
		has, err := after.Latest().Fields()
		if err != nil {
			t.Fatal(err)
		}
		if len(has) != len(had)+1 {
			t.Errorf("%d fields became %d", len(had), len(has))
		}
		last := has[len(has)-1]
		if last.Type != "Sig" || last.Value == nil || after.Last().End != p.Size() {
			t.Errorf("the last field is %+v; the last revision ends at %d of %d", last, after.Last().End, p.Size())
		}
	})
}

// FuzzPrepareField: an existing field with a lock, seed values, a widget and a
// page made by anybody is refused, or signed and shown in a file that can be
// read.
func FuzzPrepareField(f *testing.F) {
	ca := newCA(f)
	for _, entries := range []string{
		"", "/Lock << /Action /Exclude /Fields [(Open)] /P 2 >>", "/MK << /R 90 >>", "/Rect [90 40 10.5 -10]",
		"/SV << /Ff 72 /Reasons [(a)] /DigestMethod [(SHA384)] /Cert << /Ff 46 /SubjectDN [<< /CN (x) >>] /KeyUsage [(X1)] /OID [(1.2)] /Issuer [(x)] >> >>",
	} {
		f.Add(demanding(entries))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		o := options(ca.ec256)
		o.Field, o.Visible = "Here", &pades.Visible{}
		var out bytes.Buffer
		p, err := pades.PrepareTo(context.Background(), bytes.NewReader(in), int64(len(in)), &out, o)
		if err != nil {
			return
		}
		after, err := pdf.Open(bytes.NewReader(out.Bytes()), p.Size())
		if err != nil {
			t.Fatalf("the signed document cannot be read: %v", err)
		}
		signatures, err := after.Latest().Signatures()
		if err != nil || !bytes.HasPrefix(out.Bytes(), in) {
			t.Fatalf("%d signatures, %v", len(signatures), err)
		}
	})
}
