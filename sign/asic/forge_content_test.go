package asic_test

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"eidgate/sign"
	"eidgate/sign/internal/testpki"
)

// forgery is a change to a sound container and the code it is refused with.
type forgery struct {
	name, code string
	change     func(*box)
}

func refuseAll(t *testing.T, sound []byte, trust sign.Trust, list []forgery) {
	t.Helper()
	wantValid(t, validate(t, open(t, sound).bytes(), trust), sign.LevelLTA)
	for _, f := range list {
		t.Run(f.name, func(t *testing.T) {
			b := open(t, sound)
			f.change(b)
			wantCode(t, b.bytes(), trust, f.code)
		})
	}
}

// TestForgedContents is what can be done to a container whose signature stays
// as it is.
func TestForgedContents(t *testing.T) {
	w := testpki.New(t)
	sound := signed(t, w, w.Card("P-256"), sign.LevelLTA)
	const entry = `<manifest:file-entry manifest:full-path="`
	refuseAll(t, sound, w.Trust(false), []forgery{
		{"content swapped", "xmldsig.digest", func(b *box) { b.swap("leping.txt", "100", "900") }},
		{"byte added", "xmldsig.digest", func(b *box) { b.at("leping.txt").content = append(b.at("leping.txt").content, ' ') }},
		{"file emptied", "xmldsig.digest", func(b *box) { b.at("leping.txt").content = nil }},
		{"files exchanged", "xmldsig.digest", func(b *box) {
			one, two := b.at("leping.txt"), b.at("lisad/Õigused Щ 한글.pdf")
			one.content, two.content = two.content, one.content
		}},
		{"file removed", "asic.listed-file-missing", func(b *box) { b.remove("leping.txt") }},
		{"file removed everywhere", "asic.file-missing", func(b *box) {
			b.remove("leping.txt")
			b.list(entry+`leping.txt" manifest:media-type="text/plain"/>`, "")
		}},
		{"file renamed", "asic.file-not-signed", func(b *box) { b.at("leping.txt").name = "leping2.txt" }},
		{"file renamed everywhere", "asic.file-not-signed", func(b *box) {
			b.at("leping.txt").name = "leping2.txt"
			b.list("leping.txt", "leping2.txt")
		}},
		{"file renamed by case", "asic.file-not-signed", func(b *box) {
			b.at("leping.txt").name = "LEPING.txt"
			b.list("leping.txt", "LEPING.txt")
		}},
		{"file renamed by look-alike", "asic.file-not-signed", func(b *box) {
			b.at("leping.txt").name = "lеping.txt" // Cyrillic е
			b.list("leping.txt", "lеping.txt")
		}},
		{"file added", "asic.file-not-signed", func(b *box) { b.add("lisa.txt", "x") }},
		{"file added and listed", "asic.file-not-signed", func(b *box) {
			b.add("lisa.txt", "x")
			b.list("</manifest:manifest>", entry+`lisa.txt" manifest:media-type="text/plain"/></manifest:manifest>`)
		}},
		{"file added in front", "asic.file-not-signed", func(b *box) {
			b.parts = append([]part{b.parts[0], {name: "a.txt", content: []byte("x")}}, b.parts[1:]...)
		}},
		{"file added beside META-INF", "asic.file-not-signed", func(b *box) { b.add("META-INF.txt", "x") }},
		{"file hidden in META-INF", "asic.unknown-metadata", func(b *box) { b.add("META-INF/leping2.pdf", "x") }},
		{"file hidden below META-INF", "asic.unknown-metadata", func(b *box) { b.add("META-INF/x/signatures1.xml", "x") }},
		{"manifest removed", "asic.manifest-missing", func(b *box) { b.remove(listName) }},
		{"manifest no XML", "asic.manifest", func(b *box) { b.at(listName).content = []byte("no") }},
		{"manifest with DTD", "asic.manifest", func(b *box) {
			b.list("<manifest:manifest", `<!DOCTYPE x [<!ENTITY a "b">]><manifest:manifest`)
		}},
		{"manifest of another namespace", "asic.manifest", func(b *box) { b.list("urn:oasis", "urn:other") }},
		{"manifest entry without name", "asic.manifest", func(b *box) {
			b.list("</manifest:manifest>", `<manifest:file-entry manifest:media-type="a/b"/></manifest:manifest>`)
		}},
		{"manifest entry with encryption", "asic.manifest", func(b *box) {
			b.list(entry+`leping.txt" manifest:media-type="text/plain"/>`,
				entry+`leping.txt" manifest:media-type="text/plain"><manifest:encryption-data/></manifest:file-entry>`)
		}},
		{"manifest names another kind", "asic.manifest-type", func(b *box) { b.list("asic-e+zip", "asic-s+zip") }},
		{"manifest without the container", "asic.manifest-type", func(b *box) {
			b.list(entry+`/" manifest:media-type="application/vnd.etsi.asic-e+zip"/>`, "")
		}},
		{"manifest omits a file", "asic.unlisted-file", func(b *box) { b.list(entry+`leping.txt" manifest:media-type="text/plain"/>`, "") }},
		{"manifest lists too much", "asic.listed-file-missing", func(b *box) {
			b.list("</manifest:manifest>", entry+`lisa.txt" manifest:media-type="text/plain"/></manifest:manifest>`)
		}},
		{"manifest lists twice", "asic.manifest-duplicate", func(b *box) {
			b.list("</manifest:manifest>", entry+`leping.txt" manifest:media-type="text/html"/></manifest:manifest>`)
		}},
		{"manifest lists the container twice", "asic.manifest-duplicate", func(b *box) {
			b.list("</manifest:manifest>", entry+`/" manifest:media-type="application/vnd.etsi.asic-e+zip"/></manifest:manifest>`)
		}},
		{"media type changed", "asic.media-type", func(b *box) { b.list(`"text/plain"`, `"text/html"`) }},
		{"mimetype removed", "asic.mimetype", func(b *box) { b.remove("mimetype") }},
		{"mimetype of a document", "asic.mimetype", func(b *box) { b.at("mimetype").content = []byte("application/vnd.oasis.opendocument.text") }},
		{"mimetype with a line end", "asic.mimetype", func(b *box) { b.at("mimetype").content = append(b.at("mimetype").content, '\n') }},
		{"made ASiC-S", "asic.several-files", func(b *box) {
			b.at("mimetype").content = []byte("application/vnd.etsi.asic-s+zip")
			b.list("asic-e+zip", "asic-s+zip")
		}},
		{"signature copied to a second file", "asic.signature-files", func(b *box) {
			b.add("META-INF/signature001.p7s", "x")
		}},
		{"signature file empty", "xml.malformed", func(b *box) { b.at(sigName).content = nil }},
		{"signature file of another root", "xades.form", func(b *box) {
			b.at(sigName).content = []byte(`<asic:XAdESSignatures xmlns:asic="urn:x"/>`)
		}},
		{"signature file without signature", "xades.form", func(b *box) {
			b.at(sigName).content = []byte(`<asic:XAdESSignatures xmlns:asic="http://uri.etsi.org/02918/v1.2.1#"/>`)
		}},
	})
}

