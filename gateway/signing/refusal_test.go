package signing_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
	"eidgate/gateway/signing"
)

// What could never be signed is refused before anything is uploaded.
func TestCreateRefuses(t *testing.T) {
	sum := sha256.Sum256(nil)
	file := func(name string, size int64) signing.NewFile { return signing.NewFile{Name: name, Size: size} }
	digested := func(name string) signing.NewFile { return signing.NewFile{Name: name, Size: 1, SHA256: sum[:]} }
	with := func(f signing.Format, m signing.Mode, files ...signing.NewFile) signing.NewSignature {
		return signing.NewSignature{Format: f, Mode: m, Files: files}
	}
	many := make([]signing.NewFile, signing.MaxFiles+1)
	for i := range many {
		many[i] = file(fmt.Sprint(i), 1)
	}
	cases := map[string]struct {
		ask  signing.NewSignature
		code string
	}{
		"no format":         {with("", signing.Upload, file("a.pdf", 1)), "signing.format"},
		"unknown mode":      {with(signing.ASiCE, "mail", file("a.pdf", 1)), "signing.format"},
		"PDF by digest":     {with(signing.PAdES, signing.Digests, signing.NewFile{Name: "a.pdf", Size: 1, SHA256: sum[:]}), "signing.format"},
		"no file":           {with(signing.ASiCE, signing.Upload), "signing.files"},
		"two PDFs":          {with(signing.PAdES, signing.Upload, file("a.pdf", 1), file("b.pdf", 1)), "signing.files"},
		"too many files":    {with(signing.ASiCE, signing.Upload, many...), "signing.too-large"},
		"empty file":        {with(signing.ASiCE, signing.Upload, file("a", 0)), "signing.files"},
		"negative size":     {with(signing.ASiCE, signing.Upload, file("a", -1)), "signing.files"},
		"large file":        {with(signing.ASiCE, signing.Upload, file("a", 2<<20)), "signing.too-large"},
		"large together":    {with(signing.ASiCE, signing.Upload, file("a", 1<<20), file("b", 1<<20), file("c", 1)), "signing.too-large"},
		"endless digest":    {with(signing.ASiCE, signing.Digests, signing.NewFile{Name: "a", Size: 1 << 62, SHA256: sum[:]}), "signing.too-large"},
		"digest missing":    {with(signing.ASiCE, signing.Digests, file("a", 1)), "signing.digest"},
		"digest cut":        {with(signing.ASiCE, signing.Upload, signing.NewFile{Name: "a", Size: 1, SHA256: sum[:20]}), "signing.digest"},
		"no name":           {with(signing.ASiCE, signing.Upload, file("", 1)), "signing.files"},
		"folder":            {with(signing.ASiCE, signing.Upload, file("a/b", 1)), "signing.files"},
		"other folder":      {with(signing.ASiCE, signing.Upload, file(`a\b`, 1)), "signing.files"},
		"parent":            {with(signing.ASiCE, signing.Upload, file("..", 1)), "signing.files"},
		"mimetype":          {with(signing.ASiCE, signing.Upload, file("MimeType", 1)), "signing.files"},
		"control character": {with(signing.ASiCE, signing.Upload, file("a\nb", 1)), "signing.files"},
		"not UTF-8":         {with(signing.ASiCE, signing.Upload, file("a\xff", 1)), "signing.files"},
		"current folder":    {with(signing.ASiCE, signing.Upload, file(".", 1)), "signing.files"},
		"container's own":   {with(signing.ASiCE, signing.Digests, digested("META-INF")), "signing.files"},
		"turns text around": {with(signing.PAdES, signing.Upload, file("invoice\u202Efdp.exe", 1)), "signing.files"},
		"isolates":          {with(signing.ASiCE, signing.Digests, digested("a\u2066b")), "signing.files"},
		"cannot be seen":    {with(signing.ASiCE, signing.Upload, file("a\u200Bb", 1)), "signing.files"},
		"two normal forms":  {with(signing.ASiCE, signing.Upload, file("\u00E9", 1), file("e\u0301", 1)), "signing.files"},
		"Windows forgets":   {with(signing.ASiCE, signing.Upload, file("a.txt", 1), file("a.txt. ", 1)), "signing.files"},
		"same name":         {with(signing.ASiCE, signing.Upload, file("a.txt", 1), file("A.TXT", 1)), "signing.files"},
	}
	each(t, func(t *testing.T, w *world) {
		s := w.service(t, func(o *signing.Options) { o.Limits = signing.Limits{File: 1 << 20, Request: 2 << 20} })
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				_, err := s.Create(t.Context(), mari, c.ask, "")
				refused(t, err, c.code)
			})
		}
		w.record.expect(t)
	})
}

