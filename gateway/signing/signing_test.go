package signing_test

import (
	"archive/zip"
	"bytes"
	"hash/crc32"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/certs/pki"
	"eidgate/gateway/signing"
	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/pades"
)

// A PDF goes through all steps and comes out as PAdES-LT that poppler and we
// accept; the card was used once.
func TestPDF(t *testing.T) {
	testtool.Need(t, "pdfsig")
	each(t, func(t *testing.T, w *world) {
		c, pdf := newCard(t, w.pki.Card), samplePDF(t)
		s := w.completed(t, c, onePDF(pdf), pdf)
		path, signed := w.download(t, s.ID)
		if !bytes.HasPrefix(signed, pdf) {
			t.Error("signing changed the document")
		}
		if filepath.Base(path) != "leping-signed.pdf" || s.Result.Size != int64(len(signed)) {
			t.Errorf("the result is %+v", s.Result)
		}
		report, err := pades.Validate(t.Context(), bytes.NewReader(signed), int64(len(signed)), sign.Trust{Store: w.pki.Store(t)})
		if err != nil || !report.Valid() || report.Signatures[0].Level != sign.LevelLT {
			t.Errorf("our validator: %v\n%s", err, report.Text())
		}
		if out := testtool.Run(t, "pdfsig", "-nocert", path); !strings.Contains(out, "Signature is Valid") || !strings.Contains(out, "Total document signed") && !strings.Contains(out, "ETSI.CAdES.detached") {
			t.Errorf("pdfsig says\n%s", out)
		}
		if c.used != 1 {
			t.Errorf("the card was used %d times", c.used)
		}
		w.record.expect(t, "created", "prepared", "signed", "completed", "downloaded")
	})
}

// A second signer signs what the first one signed, and both signatures hold.
func TestSecondSigner(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		pdf, first := samplePDF(t), newCard(t, w.pki.Card)
		second := newCard(t, w.pki.Issue(t, pki.Applicant{Surname: "Kask", GivenNames: "Jüri", Code: "38001085718"}))
		_, once := w.download(t, w.completed(t, first, onePDF(pdf), pdf).ID)
		_, twice := w.download(t, w.completed(t, second, onePDF(once), once).ID)
		report, err := pades.Validate(t.Context(), bytes.NewReader(twice), int64(len(twice)), sign.Trust{Store: w.pki.Store(t)})
		if err != nil || !report.Valid() || len(report.Signatures) != 2 {
			t.Errorf("our validator: %v\n%s", err, report.Text())
		}
	})
}

// Files uploaded become a container with exactly these files.
func TestContainer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first, second := []byte("esimene fail\n"), bytes.Repeat([]byte("teine "), signing.ChunkSize/5)
		s := w.completed(t, newCard(t, w.pki.Card), files(signing.Upload, first, second), first, second)
		_, signed := w.download(t, s.ID)
		w.judgeContainer(t, signed, first, second)
	})
}

// In mode Digests the service never sees a file; the parts it gives make a
// container when the signer adds the files.
func TestDigests(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		contents := [][]byte{[]byte("esimene"), bytes.Repeat([]byte("teine "), 50_000)}
		s := w.completed(t, newCard(t, w.pki.Card), files(signing.Digests, contents...))
		got, err := w.Parts(t.Context(), mari, s.ID)
		if err != nil {
			t.Fatal(err)
		}
		w.judgeContainer(t, assemble(t, got, s.Files, contents), contents...)
		w.record.expect(t, "created", "prepared", "signed", "completed", "downloaded")
		if _, err := w.Open(t.Context(), mari, s.ID); err == nil {
			t.Error("a document was handed out that was never here")
		} else {
			refused(t, err, "signing.no-document")
		}

		// The same parts around other content are worth nothing.
		contents[0] = []byte("Esimene")
		forged := assemble(t, got, s.Files, contents)
		report, err := asic.Validate(t.Context(), bytes.NewReader(forged), int64(len(forged)), sign.Trust{Store: w.pki.Store(t)})
		if err != nil || report.Indication != sign.TotalFailed {
			t.Errorf("another file in the container gives %v, %v", report, err)
		}
	})
}

// assemble does what the page does.
func assemble(t *testing.T, c *signing.Container, files []signing.File, contents [][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	add := func(name string, content []byte, method uint16) {
		e, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	raw := c.Parts[0]
	e, err := z.CreateRaw(&zip.FileHeader{Name: raw.Name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(raw.Content), CompressedSize64: uint64(len(raw.Content)), UncompressedSize64: uint64(len(raw.Content))})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = e.Write(raw.Content)
	for i, f := range files {
		add(f.Name, contents[i], zip.Deflate)
	}
	for _, p := range c.Parts[1:] {
		add(p.Name, p.Content, zip.Deflate)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (w *world) judgeContainer(t *testing.T, signed []byte, contents ...[]byte) {
	t.Helper()
	report, err := asic.Validate(t.Context(), bytes.NewReader(signed), int64(len(signed)), sign.Trust{Store: w.pki.Store(t)})
	if err != nil {
		t.Fatal(err)
	}
	if !report.Valid() || report.Signatures[0].Level != sign.LevelLT {
		t.Errorf("our validator:\n%s", report.Text())
	}
	c, err := asic.Open(bytes.NewReader(signed), int64(len(signed)))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Files(); len(got) != len(contents) {
		t.Fatalf("the container has the files %v", got)
	}
	for i, f := range c.Files() {
		r, err := c.OpenFile(f.Name)
		if err != nil {
			t.Fatal(err)
		}
		var content bytes.Buffer
		_, _ = content.ReadFrom(r)
		r.Close()
		if !bytes.Equal(content.Bytes(), contents[i]) {
			t.Errorf("%q has other content", f.Name)
		}
	}
}