// TestUnsigned is a container from which the signature was taken: it is not
// valid, and not called failed either.
func TestUnsigned(t *testing.T) {
	w := testpki.New(t)
	b := open(t, signed(t, w, w.Card("P-256"), sign.LevelB))
	b.remove(sigName)
	report := validate(t, b.bytes(), w.Trust(true))
	if report.Valid() || report.Indication != sign.NotSigned {
		t.Errorf("unsigned is %v", report.Indication)
	}
}

// TestNotedOnly is what the policy table tells of and does not refuse.
func TestNotedOnly(t *testing.T) {
	w := testpki.New(t)
	sound := signed(t, w, w.Card("P-256"), sign.LevelLT)
	for name, change := range map[string]func(*box){
		"mimetype last":       func(b *box) { b.parts = append(b.parts[1:], b.parts[0]) },
		"mimetype compressed": func(b *box) { b.at("mimetype").deflate = true },
		"metadata":            func(b *box) { b.add("META-INF/container.xml", "x") },
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t, sound)
			change(b)
			report := validate(t, b.bytes(), w.Trust(false))
			wantValid(t, report, sign.LevelLT)
			if len(report.Checks) == 0 || report.Checks[0].Result != sign.Noted {
				t.Errorf("nothing noted: %+v", report.Checks)
			}
			if !strings.Contains(report.Text(), "META-INF") && !strings.Contains(strings.ToLower(report.Text()), "container.xml") &&
				!strings.Contains(report.Text(), "mimetype") {
				t.Errorf("the text does not tell:\n%s", report.Text())
			}
		})
	}
}

// TestOtherWriters reads what other ZIP writers make: sizes after the content,
// folders, extra fields, a comment.
func TestOtherWriters(t *testing.T) {
	w := testpki.New(t)
	b := open(t, signed(t, w, w.Card("P-256"), sign.LevelLT))
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, p := range append(b.parts, part{name: "lisad/"}, part{name: "META-INF/"}) {
		h := &zip.FileHeader{Name: p.name, Method: zip.Deflate, Modified: w.Now, Comment: "made by another"}
		if p.name == "mimetype" {
			h.Method = zip.Store
		}
		f, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(p.content); err != nil && len(p.content) > 0 {
			t.Fatal(err)
		}
	}
	if err := z.SetComment("another program"); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	report := validate(t, out.Bytes(), w.Trust(false))
	wantValid(t, report, sign.LevelLT)
	if !strings.Contains(report.Text(), "comments, which nobody signed") {
		t.Errorf("the comment is not told of:\n%s", report.Text())
	}
	container := out.Bytes()
	i := bytes.Index(container, []byte("PK\x07\x08"))
	put32(container[i+4:], 1) // the checksum after the content
	wantCode(t, container, w.Trust(false), "zip.header-mismatch")
}

// TestLateAnswer is a revocation answer made long after the time-stamp: valid,
// and told.
func TestLateAnswer(t *testing.T) {
	w := testpki.New(t)
	container := signed(t, w, w.Card("P-256"), sign.LevelT)
	w.Now = w.Now.AddDate(0, 1, 0)
	container, err := extend(t, container, w, sign.LevelLT)
	if err != nil {
		t.Fatal(err)
	}
	report := validate(t, container, w.Trust(false))
	wantValid(t, report, sign.LevelLT)
	for _, c := range report.Signatures[0].Checks {
		if c.Name == "ocsp-distance" && c.Result == sign.Noted {
			return
		}
	}
	t.Errorf("not told: %+v", report.Signatures[0].Checks)
}