// One owner, and all together, stay within the limits; what is over counts no
// longer.
func TestLimits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		few := w.service(t, func(o *signing.Options) { o.Limits = signing.Limits{Open: 1} })
		first, err := few.Create(t.Context(), mari, onePDF(make([]byte, 10)), "")
		if err != nil {
			t.Fatal(err)
		}
		_, err = few.Create(t.Context(), mari, onePDF(make([]byte, 10)), "")
		refused(t, err, "signing.too-many")
		if _, err := few.Create(t.Context(), other, onePDF(make([]byte, 10)), ""); err != nil {
			t.Errorf("another owner is refused: %v", err)
		}
		if err := few.Delete(t.Context(), mari, first.ID); err != nil {
			t.Fatal(err)
		}
		if _, err = few.Create(t.Context(), mari, onePDF(make([]byte, 10)), ""); err != nil {
			t.Errorf("after deleting: %v", err)
		}
		small := w.service(t, func(o *signing.Options) { o.Limits = signing.Limits{Stored: 25} })
		_, err = small.Create(t.Context(), mari, onePDF(make([]byte, 10)), "")
		refused(t, err, "signing.no-space")
		if _, err := small.Create(t.Context(), mari, files(signing.Digests, make([]byte, 10)), ""); err != nil {
			t.Errorf("files that stay away need no space: %v", err)
		}
	})
}

// Of an upload that is not whole nothing stays, and an earlier one does.
func TestUploadRefuses(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), signing.ChunkSize/4)
	size := int64(len(content))
	slow := errors.New("too slow")
	cases := map[string]struct {
		length int64
		body   func() io.Reader
		code   string
	}{
		"another length": {size - 1, func() io.Reader { return bytes.NewReader(content) }, "signing.length"},
		"ends early":     {size, func() io.Reader { return bytes.NewReader(content[:size-1]) }, "signing.truncated"},
		"empty":          {-1, func() io.Reader { return bytes.NewReader(nil) }, "signing.truncated"},
		"connection lost": {size, func() io.Reader {
			return io.MultiReader(bytes.NewReader(content[:signing.ChunkSize+5]), iotest.ErrReader(io.ErrUnexpectedEOF))
		}, "signing.truncated"},
		"does not end": {-1, func() io.Reader { return io.MultiReader(bytes.NewReader(content), strings.NewReader("x")) }, "signing.length"},
		"another file": {size, func() io.Reader { return bytes.NewReader(append([]byte("x"), content[1:]...)) }, "signing.digest"},
		"reading goes wrong": {size, func() io.Reader {
			return io.MultiReader(bytes.NewReader(content[:signing.ChunkSize+5]), iotest.ErrReader(slow))
		}, ""},
	}
	each(t, func(t *testing.T, w *world) {
		n, sum := files(signing.Upload, content), sha256.Sum256(content)
		n.Files[0].SHA256 = sum[:]
		for _, before := range []bool{false, true} {
			s := w.begin(t, n)
			chunks := 0
			if before {
				if _, err := w.Upload(t.Context(), mari, s.ID, 0, size, bytes.NewReader(content)); err != nil {
					t.Fatal(err)
				}
				chunks = w.count(t, "signing_chunks")
			}
			for name, c := range cases {
				t.Run(fmt.Sprintf("%s, before %t", name, before), func(t *testing.T) {
					_, err := w.Upload(t.Context(), mari, s.ID, 0, c.length, c.body())
					if err == nil {
						t.Fatal("accepted")
					}
					refused(t, err, c.code)
					if got := w.count(t, "signing_chunks"); got != chunks {
						t.Errorf("%d chunks stay, want %d", got, chunks)
					}
					now, err := w.Get(t.Context(), mari, s.ID)
					if err != nil || now.Files[0].Received != before {
						t.Errorf("the file's state is %+v, %v", now.Files, err)
					}
				})
			}
		}
	})
}

