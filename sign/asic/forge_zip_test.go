package asic_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"eidgate/sign"
	"eidgate/sign/internal/testpki"
)

// central finds a file's record in the directory of an archive.
func central(t testing.TB, b []byte, name string) int {
	t.Helper()
	for i := len(b) - 46; i >= 0; i-- {
		if bytes.HasPrefix(b[i:], []byte("PK\x01\x02")) && bytes.HasPrefix(b[i+46:], []byte(name)) {
			return i
		}
	}
	t.Fatalf("no record of %q", name)
	return 0
}

// local finds a file's own header.
func local(t testing.TB, b []byte, name string) int {
	t.Helper()
	i := bytes.Index(b, append([]byte("PK\x03\x04"), make([]byte, 0)...))
	for ; i >= 0 && i < len(b); i++ {
		if bytes.HasPrefix(b[i:], []byte("PK\x03\x04")) && bytes.HasPrefix(b[i+30:], []byte(name)) {
			return i
		}
	}
	t.Fatalf("no header of %q", name)
	return 0
}

func put16(b []byte, v uint16) { binary.LittleEndian.PutUint16(b, v) }
func put32(b []byte, v uint32) { binary.LittleEndian.PutUint32(b, v) }

// splice puts bytes in at a place and moves the directory's start with them.
func splice(b []byte, at int, more string) []byte {
	out := append(append(bytes.Clone(b[:at]), more...), b[at:]...)
	end := len(out) - 22
	put32(out[end+16:], binary.LittleEndian.Uint32(out[end+16:])+uint32(len(more)))
	return out
}

