package asic_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"slices"
	"testing"
	"time"

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

// BenchmarkValidate judges an LT container of 100 KB with warm caches, and
// BenchmarkValidateLarge one with a file of 100 MB. The metric "x-floor" is the
// median of the time, each time divided by that of the floor at its side: the
// eight signatures behind the verdict for the small one, SHA-256 of the bytes
// for the large one. The budget is 2 for both.
func BenchmarkValidate(b *testing.B)      { benchmarkValidate(b, 100_000) }
func BenchmarkValidateLarge(b *testing.B) { benchmarkValidate(b, 100_000_000) }

func benchmarkValidate(b *testing.B, size int) {
	w := testpki.New(b)
	signer := w.Card("P-256")
	content := bytes.NewReader(make([]byte, size))
	container := signFiles(b, signer, []asic.File{{Name: "a.bin", Content: content, Size: int64(size)}}, at(w, signer, sign.LevelLT))
	trust := w.Trust(false)
	floor := rawVerifications(b, signer)
	if size > 1<<20 {
		floor = func() { sha256.Sum256(container) }
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	var ratios []float64
	for b.Loop() {
		start := time.Now()
		report, err := asic.Validate(b.Context(), bytes.NewReader(container), int64(len(container)), trust)
		if err != nil || !report.Valid() {
			b.Fatal(err)
		}
		took := time.Since(start)
		b.StopTimer()
		start = time.Now()
		floor()
		ratios = append(ratios, took.Seconds()/time.Since(start).Seconds())
		b.StartTimer()
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "x-floor")
}

// rawVerifications verifies eight P-256 signatures: two certificates and the
// value of the signer, one certificate and the token of the time-stamp
// authority, three OCSP responses.
func rawVerifications(b *testing.B, signer testpki.Identity) func() {
	digest := sha256.Sum256([]byte("document"))
	signature, err := signer.Key.Sign(rand.Reader, digest[:], nil)
	if err != nil {
		b.Fatal(err)
	}
	key := signer.Cert.PublicKey.(*ecdsa.PublicKey)
	return func() {
		for range 8 {
			if !ecdsa.VerifyASN1(key, digest[:], signature) {
				b.Fatal("wrong")
			}
		}
	}
}
