package asic_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto"
	"encoding/base64"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"eidgate/internal/fault"
	"eidgate/internal/xmlsec/xmlsectest"
	"eidgate/sign"
	"eidgate/sign/asic"
)

// box is a container taken apart for forging: what is written again is a sound
// archive, so that the forgery itself is what gets refused.
type box struct {
	t     testing.TB
	parts []part
}

type part struct {
	name    string
	content []byte
	deflate bool
}

const (
	sigName  = "META-INF/signatures0.xml"
	listName = "META-INF/manifest.xml"
)

func open(t testing.TB, container []byte) *box {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(container), int64(len(container)))
	if err != nil {
		t.Fatal(err)
	}
	b := &box{t: t}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		b.parts = append(b.parts, part{name: f.Name, content: content})
	}
	return b
}

// bytes writes the container with an ordinary ZIP writer.
func (b *box) bytes() []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, p := range b.parts {
		h := &zip.FileHeader{Name: p.name, CRC32: crc32.ChecksumIEEE(p.content), UncompressedSize64: uint64(len(p.content))}
		content := p.content
		if p.deflate {
			h.Method = zip.Deflate
			var packed bytes.Buffer
			f, err := flate.NewWriter(&packed, 9)
			if err != nil {
				b.t.Fatal(err)
			}
			_, _ = f.Write(p.content)
			f.Close()
			content = packed.Bytes()
		}
		h.CompressedSize64 = uint64(len(content))
		f, err := w.CreateRaw(h)
		if err != nil {
			b.t.Fatal(err)
		}
		if _, err := f.Write(content); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	return out.Bytes()
}

func (b *box) at(name string) *part {
	b.t.Helper()
	for i := range b.parts {
		if b.parts[i].name == name {
			return &b.parts[i]
		}
	}
	b.t.Fatalf("no part %q", name)
	return nil
}

// add puts a part at the end, remove takes one out.
func (b *box) add(name, content string) {
	b.parts = append(b.parts, part{name: name, content: []byte(content)})
}

func (b *box) remove(name string) {
	b.at(name)
	var kept []part
	for _, p := range b.parts {
		if p.name != name {
			kept = append(kept, p)
		}
	}
	b.parts = kept
}

// swap replaces text in a part; it must be there.
func (b *box) swap(name, old, with string) {
	b.t.Helper()
	p := b.at(name)
	if !bytes.Contains(p.content, []byte(old)) {
		b.t.Fatalf("%q is not in %q", old, name)
	}
	p.content = bytes.ReplaceAll(p.content, []byte(old), []byte(with))
}

// sig and list change the signature and the manifest.
func (b *box) sig(old, with string)  { b.t.Helper(); b.swap(sigName, old, with) }
func (b *box) list(old, with string) { b.t.Helper(); b.swap(listName, old, with) }

// xml is the text of the signature.
func (b *box) xml() string { return string(b.at(sigName).content) }

// element cuts the first element of a name, whole, out of text.
func element(t testing.TB, text, name string) string {
	t.Helper()
	from := strings.Index(text, "<"+name)
	end := "</" + name + ">"
	to := strings.Index(text[max(from, 0):], end)
	if from < 0 || to < 0 {
		t.Fatalf("no <%s>", name)
	}
	return text[from : from+to+len(end)]
}

// inside is the content of the first element of a name.
func inside(t testing.TB, text, name string) string {
	t.Helper()
	e := element(t, text, name)
	return e[strings.Index(e, ">")+1 : strings.LastIndex(e, "</")]
}

// wantCode wants a container refused, by an error or by a verdict on one of its
// signatures, with a code. It returns the verdict.
func wantCode(t testing.TB, container []byte, trust sign.Trust, code string) sign.Verdict {
	t.Helper()
	report, err := asic.Validate(t.Context(), bytes.NewReader(container), int64(len(container)), trust)
	if err != nil {
		if got := fault.CodeOf(err); got != code {
			t.Errorf("error %q (%v), want %q", got, err, code)
		}
		return sign.Verdict{}
	}
	if report.Valid() {
		t.Fatalf("the forgery is valid:\n%s", report.Text())
	}
	var worst sign.Verdict
	found := false
	for _, s := range report.Signatures {
		if s.Indication != sign.TotalPassed && (s.Code == "" || s.Level != sign.NoLevel) {
			t.Errorf("refused without code or with level %v:\n%s", s.Level, report.Text())
		}
		if s.Code == code {
			found, worst = true, s.Verdict
		}
	}
	if !found {
		t.Errorf("not refused with %q:\n%s", code, report.Text())
	}
	return worst
}

// swapOnce replaces the first occurrence.
func (b *box) swapOnce(name, old, with string) {
	b.t.Helper()
	p := b.at(name)
	if !bytes.Contains(p.content, []byte(old)) {
		b.t.Fatalf("%q is not in %q", old, name)
	}
	p.content = bytes.Replace(p.content, []byte(old), []byte(with), 1)
}

// resign makes the signature value anew over what ds:SignedInfo says now.
func (b *box) resign(key crypto.Signer) {
	b.t.Helper()
	p := b.at(sigName)
	text := strings.Replace(string(p.content), element(b.t, string(p.content), "ds:SignatureValue"),
		"<ds:SignatureValue>"+xmlsectest.Blank+"</ds:SignatureValue>", 1)
	p.content = []byte(xmlsectest.SignInfo(b.t, text, key))
}

// wantCodeAny wants one of the checks to have refused with a code.
func wantCodeAny(t testing.TB, container []byte, trust sign.Trust, code string) sign.Verdict {
	t.Helper()
	report := validate(t, container, trust)
	if report.Valid() {
		t.Fatalf("the forgery is valid:\n%s", report.Text())
	}
	for _, s := range report.Signatures {
		for _, c := range s.Checks {
			if c.Code == code {
				return s.Verdict
			}
		}
	}
	t.Errorf("not refused with %q:\n%s", code, report.Text())
	return sign.Verdict{}
}

func base(der []byte) string { return base64.StdEncoding.EncodeToString(der) }

type readCloser = io.ReadCloser

func section(f asic.File) io.ReadCloser {
	return io.NopCloser(io.NewSectionReader(f.Content, 0, f.Size))
}

func readAll(t testing.TB, in io.ReadCloser) []byte {
	t.Helper()
	defer in.Close()
	b, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
