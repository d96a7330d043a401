package pades_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"testing"

	"eidgate/sign/pades"
)

// BenchmarkPrepareTo is the one pass over a document of 64 MB: read, hash and
// write, in memory where there is a file system for it.
func BenchmarkPrepareTo(b *testing.B) {
	const size = 64 << 20
	ca := newCA(b)
	in, out := benchFiles(b, size)
	o := options(ca.ec384)
	info, err := in.Stat()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	for b.Loop() {
		if err := out.Truncate(0); err != nil {
			b.Fatal(err)
		}
		if _, err := pades.PrepareTo(context.Background(), in, info.Size(), io.NewOffsetWriter(out, 0), o); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFloor is copying and hashing the same bytes.
func BenchmarkFloor(b *testing.B) {
	const size = 64 << 20
	in, out := benchFiles(b, size)
	b.SetBytes(size)
	buf := make([]byte, 256<<10)
	for b.Loop() {
		if err := out.Truncate(0); err != nil {
			b.Fatal(err)
		}
		h := sha256.New()
		w := struct{ io.Writer }{io.MultiWriter(io.NewOffsetWriter(out, 0), h)}
		if _, err := io.CopyBuffer(w, io.NewSectionReader(in, 0, size), buf); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPrepareSmall is what a small document costs: reading its structure,
// laying out the update, two CMS messages.
func BenchmarkPrepareSmall(b *testing.B) {
	ca := newCA(b)
	in := large(100 << 10)
	o := options(ca.ec384)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pades.Prepare(context.Background(), bytes.NewReader(in), int64(len(in)), o); err != nil {
			b.Fatal(err)
		}
	}
}

func benchFiles(b *testing.B, size int) (in, out *os.File) {
	b.Helper()
	dir := b.TempDir()
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		if dir, err = os.MkdirTemp("/dev/shm", "eidgate-bench-"); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { os.RemoveAll(dir) })
	}
	if err := os.WriteFile(filepath.Join(dir, "in.pdf"), large(size), 0o600); err != nil {
		b.Fatal(err)
	}
	in, err := os.Open(filepath.Join(dir, "in.pdf"))
	if err != nil {
		b.Fatal(err)
	}
	if out, err = os.Create(filepath.Join(dir, "out.pdf")); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); out.Close() })
	return in, out
}
