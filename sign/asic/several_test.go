package asic_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"eidgate/internal/fault"
	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/internal/testpki"
	"eidgate/sign/xades"
)

func add(t testing.TB, container []byte, signer testpki.Identity, o asic.Options) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := asic.AddSignature(t.Context(), bytes.NewReader(container), int64(len(container)), &out, signer.Key, o); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestSeveralSigners adds signers one after the other; what was there keeps
// every byte.
func TestSeveralSigners(t *testing.T) {
	for _, cades := range []bool{false, true} {
		t.Run(fmt.Sprint("CAdES ", cades), func(t *testing.T) {
			w := testpki.New(t)
			levels := []sign.Level{sign.LevelT, sign.LevelB, sign.LevelT}
			var container []byte
			for i, level := range levels {
				signer := w.Card([]string{"P-256", "P-384", "RSA"}[i])
				o := at(w, signer, level)
				o.CAdES = cades
				if i == 0 {
					container = signFiles(t, signer, files(), o)
					continue
				}
				before := open(t, container)
				container = add(t, container, signer, o)
				after := open(t, container)
				for j, p := range before.parts {
					if after.parts[j].name != p.name || !bytes.Equal(after.parts[j].content, p.content) {
						t.Errorf("%q changed", p.name)
					}
				}
				wantValid(t, validate(t, container, w.Trust(true)), levels[:i+1]...)
			}
		})
	}
}

// TestOneOfTwoForged damages the first of two signatures: the second stays
// good, the container is not valid.
func TestOneOfTwoForged(t *testing.T) {
	w := testpki.New(t)
	one, two := w.Card("P-256"), w.Card("P-384")
	b := open(t, add(t, signed(t, w, one, sign.LevelLT), two, at(w, two, sign.LevelLT)))
	b.sig("2026-06-01T12", "2016-06-01T12")
	report := validate(t, b.bytes(), w.Trust(false))
	if report.Valid() || report.Signatures[0].Indication != sign.TotalFailed || report.Signatures[1].Indication != sign.TotalPassed {
		t.Error(report.Text())
	}
}

// TestAddedToAnotherContainer prepares a signature for one container and holds
// it against others.
func TestAddedToAnotherContainer(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-256")
	sound := signed(t, w, signer, sign.LevelB)
	p, err := asic.PrepareAdd(t.Context(), bytes.NewReader(sound), int64(len(sound)), at(w, signer, sign.LevelB))
	if err != nil {
		t.Fatal(err)
	}
	p = restored(t, p, signer)
	message, err := p.Message(valueOf(t, p, signer))
	if err != nil {
		t.Fatal(err)
	}
	changed, more := open(t, sound), open(t, sound)
	changed.swap("leping.txt", "100", "900")
	more.add("lisa.txt", "x")
	for name, container := range map[string][]byte{
		"content changed": changed.bytes(), "file added": more.bytes(),
		"signed meanwhile": add(t, sound, signer, at(w, signer, sign.LevelB)),
	} {
		var out bytes.Buffer
		err := p.WriteInto(t.Context(), bytes.NewReader(container), int64(len(container)), &out, message)
		if fault.CodeOf(err) != "asic.document-changed" || out.Len() > 0 {
			t.Errorf("%s: %v, %d bytes", name, err, out.Len())
		}
	}
	var out bytes.Buffer
	if err := p.WriteInto(t.Context(), bytes.NewReader(sound), int64(len(sound)), &out, message); err != nil {
		t.Fatal(err)
	}
	wantValid(t, validate(t, out.Bytes(), w.Trust(true)), sign.LevelB, sign.LevelB)
}

