package asic_test

import (
	"bytes"
	"crypto/sha256"
	"io"
	"testing"

	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/internal/testpki"
)

// BenchmarkFloor copies and hashes 100 MB in one pass: what any signer must do.
func BenchmarkFloor(b *testing.B) {
	content := bytes.NewReader(make([]byte, 100_000_000))
	out := create(b, "copy")
	b.SetBytes(content.Size())
	for b.Loop() {
		h := sha256.New()
		if _, err := out.Seek(0, io.SeekStart); err != nil {
			b.Fatal(err)
		}
		if _, err := io.CopyBuffer(io.MultiWriter(out, h), struct{ io.Reader }{io.NewSectionReader(content, 0, content.Size())}, make([]byte, 256<<10)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSign signs one file of 100 MB at level LT.
func BenchmarkSign(b *testing.B) {
	w := testpki.New(b)
	signer := w.Card("P-256")
	content := bytes.NewReader(make([]byte, 100_000_000))
	out := create(b, "signed.asice")
	b.SetBytes(content.Size())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := out.Seek(0, io.SeekStart); err != nil {
			b.Fatal(err)
		}
		list := []asic.File{{Name: "a.bin", Content: content, Size: content.Size()}}
		if _, err := asic.Sign(b.Context(), list, out, signer.Key, at(w, signer, sign.LevelLT)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkValidate judges a small LT container with warm caches, and
// BenchmarkValidateLarge one with a file of 100 MB.
func BenchmarkValidate(b *testing.B)      { benchmarkValidate(b, 100_000) }
func BenchmarkValidateLarge(b *testing.B) { benchmarkValidate(b, 100_000_000) }

func benchmarkValidate(b *testing.B, size int) {
	w := testpki.New(b)
	signer := w.Card("P-256")
	content := bytes.NewReader(make([]byte, size))
	container := signFiles(b, signer, []asic.File{{Name: "a.bin", Content: content, Size: int64(size)}}, at(w, signer, sign.LevelLT))
	trust := w.Trust(false)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		report, err := asic.Validate(b.Context(), bytes.NewReader(container), int64(len(container)), trust)
		if err != nil || !report.Valid() {
			b.Fatal(err)
		}
	}
}