func TestUploadRefusesState(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		pdf := samplePDF(t)
		put := func(id string, number int) error {
			_, err := w.Upload(t.Context(), mari, id, number, -1, bytes.NewReader(pdf))
			return err
		}
		s := w.begin(t, onePDF(pdf))
		refused(t, put(s.ID, 1), "signing.no-file")
		refused(t, put(s.ID, -1), "signing.no-file")
		refused(t, put("sig_none", 0), "signing.not-found")
		_, err := w.Upload(t.Context(), mari, s.ID, 0, -1, bytes.NewReader(bytes.ToLower(pdf)))
		refused(t, err, "pdf.not-a-pdf")
		refused(t, put(w.begin(t, files(signing.Digests, pdf)).ID, 0), "signing.no-upload")
		if err := put(s.ID, 0); err != nil {
			t.Fatal(err)
		}
		if err := put(s.ID, 0); err != nil {
			t.Errorf("uploading again: %v", err)
		}
		if _, err := w.Prepare(t.Context(), mari, s.ID, newCard(t, w.pki.Card).preparation()); err != nil {
			t.Fatal(err)
		}
		refused(t, put(s.ID, 0), "signing.prepared-already")
	})
}

// A certificate that cannot sign is refused before the card is asked, and the
// denial recorded.
func TestPrepareRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		pdf := samplePDF(t)
		stranger, login := pkitest.Start(t, nil), newCard(t, w.pki.Card)
		login.cert = pkitest.Certificate(t, w.pki.Card.Authentication)
		revoked := newCard(t, w.pki.Issue(t, pki.Applicant{Surname: "Kask", GivenNames: "Jüri", Code: "38001085718"}))
		if err := w.pki.Revoke(fmt.Sprintf("%x", revoked.cert.SerialNumber), ""); err != nil {
			t.Fatal(err)
		}
		good := newCard(t, w.pki.Card)
		unable := good.preparation()
		unable.Algorithms = unable.Algorithms[:1]
		cases := map[string]struct {
			with signing.Preparation
			code string
		}{
			"not a certificate":    {signing.Preparation{Certificate: []byte("x")}, "signing.certificate"},
			"for logging in":       {login.preparation(), "purpose.key-usage"},
			"of another authority": {newCard(t, stranger.Card).preparation(), "path.signature"},
			"revoked":              {revoked.preparation(), "revocation.revoked"},
			"weak hash alone":      {unable, "signing.algorithm"},
		}
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				s := w.begin(t, onePDF(pdf), pdf)
				_, err := w.Prepare(t.Context(), mari, s.ID, c.with)
				refused(t, err, c.code)
				if now, err := w.Get(t.Context(), mari, s.ID); err != nil || now.State != signing.Ready {
					t.Errorf("the state is %v, %v", now, err)
				}
			})
		}
		_, err := w.Prepare(t.Context(), mari, w.begin(t, onePDF(pdf)).ID, good.preparation())
		refused(t, err, "signing.not-ready")
		broken := append([]byte("%PDF-1.7\n"), make([]byte, 2000)...)
		_, err = w.Prepare(t.Context(), mari, w.begin(t, onePDF(broken), broken).ID, good.preparation())
		refused(t, err, "pdf.damaged")
	})
}

