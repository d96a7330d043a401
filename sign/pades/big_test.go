package pades_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"eidgate/internal/testtool"
	"eidgate/sign/pades"
)

// sparse makes a sound PDF of more than size bytes whose one stream is a hole
// in the file, with a cross-reference table or stream.
func sparse(t testing.TB, size int64, stream bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "large.pdf")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var offsets []int64
	var pos int64
	write := func(format string, args ...any) {
		n, err := f.WriteAt(fmt.Appendf(nil, format, args...), pos)
		if err != nil {
			t.Fatal(err)
		}
		pos += int64(n)
	}
	object := func(text string) {
		offsets = append(offsets, pos)
		write("%d 0 obj\n%s\nendobj\n", len(offsets), text)
	}
	write("%%PDF-1.7\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object(pagesObject)
	object(pageObject + "/Contents 5 0 R >>")
	offsets = append(offsets, pos)
	write("4 0 obj\n<< /Length %d >>\nstream\n", size)
	pos += size
	write("\nendstream\nendobj\n")
	object("<< /Length 0 >>\nstream\n\nendstream")
	start := pos
	if stream {
		rows := "\x00\x00\x00\x00\x00\x00\xff" + rowsOf(append(offsets, start))
		write("6 0 obj\n<< /Type /XRef /Size 7 /Root 1 0 R /W [1 5 1] /Length %d >>\nstream\n%s\nendstream\nendobj\n", len(rows), rows)
	} else {
		write("xref\n0 6\n0000000000 65535 f \n")
		for _, o := range offsets {
			write("%010d 00000 n \n", o)
		}
		write("trailer\n<< /Size 6 /Root 1 0 R >>\n")
	}
	write("startxref\n%d\n%%%%EOF\n", start)
	return path
}

// rowsOf are cross-reference rows with five bytes of offset.
func rowsOf(offsets []int64) string {
	var b []byte
	for _, o := range offsets {
		b = append(b, 1, byte(o>>32), byte(o>>24), byte(o>>16), byte(o>>8), byte(o), 0)
	}
	return string(b)
}

// Documents over 100,000,000 bytes, where other signers' byte ranges overflow,
// and over 2^31. The larger one takes its time and runs in "make interop" or
// with LARGE=1.
func TestSignLargeDocuments(t *testing.T) {
	sizes := map[string]int64{"over 10^8": 100_000_001}
	if os.Getenv("LARGE") != "" {
		sizes["over 2^31"] = 1<<31 + 1
	}
	ca := newWorld(t)
	for name, size := range sizes {
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/stream=%t", name, stream), func(t *testing.T) {
				in := sparse(t, size, stream)
				out, r := signFile(t, in, ca.ec384, ca.levelLT())
				if r.Size <= size {
					t.Errorf("the result has %d bytes", r.Size)
				}
				pdfsig(t, out, 1)
				testtool.Run(t, testtool.Need(t, "qpdf"), "--check", out)
				out, _ = signFile(t, out, ca.ec256, pades.Options{})
				pdfsig(t, out, 2)
			})
		}
	}
}
