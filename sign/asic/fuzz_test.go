package asic_test

import (
	"bytes"
	"testing"

	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/internal/testpki"
)

// FuzzContainer feeds whole archives: nothing but a refusal or a report may
// come of them. Each worker has keys of its own, so none of them is valid.
func FuzzContainer(f *testing.F) {
	w := testpki.New(f)
	for _, container := range soundContainers(f, w) {
		f.Add(container)
	}
	trust := testpki.New(f).Trust(true)
	f.Fuzz(func(t *testing.T, container []byte) {
		report, err := asic.Validate(t.Context(), bytes.NewReader(container), int64(len(container)), trust)
		if err == nil && report.Valid() {
			t.Fatal("valid by strangers' anchors")
		}
	})
}

// soundContainers are one of each format, and one that is compressed.
func soundContainers(f *testing.F, w *testpki.World) [][]byte {
	signer := w.Card("P-256")
	cms := at(w, signer, sign.LevelT)
	cms.CAdES = true
	packed := open(f, signed(f, w, signer, sign.LevelLT))
	for i := range packed.parts {
		packed.parts[i].deflate = true
	}
	return [][]byte{signed(f, w, signer, sign.LevelLTA), signFiles(f, signer, files(), cms), packed.bytes()}
}

// FuzzEdit cuts bytes out of a sound container and puts others in: if the
// result is valid, the files in it must be those that were signed.
func FuzzEdit(f *testing.F) {
	w := testpki.New(f)
	containers := soundContainers(f, w)
	f.Add(uint8(0), uint32(40), uint16(1), []byte("x"))
	f.Add(uint8(1), uint32(400), uint16(0), []byte("PK\x05\x06"))
	f.Add(uint8(2), uint32(4000), uint16(8), []byte("<a/>"))
	trust := w.Trust(true)
	f.Fuzz(func(t *testing.T, which uint8, from uint32, cut uint16, with []byte) {
		sound := containers[int(which)%len(containers)]
		start := int(from) % len(sound)
		end := min(start+int(cut), len(sound))
		wantSignedFiles(t, append(append(bytes.Clone(sound[:start]), with...), sound[end:]...), trust)
	})
}

// wantSignedFiles wants a container refused, or to hold what was signed.
func wantSignedFiles(t *testing.T, container []byte, trust sign.Trust) {
	t.Helper()
	report, err := asic.Validate(t.Context(), bytes.NewReader(container), int64(len(container)), trust)
	if err != nil || !report.Valid() {
		return
	}
	c, err := asic.Open(bytes.NewReader(container), int64(len(container)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range files() {
		in, err := c.OpenFile(want.Name)
		if err != nil {
			t.Fatalf("valid without %q", want.Name)
		}
		if got := readAll(t, in); !bytes.Equal(got, readAll(t, section(want))) {
			t.Fatalf("valid with another %q: %q", want.Name, got)
		}
	}
	if len(c.Files()) != len(files()) {
		t.Fatalf("valid with %d files", len(c.Files()))
	}
}

// FuzzSignatureFile edits the XML of a signature in an otherwise sound
// container.
func FuzzSignatureFile(f *testing.F) {
	w := testpki.New(f)
	b := open(f, signed(f, w, w.Card("P-256"), sign.LevelLTA))
	text := b.at(sigName).content
	f.Add(uint32(40), uint16(1), []byte("<ds:Object/>"))
	f.Add(uint32(2000), uint16(9), []byte(` Id="S0-SIG"`))
	trust := w.Trust(false)
	f.Fuzz(func(t *testing.T, from uint32, cut uint16, with []byte) {
		start := int(from) % len(text)
		end := min(start+int(cut), len(text))
		c := &box{t: t, parts: append([]part(nil), b.parts...)}
		c.at(sigName).content = append(append(bytes.Clone(text[:start]), with...), text[end:]...)
		wantSignedFiles(t, c.bytes(), trust)
	})
}

// FuzzManifest changes the list of files.
func FuzzManifest(f *testing.F) {
	w := testpki.New(f)
	b := open(f, signed(f, w, w.Card("P-256"), sign.LevelB))
	f.Add(b.at(listName).content)
	trust := w.Trust(true)
	f.Fuzz(func(t *testing.T, text []byte) {
		c := &box{t: t, parts: append([]part(nil), b.parts...)}
		c.at(listName).content = text
		container := c.bytes()
		if _, err := asic.Validate(t.Context(), bytes.NewReader(container), int64(len(container)), trust); err != nil {
			t.Logf("refused: %v", err)
		}
	})
}

// FuzzList changes the signed list of a container with CAdES, and its state.
func FuzzList(f *testing.F) {
	w := testpki.New(f)
	signer := w.Card("P-256")
	o := at(w, signer, sign.LevelB)
	o.CAdES = true
	b := open(f, signFiles(f, signer, files(), o))
	const name = "META-INF/ASiCManifest001.xml"
	sound := string(b.at(name).content)
	f.Add([]byte(sound))
	trust := w.Trust(true)
	f.Fuzz(func(t *testing.T, text []byte) {
		c := &box{t: t, parts: append([]part(nil), b.parts...)}
		c.at(name).content = text
		container := c.bytes()
		report, err := asic.Validate(t.Context(), bytes.NewReader(container), int64(len(container)), trust)
		if err == nil && report.Valid() && string(text) != sound {
			t.Fatalf("a changed list is valid: %q", text)
		}
	})
}

// FuzzState restores stored states.
func FuzzState(f *testing.F) {
	w := testpki.New(f)
	signer := w.Card("P-256")
	for _, cades := range []bool{false, true} {
		o := at(w, signer, sign.LevelB)
		o.CAdES = cades
		state, err := prepared(f, files(), o).MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(state)
	}
	f.Fuzz(func(t *testing.T, state []byte) {
		p, err := asic.Restore(state, signer.Cert)
		if err == nil && len(p.Digest()) == 0 {
			t.Fatal("a state without a digest")
		}
	})
}
