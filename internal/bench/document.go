package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
)

// pageBytes of image-like data stand on each page.
const pageBytes = 64 << 10

// writeDocument makes a PDF of about size bytes: pages of data that does not
// compress, with a cross-reference table.
func writeDocument(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	d := document{w: bufio.NewWriterSize(f, 1<<20), random: rand.NewChaCha8([32]byte{1})}
	d.write("%%PDF-1.7\n%%\xe2\xe3\xcf\xd3\n")
	pages := int(max(1, (size-1500)/(pageBytes+250)))
	var kids strings.Builder
	for i := range pages {
		fmt.Fprintf(&kids, "%d 0 R ", 3+2*i)
	}
	d.object("<< /Type /Catalog /Pages 2 0 R >>", nil)
	d.object(fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", pages, kids.String()), nil)
	for i := range pages {
		d.object(fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /XObject << /I %d 0 R >> >> >>", 4+2*i), nil)
		d.object("", d.data())
	}
	d.finish()
	if d.err != nil {
		return d.err
	}
	if err := d.w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

type document struct {
	w       *bufio.Writer
	random  *rand.ChaCha8
	pos     int64
	offsets []int64
	err     error
}

func (d *document) write(format string, args ...any) {
	n, err := fmt.Fprintf(d.w, format, args...)
	d.pos += int64(n)
	if d.err == nil {
		d.err = err
	}
}

func (d *document) data() []byte {
	b := make([]byte, pageBytes)
	_, _ = d.random.Read(b)
	return b
}

func (d *document) object(text string, image []byte) {
	d.offsets = append(d.offsets, d.pos)
	d.write("%d 0 obj\n", len(d.offsets))
	if image == nil {
		d.write("%s\nendobj\n", text)
		return
	}
	d.write("<< /Type /XObject /Subtype /Image /Width 256 /Height 256 /BitsPerComponent 8 /ColorSpace /DeviceGray /Length %d >>\nstream\n%s\nendstream\nendobj\n", len(image), image)
}

func (d *document) finish() {
	start := d.pos
	d.write("xref\n0 %d\n0000000000 65535 f \n", len(d.offsets)+1)
	for _, o := range d.offsets {
		d.write("%010d 00000 n \n", o)
	}
	d.write("trailer\n<< /Size %d /Root 1 0 R /ID [<0123456789abcdef> <0123456789abcdef>] >>\nstartxref\n%d\n%%%%EOF\n", len(d.offsets)+1, start)
}
