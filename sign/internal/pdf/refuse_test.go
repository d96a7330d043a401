package pdf_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/fault"
	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
	"eidgate/sign/internal/pdf"
)

func openBytes(b []byte) (*pdf.File, error) {
	return pdf.Open(bytes.NewReader(b), int64(len(b)))
}

func small() []byte {
	return samplepdf.Write("1.4", "/Root 1 0 R", "%%EOF\n",
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>")
}

// update appends one revision with a table: objects by number, and the extra
// trailer keys.
func update(file []byte, prev int, trailer string, objects map[int]string) []byte {
	b := bytes.NewBuffer(bytes.Clone(file))
	var table strings.Builder
	for num, o := range objects {
		fmt.Fprintf(&table, "%d 1\n%010d 00000 n \n", num, b.Len())
		fmt.Fprintf(b, "%d 0 obj\n%s\nendobj\n", num, o)
	}
	start := b.Len()
	fmt.Fprintf(b, "xref\n%strailer\n<< /Size 9 /Root 1 0 R /Prev %d %s >>\nstartxref\n%d\n%%%%EOF\n", table.String(), prev, trailer, start)
	return b.Bytes()
}

func startXRef(b []byte) int {
	var n int
	i := bytes.LastIndex(b, []byte("startxref"))
	_, _ = fmt.Sscan(string(b[i+len("startxref"):]), &n)
	return n
}

func TestRefusals(t *testing.T) {
	good := small()
	at := startXRef(good)
	loop := update(good, at, "", map[int]string{4: "null"})
	loop = bytes.Replace(loop, fmt.Appendf(nil, "/Prev %d", at), fmt.Appendf(nil, "/Prev %d", startXRef(loop)), 1)
	deep := samplepdf.Write("1.4", "/Root 1 0 R", "%%EOF\n", strings.Repeat("[", 5000))
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"empty":                    {nil, pdf.ErrNotPDF},
		"text":                     {[]byte("Dear Sir, enclosed"), pdf.ErrNotPDF},
		"zip":                      {[]byte("PK\x03\x04 mimetype"), pdf.ErrNotPDF},
		"header alone":             {[]byte("%PDF-1.7\n"), pdf.ErrDamaged},
		"bytes before the header":  {append([]byte("\xef\xbb\xbf"), good...), pdf.ErrDamaged},
		"cut short":                {good[:len(good)/2], pdf.ErrDamaged},
		"cut in the last line":     {good[:len(good)-4], pdf.ErrDamaged},
		"table out of the file":    {bytes.Replace(good, fmt.Appendf(nil, "startxref\n%d", at), []byte("startxref\n99999"), 1), pdf.ErrDamaged},
		"table moved":              {bytes.Replace(good, fmt.Appendf(nil, "startxref\n%d", at), fmt.Appendf(nil, "startxref\n%d", at+1), 1), pdf.ErrDamaged},
		"encrypted":                {bytes.Replace(good, []byte("/Root 1 0 R"), []byte("/Root 1 0 R /Encrypt 9 0 R"), 1), pdf.ErrEncrypted},
		"chain that loops":         {loop, pdf.ErrDamaged},
		"chain forward":            {update(good, 1<<20, "", map[int]string{4: "null"}), pdf.ErrDamaged},
		"previous is a real":       {update(good, at, "/Prev 1.5", nil), pdf.ErrDamaged},
		"trailer key twice":        {update(good, at, "/Root 2 0 R", nil), pdf.ErrDamaged},
		"objects nested very deep": {deep, pdf.ErrLimit},
		"huge subsection":          {bytes.Replace(good, []byte("0 4\n"), []byte("0 99999999999\n"), 1), pdf.ErrLimit},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := openBytes(c.file)
			if err == nil {
				_, err = f.Latest().Object(1)
			}
			if !errors.Is(err, c.want) {
				t.Fatalf("error %v, want %v", err, c.want)
			}
			if fault.CodeOf(err) == "" || fault.HintOf(err) == "" {
				t.Errorf("code %q, hint %q", fault.CodeOf(err), fault.HintOf(err))
			}
		})
	}
}

// Files encrypted by a real tool, with a user password and without.
func TestRefusesEncryption(t *testing.T) {
	qpdf := testtool.Need(t, "qpdf")
	dir := t.TempDir()
	in := filepath.Join(dir, "in.pdf")
	if err := os.WriteFile(in, small(), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, options := range map[string][]string{
		"rc4":    {"--allow-weak-crypto", "--encrypt", "", "owner", "128", "--use-aes=n", "--"},
		"aes128": {"--allow-weak-crypto", "--encrypt", "", "owner", "128", "--use-aes=y", "--"},
		"aes256": {"--encrypt", "user", "owner", "256", "--"},
		"stream": {"--object-streams=generate", "--encrypt", "", "owner", "256", "--"},
	} {
		out := filepath.Join(dir, name+".pdf")
		testtool.Run(t, qpdf, append(options, in, out)...)
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := openBytes(b); !errors.Is(err, pdf.ErrEncrypted) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A disk that fails is not a damaged PDF, whichever read fails.
func TestReadErrorIsNotDamage(t *testing.T) {
	broken := errors.New("disk on fire")
	for n := range 3 {
		r := &failing{bytes.NewReader(small()), n, broken}
		f, err := pdf.Open(r, r.Size())
		if err == nil {
			_, _, err = f.Latest().Catalog()
		}
		if !errors.Is(err, broken) || errors.Is(err, pdf.ErrDamaged) {
			t.Errorf("read %d: error %v", n, err)
		}
	}
}

type failing struct {
	*bytes.Reader
	left int
	err  error
}

func (f *failing) ReadAt(p []byte, off int64) (int, error) {
	if f.left--; f.left < 0 {
		return 0, f.err
	}
	return f.Reader.ReadAt(p, off)
}