// The certificate is fixed by the first preparation.
func TestAnotherCard(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		pdf, first := samplePDF(t), newCard(t, w.pki.Card)
		second := newCard(t, w.pki.Issue(t, pki.Applicant{Surname: "Kask", GivenNames: "Jüri", Code: "38001085718"}))
		s := w.prepared(t, first, onePDF(pdf), pdf)
		again, err := w.Prepare(t.Context(), mari, s.ID, first.preparation())
		if err != nil || !bytes.Equal(again.ToSign.Digest, s.ToSign.Digest) {
			t.Errorf("preparing again gives another digest, or %v", err)
		}
		_, err = w.Prepare(t.Context(), mari, s.ID, second.preparation())
		refused(t, err, "signing.another-card")
		value := second.sign(s.ToSign)
		_, err = w.Complete(t.Context(), mari, s.ID, signing.Completion{Value: value, Certificate: second.cert.Raw})
		refused(t, err, "signing.another-card")
		_, err = w.Complete(t.Context(), mari, s.ID, signing.Completion{Value: value})
		refused(t, err, "signing.wrong-signature")
		w.record.expect(t, "created", "prepared", "denied prepared: signing.another-card",
			"denied signed: signing.another-card", "denied signed: signing.wrong-signature")
		if _, err := w.Complete(t.Context(), mari, s.ID, signing.Completion{Value: first.sign(s.ToSign), Certificate: first.cert.Raw}); err != nil {
			t.Errorf("the right card after all: %v", err)
		}
	})
}

// Only this document's signature by this card is taken, and what is refused
// changes nothing.
func TestCompleteRefuses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		pdf, c := samplePDF(t), newCard(t, w.pki.Card)
		otherPDF := pdfOf(5000)
		s, elsewhere := w.prepared(t, c, onePDF(pdf), pdf), w.prepared(t, c, onePDF(otherPDF), otherPDF)
		right := c.sign(s.ToSign)
		der := append([]byte{0x30, byte(len(right))}, right...)
		cases := map[string]struct {
			with signing.Completion
			code string
		}{
			"of another document": {signing.Completion{Value: c.sign(elsewhere.ToSign)}, "signing.wrong-signature"},
			"cut":                 {signing.Completion{Value: right[:len(right)-1]}, "signing.wrong-signature"},
			"not raw":             {signing.Completion{Value: der}, "signing.wrong-signature"},
			"zeros":               {signing.Completion{Value: make([]byte, len(right))}, "signing.wrong-signature"},
			"none":                {signing.Completion{}, "signing.no-value"},
			"another hash":        {signing.Completion{Value: right, Algorithm: &signing.Algorithm{Crypto: "ECC", Hash: "SHA-512", Padding: "NONE"}}, "signing.algorithm"},
		}
		for name, k := range cases {
			t.Run(name, func(t *testing.T) {
				_, err := w.Complete(t.Context(), mari, s.ID, k.with)
				refused(t, err, k.code)
			})
		}
		_, err := w.Complete(t.Context(), mari, w.begin(t, onePDF(pdf), pdf).ID, signing.Completion{Value: right})
		refused(t, err, "signing.not-prepared")
		_, err = w.Open(t.Context(), mari, s.ID)
		refused(t, err, "signing.not-completed")
		if _, err := w.Complete(t.Context(), mari, s.ID, signing.Completion{Value: right}); err != nil {
			t.Errorf("the right value after all: %v", err)
		}
	})
}

// Completing twice answers the same for the same value and refuses another one,
// which the card would have had to make in a second operation.
func TestDoubleCompletion(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		pdf, c := samplePDF(t), newCard(t, w.pki.Card)
		s := w.prepared(t, c, onePDF(pdf), pdf)
		value, second := c.sign(s.ToSign), c.sign(s.ToSign)
		for _, v := range [][]byte{value, value, nil} {
			if _, err := w.Complete(t.Context(), mari, s.ID, signing.Completion{Value: v}); err != nil {
				t.Fatal(err)
			}
		}
		_, first := w.download(t, s.ID)
		_, err := w.Complete(t.Context(), mari, s.ID, signing.Completion{Value: second})
		refused(t, err, "signing.completed-already")
		if _, now := w.download(t, s.ID); !bytes.Equal(first, now) {
			t.Error("the document changed")
		}
		w.record.expect(t, "created", "prepared", "signed", "completed", "downloaded", "denied signed: signing.completed-already", "downloaded")
	})
}
