package asic_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"eidgate/sign"
	"eidgate/sign/internal/testpki"
)

// entries writes the parts of a container with chosen headers.
func (b *box) entries(change func(*zip.FileHeader), comment string) []byte {
	b.t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, p := range b.parts {
		h := &zip.FileHeader{Name: p.name, CRC32: crc32.ChecksumIEEE(p.content), UncompressedSize64: uint64(len(p.content)), CompressedSize64: uint64(len(p.content))}
		change(h)
		f, err := z.CreateRaw(h)
		if err != nil {
			b.t.Fatal(err)
		}
		if _, err := f.Write(p.content); err != nil && len(p.content) > 0 {
			b.t.Fatal(err)
		}
	}
	if err := z.SetComment(comment); err != nil {
		b.t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		b.t.Fatal(err)
	}
	return out.Bytes()
}

// zip64 is an extra field with 64-bit values.
func zip64(values ...uint64) []byte {
	out := []byte{1, 0, byte(8 * len(values)), 0}
	for _, v := range values {
		out = binary.LittleEndian.AppendUint64(out, v)
	}
	return out
}

// TestForgedReadings is archives around a sound signature that another program
// reads, shows or unpacks in another way.
func TestForgedReadings(t *testing.T) {
	w := testpki.New(t)
	trust := w.Trust(false)
	sound := open(t, signed(t, w, w.Card("P-256"), sign.LevelLT))
	const file = "leping.txt"
	size := uint64(len(sound.at(file).content))
	on := func(change func(*zip.FileHeader)) func(*box) []byte {
		return func(b *box) []byte {
			return b.entries(func(h *zip.FileHeader) {
				if h.Name == file {
					change(h)
				}
			}, "")
		}
	}
	attributes := func(madeBy uint16, external uint32) func(*box) []byte {
		return on(func(h *zip.FileHeader) { h.CreatorVersion, h.ExternalAttrs = madeBy<<8|20, external })
	}
	const pdf = "%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj trailer<</Root 1 0 R>>"
	for _, f := range []struct {
		name, code string
		forge      func(b *box) []byte
	}{
		{"64-bit size beside the short one", "zip.header-mismatch", on(func(h *zip.FileHeader) { h.Extra = zip64(5) })},
		{"64-bit sizes beside the short ones", "zip.header-mismatch", on(func(h *zip.FileHeader) { h.Extra = zip64(5, 5) })},
		{"64-bit place beside the short one", "zip.header-mismatch", on(func(h *zip.FileHeader) { h.Extra = zip64(size, size, 1) })},
		{"64-bit sizes the same", "", on(func(h *zip.FileHeader) { h.Extra = zip64(size, size) })},
		{"file marked as a folder by DOS", "zip.link", attributes(0, 0x10)},
		{"file marked as a folder by Unix", "zip.link", attributes(3, 0o040755<<16)},
		{"symbolic link of macOS", "zip.link", attributes(19, 0o120777<<16)},
		{"device of an unknown system", "zip.link", attributes(99, 0o060777<<16)},
		{"second name in the file's own header", "zip.name", on(func(h *zip.FileHeader) {
			h.Extra = append([]byte{0x75, 0x70, 9, 0, 1, 0, 0, 0, 0}, "a.md"...)
		})},
		{"PDF in an extra field", "zip.polyglot", func(b *box) []byte {
			return b.entries(func(h *zip.FileHeader) {
				if h.Name == "mimetype" {
					h.Extra = append([]byte{0x34, 0x12, byte(len(pdf)), 0}, pdf...)
				}
			}, "startxref 1 %%EOF")
		}},
		{"PDF in a folder's name", "zip.polyglot", func(b *box) []byte {
			b.parts = append([]part{b.parts[0], {name: pdf[:8] + "/"}}, b.parts[1:]...)
			return b.bytes()
		}},
		{"PDF in a comment before the signature", "zip.polyglot", func(b *box) []byte {
			p := *b.at(sigName)
			p.content = bytes.Replace(p.content, []byte("<asic:XAdESSignatures"), []byte("<!-- "+pdf+" --><asic:XAdESSignatures"), 1)
			b.remove(sigName)
			b.parts = append([]part{b.parts[0], p}, b.parts[1:]...)
			return b.bytes()
		}},
		{"PDF's later revision in the archive's comment", "zip.polyglot", func(b *box) []byte {
			return b.entries(func(*zip.FileHeader) {}, "1 0 obj<<>>endobj startxref 1 %%EOF")
		}},
	} {
		t.Run(f.name, func(t *testing.T) {
			container := f.forge(open(t, sound.bytes()))
			if f.code == "" {
				wantValid(t, validate(t, container, trust), sign.LevelLT)
				return
			}
			wantCode(t, container, trust, f.code)
		})
	}
}

// TestForgedLookAlikes adds files whose names show as another file's, or are
// another file to some system.
func TestForgedLookAlikes(t *testing.T) {
	w := testpki.New(t)
	sound := signed(t, w, w.Card("P-256"), sign.LevelLT)
	for name, code := range map[string]string{
		"leping.txt::$DATA":       "zip.name",
		"le\u200bping.txt":        "zip.name", // zero width space
		"le\u00adping.txt":        "zip.name", // soft hyphen
		"\u061cleping.txt":        "zip.name", // Arabic letter mark
		"leping\u2060.txt":        "zip.name", // word joiner
		"leping.txt\u3164":        "zip.name", // Hangul filler
		"\U000e0041leping.txt":    "zip.name", // tag
		"a\u2028b":                "zip.name",
		"le\u200dping.txt":        "zip.duplicate-name", // joiner
		"leping.txt\ufe0f":        "zip.duplicate-name", // variation selector
		"lisad/Õigused Щ 한글.pdf.": "zip.duplicate-name",
		"Kiri\u200c.txt":          "asic.file-not-signed",
		"Kiri: 1.txt":             "asic.file-not-signed",
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, sound)
			b.add(name, "x")
			wantCode(t, b.bytes(), w.Trust(false), code)
		})
	}
	t.Run("replaced by programs", func(t *testing.T) {
		b := open(t, sound)
		b.add("a?b", "x")
		b.add("a*b", "x")
		wantCode(t, b.bytes(), w.Trust(false), "zip.duplicate-name")
	})
}
