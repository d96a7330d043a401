package pades_test

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/fault"
	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
	"eidgate/sign/pades"
)

// A document is either signed well, for other tools, or refused before the key
// is used. pdfsign must manage most kinds of files.
func TestAdbeSignsOrRefuses(t *testing.T) {
	ca := newCA(t)
	signed := 0
	samples := samplepdf.All(t, t.TempDir())
	for _, key := range ca.signers() {
		for _, s := range samples {
			t.Run(key.name+"/"+s.Name, func(t *testing.T) {
				in, err := os.ReadFile(s.Path)
				if err != nil {
					t.Fatal(err)
				}
				out, uses, err := adbe(in, key, pades.Options{Reason: "Agreed (yes)"})
				if err != nil {
					if !errors.Is(err, pades.ErrAdbe) || uses != 0 || len(out) > 0 {
						t.Errorf("error %v, %d key operations, %d bytes", err, uses, len(out))
					}
					t.Logf("refused: %v", err)
					return
				}
				signed++
				if uses != 1 {
					t.Errorf("%d key operations", uses)
				}
				path := filepath.Join(t.TempDir(), "adbe.pdf")
				if err := os.WriteFile(path, out, 0o600); err != nil {
					t.Fatal(err)
				}
				testtool.Run(t, testtool.Need(t, "qpdf"), "--check", path)
				if report := pdfsig(t, path, 1); !strings.Contains(report, "adbe.pkcs7.detached") {
					t.Errorf("not in the format asked for:\n%s", report)
				}
			})
		}
	}
	if signed < 2*len(samples) {
		t.Errorf("only %d of %d were signed", signed, 3*len(samples))
	}
}

func adbe(in []byte, key *signer, o pades.Options) (out []byte, uses int, err error) {
	counted := &counting{Signer: key.key}
	o.Certificate, o.Chain, o.Time = key.cert, key.chain, now
	var b bytes.Buffer
	_, err = pades.SignAdbe(context.Background(), bytes.NewReader(in), int64(len(in)), &b, counted, o)
	return b.Bytes(), counted.n, err
}

// What pdfsign would get wrong is refused before the key is used.
func TestAdbeRefusals(t *testing.T) {
	ca := newWorld(t)
	good := read(t, firstSample(t))
	zeros := samplepdf.Write("1.4", "/Root 1 0 R", "%%EOF\n",
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
		"("+strings.Repeat("0", 100_000)+")")
	hostile := samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n",
		`<< /Type /Catalog /Pages 2 0 R /Lang (a\)b\() >>`, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>")
	for name, c := range map[string]struct {
		in   []byte
		o    pades.Options
		code string
	}{
		"form":            {read(t, formSample(t)), pades.Options{}, "pades.adbe"},
		"Cyrillic":        {good, pades.Options{Name: "ЩШ"}, "pades.adbe"},
		"level T":         {good, ca.levelT(), "pades.adbe"},
		"a field":         {good, pades.Options{Field: "Here"}, "pades.adbe"},
		"zeros":           {zeros, pades.Options{}, "pades.adbe"},
		"catalog strings": {hostile, pades.Options{}, "pades.adbe"},
		"PAdES before":    {signedBytes(t, ca), pades.Options{}, "pades.adbe"},
		"not a PDF":       {[]byte("hello"), pades.Options{}, "pdf.not-a-pdf"},
		"encrypted AES":   {encrypted(t), pades.Options{}, "pdf.encrypted"},
		"cut short":       {good[:len(good)-100], pades.Options{}, "pdf.damaged"},
		"over the limit":  {append(bytes.Clone(good[:20]), make([]byte, pades.MaxAdbeSize)...), pades.Options{}, "pdf.damaged"},
		"large but sound": {large(pades.MaxAdbeSize), pades.Options{}, "pades.adbe"},
	} {
		t.Run(name, func(t *testing.T) {
			out, uses, err := adbe(c.in, ca.ec384, c.o)
			if fault.CodeOf(err) != c.code || uses != 0 || len(out) != 0 {
				t.Errorf("error %v, %d key operations, %d bytes written", err, uses, len(out))
			}
		})
	}
}

// A key whose signature does not fit its certificate gives no file.
func TestAdbeChecksBeforeRelease(t *testing.T) {
	ca := newCA(t)
	in := read(t, firstSample(t))
	wrong := &signer{key: ca.ec256.key, cert: ca.ec384.cert, chain: ca.ec384.chain}
	if out, _, err := adbe(in, wrong, pades.Options{}); err == nil || len(out) > 0 {
		t.Errorf("error %v, %d bytes", err, len(out))
	}
	long := &signer{key: tooLong{ca.ec384.key}, cert: ca.ec384.cert, chain: ca.ec384.chain}
	out, uses, err := adbe(in, long, pades.Options{})
	if err == nil || uses != 1 || len(out) > 0 {
		t.Errorf("error %v, %d key operations, %d bytes", err, uses, len(out))
	}
}

// tooLong answers with a signature no reservation can hold, which makes
// pdfsign ask again.
type tooLong struct{ crypto.Signer }

func (tooLong) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return make([]byte, 20_000), nil
}