// TestForgedArchives is what can be done to the ZIP archive around a sound
// signature: each would be read in two ways by two programs, or harm who
// unpacks it.
func TestForgedArchives(t *testing.T) {
	w := testpki.New(t)
	sound := open(t, signed(t, w, w.Card("P-256"), sign.LevelLT)).bytes()
	trust := w.Trust(false)
	wantValid(t, validate(t, sound, trust), sign.LevelLT)
	start := int(binary.LittleEndian.Uint32(sound[len(sound)-6:]))
	const file = "leping.txt"
	both := func(b []byte, offset int, set func([]byte)) {
		set(b[central(t, b, file)+offset:])
		set(b[local(t, b, file)+offset-2:])
	}
	for _, f := range []struct {
		name, code string
		forge      func(b []byte) []byte
	}{
		{"data before", "zip.outside-data", func(b []byte) []byte { return append([]byte("MZ"), b...) }},
		{"data before, offsets moved", "zip.outside-data", func(b []byte) []byte {
			out := splice(b, 0, "MZ")
			for i := range out {
				if bytes.HasPrefix(out[i:], []byte("PK\x01\x02")) {
					put32(out[i+42:], binary.LittleEndian.Uint32(out[i+42:])+2)
				}
			}
			return out
		}},
		{"data after", "zip.damaged", func(b []byte) []byte { return append(b, 0) }},
		{"data before the directory", "zip.outside-data", func(b []byte) []byte { return splice(b, start, "x") }},
		{"entry taken from the directory", "zip.outside-data", func(b []byte) []byte {
			i := central(t, b, file)
			n := 46 + len(file)
			out := append(bytes.Clone(b[:i]), b[i+n:]...)
			end := len(out) - 22
			put16(out[end+8:], binary.LittleEndian.Uint16(out[end+8:])-1)
			put16(out[end+10:], binary.LittleEndian.Uint16(out[end+10:])-1)
			put32(out[end+12:], binary.LittleEndian.Uint32(out[end+12:])-uint32(n))
			return out
		}},
		{"directory counts too few", "zip.damaged", func(b []byte) []byte {
			put16(b[len(b)-14:], 2)
			put16(b[len(b)-12:], 2)
			return b
		}},
		{"directory counts too many", "zip.damaged", func(b []byte) []byte {
			put16(b[len(b)-14:], 9)
			put16(b[len(b)-12:], 9)
			return b
		}},
		{"directory on another disk", "zip.unsupported", func(b []byte) []byte { put16(b[len(b)-18:], 1); return b }},
		{"directory starts elsewhere", "zip.outside-data", func(b []byte) []byte { put32(b[len(b)-6:], uint32(start-1)); return b }},
		{"two archives in one file", "zip.outside-data", func(b []byte) []byte { return append(bytes.Clone(b), b...) }},
		{"end record in the comment", "zip.two-directories", func(b []byte) []byte {
			put16(b[len(b)-2:], 22)
			return append(b, append([]byte("PK\x05\x06"), make([]byte, 18)...)...)
		}},
		{"end record mark in the comment", "zip.two-directories", func(b []byte) []byte {
			put16(b[len(b)-2:], 4)
			return append(b, "PK\x05\x06"...)
		}},
		{"truncated", "zip.damaged", func(b []byte) []byte { return b[:len(b)-30] }},
		{"half", "zip.damaged", func(b []byte) []byte { return b[:len(b)/2] }},
		{"not a ZIP", "zip.not-zip", func([]byte) []byte { return []byte(strings.Repeat("%PDF-1.7\n", 10)) }},
		{"empty", "zip.not-zip", func([]byte) []byte { return nil }},
		{"only an end record", "asic.mimetype", func([]byte) []byte { return append([]byte("PK\x05\x06"), make([]byte, 18)...) }},
		{"own header with another name", "zip.header-mismatch", func(b []byte) []byte { b[local(t, b, file)+30] = 'L'; return b }},
		{"directory with another name", "zip.header-mismatch", func(b []byte) []byte { b[central(t, b, file)+46] = 'L'; return b }},
		{"own header with another size", "zip.header-mismatch", func(b []byte) []byte { put32(b[local(t, b, file)+22:], 1); return b }},
		{"own header with another checksum", "zip.header-mismatch", func(b []byte) []byte { put32(b[local(t, b, file)+14:], 1); return b }},
		{"own header with another method", "zip.header-mismatch", func(b []byte) []byte { put16(b[local(t, b, file)+8:], 8); return b }},
		{"own header with other flags", "zip.header-mismatch", func(b []byte) []byte { put16(b[local(t, b, file)+6:], 2); return b }},
		{"directory points elsewhere", "zip.overlap", func(b []byte) []byte { put32(b[central(t, b, file)+42:], 0); return b }},
		{"directory points into content", "zip.outside-data", func(b []byte) []byte {
			i := central(t, b, "mimetype")
			put32(b[i+42:], 3)
			return b
		}},
		{"size too large", "zip.overlap", func(b []byte) []byte {
			for _, offset := range []int{20, 24} {
				both(b, offset, func(v []byte) { put32(v, 5000) })
			}
			return b
		}},
		{"size too small", "zip.outside-data", func(b []byte) []byte {
			for _, offset := range []int{20, 24} {
				both(b, offset, func(v []byte) { put32(v, 5) })
			}
			return b
		}},
		{"stored with two sizes", "zip.length", func(b []byte) []byte {
			both(b, 24, func(v []byte) { put32(v, 5) })
			return b
		}},
		{"checksum wrong", "zip.checksum", func(b []byte) []byte {
			both(b, 16, func(v []byte) { put32(v, 5) })
			return b
		}},
		{"content changed under its checksum", "zip.checksum", func(b []byte) []byte { b[local(t, b, file)+30+len(file)] ^= 1; return b }},
		{"encrypted", "zip.encrypted", func(b []byte) []byte {
			both(b, 8, func(v []byte) { v[0] |= 1 })
			return b
		}},
		{"strongly encrypted", "zip.unsupported", func(b []byte) []byte {
			both(b, 8, func(v []byte) { v[0] |= 0x40 })
			return b
		}},
		{"compressed by another method", "zip.unsupported", func(b []byte) []byte {
			both(b, 10, func(v []byte) { put16(v, 12) })
			return b
		}},
		{"symbolic link", "zip.link", func(b []byte) []byte {
			i := central(t, b, file)
			put16(b[i+4:], 3<<8|20)
			put32(b[i+38:], 0o120777<<16)
			return b
		}},
	} {
		t.Run(f.name, func(t *testing.T) {
			wantCode(t, f.forge(bytes.Clone(sound)), trust, f.code)
		})
	}
}

