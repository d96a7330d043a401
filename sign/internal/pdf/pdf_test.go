package pdf_test

import (
	"os"
	"testing"

	"eidgate/internal/samplepdf"
	"eidgate/sign/internal/pdf"
)

func open(t testing.TB, path string) *pdf.File {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	f, err := pdf.Open(file, info.Size())
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return f
}

// Every object, page and field of files from different producers is read.
func TestReadsEverySample(t *testing.T) {
	for _, s := range samplepdf.All(t, t.TempDir()) {
		t.Run(s.Name, func(t *testing.T) {
			f := open(t, s.Path)
			if n := len(f.Revisions()); n != 1 {
				t.Errorf("%d revisions in a file saved once", n)
			}
			if end := f.Last().End; end != f.Size() {
				t.Errorf("the revision ends at %d of %d", end, f.Size())
			}
			v := f.Latest()
			objects := 0
			err := f.Entries(f.Last(), func(num int, e pdf.Entry) error {
				if e.Kind == pdf.Free {
					return nil
				}
				objects++
				_, err := v.Object(num)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			pages := 0
			if err := v.Pages(func(*pdf.Indirect) bool { pages++; return true }); err != nil {
				t.Fatal(err)
			}
			if objects < 5 || pages < 1 {
				t.Errorf("%d objects, %d pages", objects, pages)
			}
			if _, err := v.Fields(); err != nil {
				t.Error(err)
			}
		})
	}
}
