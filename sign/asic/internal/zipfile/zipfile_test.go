package zipfile_test

import (
	"bytes"
	"hash/crc32"
	"io"
	"testing"
	"time"

	"eidgate/internal/fault"
	"eidgate/sign/asic/internal/zipfile"
)

func archive(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zipfile.NewWriter(&out, time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC))
	for _, name := range []string{"mimetype", "a.txt", "Щ/õ.txt"} {
		if err := w.Bytes(name, []byte("content of "+name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestWriterAndReader agree on every byte, and copying changes none.
func TestWriterAndReader(t *testing.T) {
	b := archive(t)
	if !bytes.HasPrefix(b[30:], []byte("mimetypecontent")) {
		t.Error("the first entry's name and content are not where readers look for a container's type")
	}
	a, err := zipfile.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zipfile.NewWriter(&out, time.Time{})
	for _, e := range a.Entries {
		content, err := io.ReadAll(e.Open())
		if err != nil || string(content) != "content of "+e.Name {
			t.Errorf("%q: %q, %v", e.Name, content, err)
		}
		if err := w.Copy(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil || !bytes.Equal(out.Bytes(), b) {
		t.Errorf("the copy differs (%v)", err)
	}
}

// TestWriterRefuses content that is not what was announced, and names that
// readers refuse.
func TestWriterRefuses(t *testing.T) {
	sum := crc32.ChecksumIEEE([]byte("abc"))
	for name, c := range map[string]struct {
		file string
		size int64
		crc  uint32
		code string
	}{
		"shorter": {"a", 4, sum, "zip.content-changed"}, "longer": {"a", 2, sum, "zip.content-changed"},
		"another": {"a", 3, sum + 1, "zip.content-changed"}, "bad name": {"../a", 3, sum, "zip.name"},
	} {
		w := zipfile.NewWriter(io.Discard, time.Time{})
		if err := w.Stream(c.file, c.size, c.crc, bytes.NewReader([]byte("abc"))); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzOpen reads archives of strangers: what is accepted can be read to its end
// within the size it says, or is refused on the way.
func FuzzOpen(f *testing.F) {
	f.Add(archive(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := zipfile.Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		for _, e := range a.Entries {
			n, err := io.Copy(io.Discard, e.Open())
			if n > e.Size || err == nil && n != e.Size {
				t.Fatalf("%q has %d bytes and says %d", e.Name, n, e.Size)
			}
		}
	})
}
