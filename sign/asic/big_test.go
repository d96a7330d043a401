package asic_test

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/internal/testpki"
)

// hollow writes blocks of zeros as holes: a container of gigabytes takes no
// room on the disk of who tests.
type hollow struct {
	*os.File
	at int64
}

func (h *hollow) Write(b []byte) (int, error) {
	for _, c := range b {
		if c != 0 {
			n, err := h.WriteAt(b, h.at)
			h.at += int64(n)
			return n, err
		}
	}
	h.at += int64(len(b))
	return len(b), nil
}

func create(t testing.TB, name string) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Files over 10^8 bytes, over 2^31 and over 2^32, where ZIP64 begins, and a
// second signature after them. The large ones take their time and run with
// LARGE=1.
func TestLargeFiles(t *testing.T) {
	sizes := map[string]int64{"over 10^8": 100_000_001}
	if os.Getenv("LARGE") != "" {
		sizes["over 2^31"], sizes["over 2^32"] = 1<<31+1, 1<<32+1
	}
	w := testpki.New(t)
	for name, size := range sizes {
		t.Run(name, func(t *testing.T) {
			in := create(t, "large.bin")
			if err := in.Truncate(size); err != nil {
				t.Fatal(err)
			}
			list := append(files(), asic.File{Name: "large.bin", Content: in, Size: size}, file("last.txt", "", "x"))
			one, two := w.Card("P-256"), w.Card("P-384")
			out := &hollow{File: create(t, "one.asice")}
			if _, err := asic.Sign(t.Context(), list, out, one.Key, at(w, one, sign.LevelLT)); err != nil {
				t.Fatal(err)
			}
			both := &hollow{File: create(t, "two.asice")}
			if _, err := asic.AddSignature(t.Context(), out, out.at, both, two.Key, at(w, two, sign.LevelLTA)); err != nil {
				t.Fatal(err)
			}
			report, err := asic.Validate(t.Context(), both, both.at, w.Trust(false))
			if err != nil {
				t.Fatal(err)
			}
			wantValid(t, report, sign.LevelLT, sign.LevelLTA)
			readByOthers(t, both.File, both.at, size)
		})
	}
}

// readByOthers reads the container with Go's own ZIP reader, which checks the
// checksums.
func readByOthers(t *testing.T, in io.ReaderAt, total, size int64) {
	t.Helper()
	z, err := zip.NewReader(in, total)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		content, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, content)
		if err != nil || f.Name == "large.bin" && n != size {
			t.Errorf("%q: %d bytes, %v", f.Name, n, err)
		}
	}
}
