// Package samplepdf makes PDFs of different build for tests: by Ghostscript,
// cairo, qpdf and mutool from Debian, and by hand where no tool writes what old
// producers wrote. No two have the same mixture of cross-reference table or
// stream, object streams, linearisation, version, trailer id and page tree.
package samplepdf

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"eidgate/internal/testtool"
)

// Sample is one PDF on disk.
type Sample struct {
	Name string // what is special about it
	Path string
}

// All makes the samples in dir.
func All(t testing.TB, dir string) []Sample {
	t.Helper()
	m := maker{t, dir}
	table := m.ghostscript("ghostscript-1.4", "1.4")
	return []Sample{
		table,
		m.ghostscript("ghostscript-1.7", "1.7"),
		m.cairo(),
		m.qpdf("xref-stream", table, "--object-streams=generate"),
		m.qpdf("linearised", table, "--linearize"),
		m.qpdf("linearised-object-streams", table, "--linearize", "--object-streams=generate"),
		m.qpdf("version-2.0", table, "--force-version=2.0", "--object-streams=generate", "--compress-streams=y"),
		m.qpdf("qdf", table, "--qdf", "--object-streams=disable"),
		m.mutool(table),
		m.byHand("old-1.3-no-id", old13()),
		m.byHand("form", form()),
		m.byHand("nested-pages", nested()),
	}
}

type maker struct {
	t   testing.TB
	dir string
}

func (m maker) path(name string) string { return filepath.Join(m.dir, name+".pdf") }

func (m maker) ghostscript(name, version string) Sample {
	m.t.Helper()
	gs := testtool.Need(m.t, "gs")
	source := filepath.Join(m.dir, name+".ps")
	const pages = `%!PS
/Helvetica findfont 24 scalefont setfont
72 700 moveto (Contract, page one) show showpage
72 700 moveto (Contract, page two) show showpage
`
	if err := os.WriteFile(source, []byte(pages), 0o600); err != nil {
		m.t.Fatal(err)
	}
	testtool.Run(m.t, gs, "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=pdfwrite",
		"-dCompatibilityLevel="+version, "-sOutputFile="+m.path(name), source)
	return Sample{name, m.path(name)}
}

func (m maker) cairo() Sample {
	m.t.Helper()
	convert := testtool.Need(m.t, "rsvg-convert")
	source := filepath.Join(m.dir, "cairo.svg")
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="300">
<rect width="400" height="300" fill="#eef"/><circle cx="200" cy="150" r="90" fill="#36c"/></svg>`
	if err := os.WriteFile(source, []byte(svg), 0o600); err != nil {
		m.t.Fatal(err)
	}
	testtool.Run(m.t, convert, "-f", "pdf", "-o", m.path("cairo"), source)
	return Sample{"cairo", m.path("cairo")}
}

func (m maker) qpdf(name string, from Sample, options ...string) Sample {
	m.t.Helper()
	testtool.Run(m.t, testtool.Need(m.t, "qpdf"), append(options, from.Path, m.path(name))...)
	return Sample{name, m.path(name)}
}

func (m maker) mutool(from Sample) Sample {
	m.t.Helper()
	testtool.Run(m.t, testtool.Need(m.t, "mutool"), "clean", "-gggg", from.Path, m.path("mutool"))
	return Sample{"mutool", m.path("mutool")}
}

func (m maker) byHand(name string, content []byte) Sample {
	m.t.Helper()
	if err := os.WriteFile(m.path(name), content, 0o600); err != nil {
		m.t.Fatal(err)
	}
	return Sample{name, m.path(name)}
}

// Write lays out objects 1, 2, ... with a cross-reference table; trailer holds
// what the trailer has beside Size, and end is what follows the start of the
// table's offset, normally "%%EOF\n".
func Write(version, trailer, end string, objects ...string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%%PDF-%s\n%%\xe2\xe3\xcf\xd3\n", version)
	offsets := make([]int, len(objects))
	for i, o := range objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d %s >>\nstartxref\n%d\n%s", len(objects)+1, trailer, start, end)
	return b.Bytes()
}

func stream(dict, content string) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(content), content)
}

const text = "BT /F1 24 Tf 72 700 Td (Contract) Tj ET"

const font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"

// old13 has no file identifier, a direct page tree of one page and no line end
// after %%EOF.
func old13() []byte {
	return Write("1.3", "/Root 1 0 R", "%%EOF",
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		stream("", text), font)
}

// form has a text field with appearance defaults that must survive signing.
func form() []byte {
	return Write("1.6", "/Root 1 0 R /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]", "%%EOF\n",
		"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [6 0 R] /DA (/Helv 12 Tf 0 g) /DR << /Font << /Helv 5 0 R >> >> >> >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> /Annots 7 0 R >>",
		stream("", text), font,
		"<< /Type /Annot /Subtype /Widget /FT /Tx /T (Name) /V (Mari) /DA (/Helv 12 Tf 0 g) /Rect [72 600 272 620] /P 3 0 R /F 4 /AP << /N 8 0 R >> >>",
		"[6 0 R]",
		stream("/Type /XObject /Subtype /Form /BBox [0 0 200 20] /Resources << /Font << /Helv 5 0 R >> >>", "/Tx BMC BT /Helv 12 Tf 2 5 Td (Mari) Tj ET EMC"))
}

// nested keeps pages two levels down, with inherited resources and boxes, and a
// direct annotation array.
func nested() []byte {
	return Write("1.5", "/Root 1 0 R /Info 9 0 R /ID [<0123456789abcdef0123456789abcdef> <fedcba98765432100123456789abcdef>]", "%%EOF\r\n",
		"<< /Type /Catalog /Pages 2 0 R /Lang (et) >>",
		"<< /Type /Pages /Kids [3 0 R 6 0 R] /Count 3 /MediaBox [0 0 595 842] /Resources << /Font << /F1 8 0 R >> >> >>",
		"<< /Type /Pages /Parent 2 0 R /Kids [4 0 R 5 0 R] /Count 2 >>",
		"<< /Type /Page /Parent 3 0 R /Contents 7 0 R /Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 10 10] /Border [0 0 0] /Dest [5 0 R /Fit] >>] >>",
		"<< /Type /Page /Parent 3 0 R /Contents 7 0 R >>",
		"<< /Type /Page /Parent 2 0 R /Contents [7 0 R] /Rotate 90 >>",
		stream("", text), font,
		"<< /Title (Nested) /Producer (by hand) >>")
}
