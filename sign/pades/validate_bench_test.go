package pades_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"eidgate/sign"
	"eidgate/sign/pades"
)

// signedFile is a document of a size, signed at level LT by an office.
func signedFile(t testing.TB, o *office, in string) *os.File {
	t.Helper()
	source, err := os.Open(in)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	info, err := source.Stat()
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(in + ".signed")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	if _, err := pades.Sign(t.Context(), source, info.Size(), out, o.card.Key, o.options(sign.LevelLT)); err != nil {
		t.Fatal(err)
	}
	return out
}

func validateFile(t testing.TB, o *office, f *os.File) {
	t.Helper()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	r, err := pades.Validate(t.Context(), f, info.Size(), o.Trust(false))
	if err != nil || !r.Valid() || r.Signatures[0].Level != sign.LevelLT {
		t.Fatalf("%v\n%s", err, r.Text())
	}
}

// A document is never held: 100 MB cost less than 24 MiB of memory, all that is
// ever asked for counted together.
func TestValidateMemory(t *testing.T) {
	o := newOffice(t)
	signed := signedFile(t, o, sparse(t, 100_000_001, true))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	validateFile(t, o, signed)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 24<<20 {
		t.Errorf("%d bytes", used)
	}
}

// BenchmarkValidateSmall is a document of 100 KB at level LT. The metric
// "x-raw" is the median of its time, each time divided by that of the eight
// signatures behind its verdict, verified at its side: two certificates and the
// value of the signer, one certificate and the token of the time-stamp
// authority, three OCSP responses. The budget is 2. A warm store knows the
// signatures of its anchors, on the issuer and on the time-stamp authority:
// six are verified.
func BenchmarkValidateSmall(b *testing.B) {
	o := newOffice(b)
	doc := o.sign(b, large(100<<10), sign.LevelLT)
	trust := o.Trust(false)
	raw := rawVerifications(b, o)
	b.ReportAllocs()
	var ratios []float64
	for b.Loop() {
		start := time.Now()
		r, err := pades.Validate(b.Context(), bytes.NewReader(doc), int64(len(doc)), trust)
		if err != nil || !r.Valid() {
			b.Fatal(err, r.Text())
		}
		took := time.Since(start)
		b.StopTimer()
		start = time.Now()
		raw()
		ratios = append(ratios, took.Seconds()/time.Since(start).Seconds())
		b.StartTimer()
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "x-raw")
}

// rawVerifications verifies eight P-256 signatures.
func rawVerifications(b *testing.B, o *office) func() {
	digest := sha256.Sum256([]byte("document"))
	signature, err := o.card.Key.Sign(rand.Reader, digest[:], nil)
	if err != nil {
		b.Fatal(err)
	}
	key := o.card.Cert.PublicKey.(*ecdsa.PublicKey)
	return func() {
		for range 8 {
			if !ecdsa.VerifyASN1(key, digest[:], signature) {
				b.Fatal("wrong")
			}
		}
	}
}

func BenchmarkRawVerifications(b *testing.B) {
	raw := rawVerifications(b, newOffice(b))
	for b.Loop() {
		raw()
	}
}

// BenchmarkValidateLarge is a document of 100 MB, and BenchmarkHashLarge its
// SHA-256.
func BenchmarkValidateLarge(b *testing.B) {
	o := newOffice(b)
	signed := signedFile(b, o, sparse(b, 100_000_001, false))
	b.SetBytes(100_000_001)
	for b.Loop() {
		validateFile(b, o, signed)
	}
}

func BenchmarkHashLarge(b *testing.B) {
	f, err := os.Open(sparse(b, 100_000_001, false))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	b.SetBytes(100_000_001)
	buffer := make([]byte, 256<<10)
	for b.Loop() {
		h := sha256.New()
		if _, err := io.CopyBuffer(h, io.NewSectionReader(f, 0, 1<<40), buffer); err != nil {
			b.Fatal(err)
		}
	}
}