// TestForgedNames adds files whose names lead out of the folder, show as
// something else, or are the same to some file system.
func TestForgedNames(t *testing.T) {
	w := testpki.New(t)
	sound := signed(t, w, w.Card("P-256"), sign.LevelLT)
	for name, code := range map[string]string{
		"../evil":                      "zip.name",
		"a/../../evil":                 "zip.name",
		"/etc/passwd":                  "zip.name",
		`a\b`:                          "zip.name",
		"C:evil":                       "zip.name",
		"./a":                          "zip.name",
		"a//b":                         "zip.name",
		"a/./b":                        "zip.name",
		"a\x00.txt":                    "zip.name",
		"a\n.txt":                      "zip.name",
		"a\x7f":                        "zip.name",
		"gnp.\u202etxt":                "zip.name",
		"a\u2066b":                     "zip.name",
		"\ufeffleping.txt":             "zip.name",
		"\xff\xfe":                     "zip.name",
		strings.Repeat("a", 2000):      "zip.name",
		strings.Repeat("a/", 40) + "b": "zip.name",
		"leping.txt":                   "zip.duplicate-name",
		"Leping.TXT":                   "zip.duplicate-name",
		"leping.txt.":                  "zip.duplicate-name",
		"leping.txt ":                  "zip.duplicate-name",
		"lisad/O\u0303igused Щ 한글.pdf": "zip.duplicate-name",
		"lisad/õigused щ 한글.pdf":       "zip.duplicate-name",
		"leping.txt/a":                 "zip.duplicate-name",
		"lisad":                        "zip.duplicate-name",
		"Mimetype":                     "zip.duplicate-name",
		"meta-inf/manifest.xml":        "zip.duplicate-name",
		"META-INF/signatures0.xml":     "zip.duplicate-name",
		"META-INF/SIGNATURES0.xml":     "zip.duplicate-name",
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, sound)
			b.add(name, "x")
			wantCode(t, b.bytes(), w.Trust(false), code)
		})
	}
}

// TestForgedFields adds files with a second name, a second size, or content
// where none belongs.
func TestForgedFields(t *testing.T) {
	w := testpki.New(t)
	sound := open(t, signed(t, w, w.Card("P-256"), sign.LevelLT))
	zip64 := append([]byte{1, 0, 8, 0}, make([]byte, 8)...)
	for _, f := range []struct {
		name, file, code string
		extra            []byte
	}{
		{"a second name", "lisa.txt", "zip.name", append([]byte{0x75, 0x70, 9, 0, 1, 0, 0, 0, 0}, "a.md"...)},
		{"two sizes of 64 bits", "lisa.txt", "zip.header-mismatch", append(zip64, zip64...)},
		{"an extra field cut off", "lisa.txt", "zip.damaged", []byte{1, 2, 3}},
		{"a folder with content", "lisa_", "zip.link", nil},
	} {
		t.Run(f.name, func(t *testing.T) {
			var out bytes.Buffer
			z := zip.NewWriter(&out)
			for _, p := range append(sound.parts, part{name: f.file, content: []byte("x")}) {
				h := &zip.FileHeader{Name: p.name, CRC32: crc32.ChecksumIEEE(p.content), UncompressedSize64: uint64(len(p.content)), CompressedSize64: uint64(len(p.content))}
				if p.name == f.file {
					h.Extra = f.extra
				}
				w, err := z.CreateRaw(h)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := w.Write(p.content); err != nil {
					t.Fatal(err)
				}
			}
			z.Close()
			container := bytes.ReplaceAll(out.Bytes(), []byte("lisa_"), []byte("lisa/")) // Go's writer refuses to
			wantCode(t, container, w.Trust(false), f.code)
		})
	}
}