// TestSameChecksum changes a file between the steps to one of the same length
// and checksum.
func TestSameChecksum(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-256")
	text := "Ostja maksab 100 eurot.    "
	p := prepared(t, []asic.File{file("a.txt", "", text)}, at(w, signer, sign.LevelB))
	message, err := p.Message(valueOf(t, p, signer))
	if err != nil {
		t.Fatal(err)
	}
	forged := collide("Ostja maksab 900 eurot.", crc32.ChecksumIEEE([]byte(text)))
	if len(forged) != len(text) || crc32.ChecksumIEEE([]byte(forged)) != crc32.ChecksumIEEE([]byte(text)) {
		t.Fatal("no collision")
	}
	if err := p.Write(t.Context(), io.Discard, []asic.File{file("a.txt", "", forged)}, message); fault.CodeOf(err) != "asic.document-changed" {
		t.Errorf("%v", err)
	}
}

// collide appends four bytes that give text a CRC-32.
func collide(text string, want uint32) string {
	state := ^want
	for range 4 {
		for i, entry := range crc32.IEEETable {
			if entry>>24 == state>>24 {
				state = (state^entry)<<8 | uint32(i)
				break
			}
		}
	}
	return text + string(binary.LittleEndian.AppendUint32(nil, state^^crc32.ChecksumIEEE([]byte(text))))
}

// TestCannotAdd is containers that take no further signature.
func TestCannotAdd(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-256")
	simple, cms := at(w, signer, sign.LevelB), at(w, signer, sign.LevelB)
	simple.Kind, cms.CAdES = asic.ASiCS, true
	unlisted := open(t, signed(t, w, signer, sign.LevelB))
	unlisted.add("lisa.txt", "x")
	for name, container := range map[string][]byte{
		"ASiC-S":        signFiles(t, signer, files()[:1], simple),
		"other format":  signFiles(t, signer, files(), cms),
		"unlisted file": unlisted.bytes(),
		"no container":  []byte("%PDF-1.7"),
		"broken":        signed(t, w, signer, sign.LevelB)[10:],
	} {
		var out bytes.Buffer
		used := *signer.Used
		_, err := asic.AddSignature(t.Context(), bytes.NewReader(container), int64(len(container)), &out, signer.Key, at(w, signer, sign.LevelB))
		if fault.CodeOf(err) == "" || out.Len() > 0 || *signer.Used != used {
			t.Errorf("%s: %v, %d bytes, %d uses", name, err, out.Len(), *signer.Used-used)
		}
	}
}

// TestExtend lifts every level to every higher one, and years later again.
func TestExtend(t *testing.T) {
	for _, from := range []sign.Level{sign.LevelB, sign.LevelT, sign.LevelLT, sign.LevelLTA} {
		for _, to := range []sign.Level{sign.LevelT, sign.LevelLT, sign.LevelLTA} {
			t.Run(fmt.Sprint(from, to), func(t *testing.T) {
				w := testpki.New(t)
				one, two := w.Card("P-256"), w.Card("P-384")
				container := add(t, signed(t, w, one, from), two, at(w, two, from))
				w.Now = w.Now.AddDate(0, 6, 0)
				container, err := extend(t, container, w, to)
				if err != nil {
					t.Fatal(err)
				}
				want := max(from, to)
				wantValid(t, validate(t, container, w.Trust(want < sign.LevelLT)), want, want)
			})
		}
	}
}

// TestCAdESLevels makes every level with CMS and lifts up to LT.
func TestCAdESLevels(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-384")
	for _, level := range []sign.Level{sign.LevelB, sign.LevelT, sign.LevelLT, sign.LevelLTA} {
		o := at(w, signer, level)
		o.CAdES = true
		container := signFiles(t, signer, files(), o)
		wantValid(t, validate(t, container, w.Trust(level < sign.LevelLT)), level)
		for to := max(level, sign.LevelLT); to <= sign.LevelLTA; to++ {
			lifted, err := extend(t, container, w, to)
			if err != nil {
				t.Fatal(err)
			}
			wantValid(t, validate(t, lifted, w.Trust(false)), to)
		}
		both := add(t, container, signer, o)
		wantValid(t, validate(t, both, w.Trust(level < sign.LevelLT)), level, level)
	}
}

