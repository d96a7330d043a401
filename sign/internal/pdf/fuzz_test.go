package pdf_test

import (
	"os"
	"testing"

	"eidgate/internal/samplepdf"
	"eidgate/sign/internal/pdf"
)

// FuzzOpen reads everything the package can read out of a file.
func FuzzOpen(f *testing.F) {
	if _, err := os.Stat("/usr/bin/qpdf"); err == nil {
		for _, s := range samplepdf.All(f, f.TempDir()) {
			b, err := os.ReadFile(s.Path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	first := small()
	f.Add(first)
	f.Add(update(first, startXRef(first), "", map[int]string{3: "null"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := openBytes(b)
		if err != nil {
			return
		}
		for _, r := range file.Revisions() {
			v := file.At(r.Index)
			seen := 0
			_ = file.Entries(r, func(num int, _ pdf.Entry) error {
				if seen++; seen > 200 {
					return pdf.ErrLimit
				}
				ind, err := v.Object(num)
				if err == nil && ind != nil {
					written := pdf.Append(nil, ind.Value)
					if st, ok := ind.Value.(*pdf.Stream); ok {
						_, _ = file.Data(st, 1<<16)
					}
					_ = written
				}
				return nil
			})
			_, _ = v.Signatures()
			_, _ = v.Version()
			_ = v.Pages(func(*pdf.Indirect) bool { return true })
		}
	})
}

// FuzzText: what is encoded is decoded to the same text.
func FuzzText(f *testing.F) {
	for _, s := range []string{"Mari", "ЩШЌ", "한글", "Õnne 13", "(\\)", "\r\n", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := string([]rune(s)) // invalid bytes become U+FFFD
		if got := pdf.DecodeText(pdf.EncodeText(s).Bytes); got != text {
			t.Errorf("%q comes back as %q", text, got)
		}
	})
}