// TestForgedSizes is archives made to exhaust who reads them.
func TestForgedSizes(t *testing.T) {
	w := testpki.New(t)
	sound := signed(t, w, w.Card("P-256"), sign.LevelLT)
	trust := w.Trust(false)
	t.Run("bomb", func(t *testing.T) {
		b := open(t, sound)
		b.parts = append(b.parts, part{name: "bomb.bin", content: make([]byte, 64<<20), deflate: true})
		wantCode(t, b.bytes(), trust, "zip.ratio")
	})
	t.Run("many small bombs", func(t *testing.T) {
		b := open(t, sound)
		for i := range 8 {
			b.parts = append(b.parts, part{name: "bomb" + string(rune('a'+i)), content: make([]byte, 8<<20), deflate: true})
		}
		wantCode(t, b.bytes(), trust, "zip.ratio")
	})
	t.Run("bomb that lies about its size", func(t *testing.T) {
		b := open(t, sound)
		b.parts = append(b.parts, part{name: "bomb.bin", content: make([]byte, 1<<20), deflate: true})
		container := b.bytes()
		put32(container[central(t, container, "bomb.bin")+24:], 1000)
		put32(container[local(t, container, "bomb.bin")+22:], 1000)
		wantCode(t, container, trust, "zip.length")
	})
	t.Run("too many files", func(t *testing.T) {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		for i := range 10_001 {
			if _, err := z.Create(strings.Repeat("a", i%90+1) + string(rune('b'+i/90))); err != nil {
				t.Fatal(err)
			}
		}
		z.Close()
		wantCode(t, out.Bytes(), trust, "zip.limit")
	})
	t.Run("too many signatures", func(t *testing.T) {
		b := open(t, sound)
		for i := range 300 {
			b.add(fmt.Sprintf("META-INF/signatures%d.xml", i+1), "<a/>")
		}
		wantCode(t, b.bytes(), trust, "zip.limit")
	})
	t.Run("too much in the signatures", func(t *testing.T) {
		b := open(t, sound)
		text := strings.Replace(b.xml(), "</ds:KeyInfo>", strings.Repeat("<a/>", 90_000)+"</ds:KeyInfo>", 1)
		for i := range 6 {
			b.add(fmt.Sprintf("META-INF/signatures%d.xml", i+1), text)
		}
		wantCode(t, b.bytes(), trust, "zip.limit")
	})
	t.Run("too many bytes of signatures", func(t *testing.T) {
		b := open(t, sound)
		for i := range 5 {
			b.add(fmt.Sprintf("META-INF/signatures%d.xml", i+1), strings.Repeat(" ", 15<<20))
		}
		wantCode(t, b.bytes(), trust, "zip.limit")
	})
	t.Run("too many certificates", func(t *testing.T) {
		b := open(t, sound)
		one := "<xades:EncapsulatedX509Certificate>AAAA</xades:EncapsulatedX509Certificate>"
		b.swapOnce(sigName, "</xades:CertificateValues>", strings.Repeat(one, 1025)+"</xades:CertificateValues>")
		wantCode(t, b.bytes(), trust, "xades.limit")
	})
	t.Run("manifest too large", func(t *testing.T) {
		b := open(t, sound)
		b.at(listName).content = bytes.Repeat([]byte(" "), 9<<20)
		wantCode(t, b.bytes(), trust, "zip.limit")
	})
	t.Run("signature too large", func(t *testing.T) {
		b := open(t, sound)
		b.at(sigName).content = bytes.Repeat([]byte("<a/>"), 5<<20)
		wantCode(t, b.bytes(), trust, "zip.limit")
	})
	t.Run("data after the compressed content", func(t *testing.T) {
		b := open(t, sound)
		b.at("leping.txt").deflate = true
		container := b.bytes()
		wantValid(t, validate(t, container, trust), sign.LevelLT)
		i := local(t, container, "lisad/")
		container = splice(container, i, "hidden")
		for at := range container {
			if bytes.HasPrefix(container[at:], []byte("PK\x01\x02")) {
				if offset := binary.LittleEndian.Uint32(container[at+42:]); int(offset) >= i {
					put32(container[at+42:], offset+6)
				}
			}
		}
		for _, at := range []int{central(t, container, "leping.txt") + 20, local(t, container, "leping.txt") + 18} {
			put32(container[at:], binary.LittleEndian.Uint32(container[at:])+6)
		}
		wantCode(t, container, trust, "zip.outside-data")
	})
}