// TestCAdESInASiCS makes and lifts every level, and renews the last.
func TestCAdESInASiCS(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-384")
	for _, level := range []sign.Level{sign.LevelB, sign.LevelT, sign.LevelLT, sign.LevelLTA} {
		o := at(w, signer, level)
		o.CAdES, o.Kind = true, asic.ASiCS
		container := signFiles(t, signer, files()[:1], o)
		wantValid(t, validate(t, container, w.Trust(level < sign.LevelLT)), level)
		lifted, err := extend(t, container, w, sign.LevelLTA)
		if err != nil {
			t.Fatal(err)
		}
		wantValid(t, validate(t, lifted, w.Trust(false)), sign.LevelLTA)
		forged := open(t, lifted)
		forged.swap("leping.txt", "100", "900")
		if r := validate(t, forged.bytes(), w.Trust(false)); r.Valid() || r.Signatures[0].Code != "cms.wrong-digest" {
			t.Errorf("content changed:\n%s", r.Text())
		}
	}
}

func extend(t testing.TB, container []byte, w *testpki.World, to sign.Level) ([]byte, error) {
	t.Helper()
	var out bytes.Buffer
	_, err := asic.Extend(t.Context(), bytes.NewReader(container), int64(len(container)), &out, asic.Extension{
		Level: to, Trust: w.Trust(true), Timestamper: w, Evidence: asic.Online{Verifier: w.Verifier()},
	})
	if err != nil && out.Len() > 0 {
		t.Errorf("%d bytes were written before %v", out.Len(), err)
	}
	return out.Bytes(), err
}

// TestExtendRefuses does not lift what is not valid.
func TestExtendRefuses(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-256")
	forged := open(t, signed(t, w, signer, sign.LevelT))
	forged.swap("leping.txt", "100", "900")
	if _, err := extend(t, forged.bytes(), w, sign.LevelLT); fault.CodeOf(err) != "asic.not-valid" {
		t.Errorf("forged: %v", err)
	}
	container := signed(t, w, signer, sign.LevelT)
	w.Revoked[signer.Cert.SerialNumber.String()] = w.Now.Add(-1)
	if _, err := extend(t, container, w, sign.LevelLT); fault.CodeOf(err) != "asic.not-valid" {
		t.Errorf("revoked: %v", err)
	}
	unsigned := open(t, container)
	unsigned.remove(sigName)
	if _, err := extend(t, unsigned.bytes(), w, sign.LevelLT); fault.CodeOf(err) != "asic.not-valid" {
		t.Errorf("unsigned: %v", err)
	}
}

// TestNamesInAnyScript survive in file names, role, place and subject.
func TestNamesInAnyScript(t *testing.T) {
	w := testpki.New(t)
	for _, name := range []string{"Щербак", "Ќулибрк", "Õunapuu", "김민지", "O'Brien & <Sons>", "a\"b", "Łódź 🏠", "%41#?;=+ x"} {
		t.Run(name, func(t *testing.T) {
			signer := w.Card("P-256", subject(name))
			o := at(w, signer, sign.LevelLT)
			o.Roles, o.Place = []string{name}, xades.Place{City: name, Country: "EE"}
			container := signFiles(t, signer, []asic.File{file(name+".txt", "text/plain", name)}, o)
			report := validate(t, container, w.Trust(false))
			wantValid(t, report, sign.LevelLT)
			s := report.Signatures[0]
			if s.Coverage.Files[0] != name+".txt" || s.Claimed.Roles[0] != name || s.Claimed.Location != name+", EE" || s.Signer.Surname != name {
				t.Errorf("%+v %+v %+v", s.Coverage, s.Claimed, s.Signer)
			}
			if text := report.Text(); !strings.Contains(text, name) {
				t.Errorf("not in the text:\n%s", text)
			}
		})
	}
	for _, bad := range []string{"a\x00b", "a\nb", "\xff"} {
		signer := w.Card("P-256")
		o := at(w, signer, sign.LevelB)
		o.Roles = []string{bad}
		if _, err := asic.Prepare(t.Context(), files(), o); fault.CodeOf(err) != "xades.text" {
			t.Errorf("role %q: %v", bad, err)
		}
	}
}
