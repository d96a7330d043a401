package asic_test

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/internal/testpki"
	"eidgate/sign/xades"
)

const (
	cmsName   = "META-INF/signature001.p7s"
	cmsList   = "META-INF/ASiCManifest001.xml"
	dataEntry = `<asic:DataObjectReference URI="leping.txt"`
)

func cmsContainer(t testing.TB, w *testpki.World) []byte {
	t.Helper()
	signer := w.Card("P-256")
	o := at(w, signer, sign.LevelT)
	o.CAdES = true
	return signFiles(t, signer, files(), o)
}

// TestForgedCAdES is what can be done to a container with CMS signatures.
func TestForgedCAdES(t *testing.T) {
	w := testpki.New(t)
	sound := cmsContainer(t, w)
	wantValid(t, validate(t, open(t, sound).bytes(), w.Trust(true)), sign.LevelT)
	one := element(t, string(open(t, sound).at(cmsList).content), "asic:DataObjectReference")
	for _, f := range []forgery{
		{"content swapped", "xmldsig.digest", func(b *box) { b.swap("leping.txt", "100", "900") }},
		{"file removed", "asic.file-missing", func(b *box) { b.remove("leping.txt") }},
		{"file added", "asic.file-not-signed", func(b *box) { b.add("lisa.txt", "x") }},
		{"file renamed", "asic.file-not-signed", func(b *box) { b.at("leping.txt").name = "leping2.txt" }},
		{"list changed", "cms.wrong-digest", func(b *box) { b.swap(cmsList, "text/plain", "text/html") }},
		{"list shortened", "cms.wrong-digest", func(b *box) { b.swap(cmsList, one, "") }},
		{"list with a file twice", "asic.list", func(b *box) { b.swap(cmsList, one, one+one) }},
		{"list with SHA-1", "xmldsig.weak-algorithm", func(b *box) {
			b.swap(cmsList, "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1")
		}},
		{"list without digest", "asic.list", func(b *box) { b.swap(cmsList, element(t, one, "ds:DigestValue"), "") }},
		{"list of nothing", "asic.list", func(b *box) {
			b.at(cmsList).content = []byte(`<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#"><asic:SigReference URI="META-INF/signature001.p7s"/></asic:ASiCManifest>`)
		}},
		{"list with DTD", "asic.list", func(b *box) { b.swap(cmsList, "<asic:ASiCManifest", "<!DOCTYPE a><asic:ASiCManifest") }},
		{"list of another root", "asic.list", func(b *box) { b.swap(cmsList, "asic:ASiCManifest", "asic:Other") }},
		{"list with something else", "asic.list", func(b *box) { b.swap(cmsList, "</asic:ASiCManifest>", `<asic:Rootfile URI="x"/></asic:ASiCManifest>`) }},
		{"list signed by a file outside META-INF", "asic.signature-files", func(b *box) {
			b.at(cmsName).name = "signature001.p7s"
			b.swap(cmsList, "META-INF/signature001.p7s", "signature001.p7s")
		}},
		{"list without its signature", "asic.signature-files", func(b *box) { b.remove(cmsName) }},
		{"signature without its list", "asic.signature-files", func(b *box) { b.remove(cmsList) }},
		{"second list for one signature", "asic.signature-files", func(b *box) { b.add("META-INF/ASiCManifest002.xml", string(b.at(cmsList).content)) }},
		{"signature without a list beside", "asic.signature-files", func(b *box) { b.add("META-INF/signature002.p7s", string(b.at(cmsName).content)) }},
		{"time-stamp without a list beside", "asic.signature-files", func(b *box) { b.add("META-INF/timestamp002.tst", "x") }},
		{"signature no CMS", "cms.malformed", func(b *box) { b.at(cmsName).content = []byte("x") }},
		{"signature of another container", "cms.wrong-digest", func(b *box) {
			other := w.Card("P-256")
			o := at(w, other, sign.LevelT)
			o.CAdES = true
			b.at(cmsName).content = open(t, signFiles(t, other, files()[:1], o)).at(cmsName).content
		}},
		{"archive list without time-stamp", "asic.signature-files", func(b *box) {
			b.add("META-INF/ASiCArchiveManifest.xml", strings.ReplaceAll(string(b.at(cmsList).content), cmsName, "META-INF/timestamp001.tst"))
		}},
		{"archive list unreadable", "asic.list", func(b *box) { b.add("META-INF/ASiCArchiveManifest.xml", "<a/>") }},
		{"signature in a folder", "asic.unknown-metadata", func(b *box) { b.add("META-INF/sub/signature002.p7s", "x") }},
	} {
		t.Run(f.name, func(t *testing.T) {
			b := open(t, sound)
			f.change(b)
			wantCode(t, b.bytes(), w.Trust(true), f.code)
		})
	}
}

// archived adds an archive manifest and its time-stamp over everything.
func archived(t testing.TB, w *testpki.World, b *box, skip string) {
	t.Helper()
	archivedAs(t, w, b, skip, "META-INF/timestamp001.tst")
}

// archivedAs does it with a time-stamp of this name.
func archivedAs(t testing.TB, w *testpki.World, b *box, skip, stamp string) {
	t.Helper()
	var list strings.Builder
	list.WriteString(`<asic:ASiCManifest xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">` +
		`<asic:SigReference URI="` + stamp + `" MimeType="application/vnd.etsi.timestamp-token"/>`)
	for _, p := range b.parts {
		if p.name == "mimetype" || p.name == skip {
			continue
		}
		digest := sha256.Sum256(p.content)
		fmt.Fprintf(&list, `<asic:DataObjectReference URI="%s"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><ds:DigestValue>%s</ds:DigestValue></asic:DataObjectReference>`,
			xades.EncodeURI(p.name), base64.StdEncoding.EncodeToString(digest[:]))
	}
	list.WriteString(`</asic:ASiCManifest>`)
	digest := sha256.Sum256([]byte(list.String()))
	token, err := w.Stamp(t.Context(), crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	b.add("META-INF/ASiCArchiveManifest.xml", list.String())
	b.add(stamp, string(token.DER))
}

// TestArchiveManifest protects a CMS signature beyond its certificate's life.
func TestArchiveManifest(t *testing.T) {
	w := testpki.New(t)
	b := open(t, cmsContainer(t, w))
	archived(t, w, b, "")
	report := validate(t, b.bytes(), w.Trust(true))
	wantValid(t, report, sign.LevelT)
	if n := len(report.Signatures[0].Timestamps); n != 2 {
		t.Errorf("%d time-stamps", n)
	}
	for name, change := range map[string]struct {
		code   string
		change func(*box)
	}{
		"list changed":             {"timestamp.wrong-imprint", func(b *box) { b.swap("META-INF/ASiCArchiveManifest.xml", `<asic:SigReference`, ` <asic:SigReference`) }},
		"token of something else":  {"asic.list", func(b *box) { b.swap("META-INF/ASiCArchiveManifest.xml", "DataObjectReference", "Other") }},
		"signature changed since":  {"xmldsig.digest", func(b *box) { b.at(cmsName).content = open(t, cmsContainer(t, w)).at(cmsName).content }},
		"time-stamp taken away":    {"asic.signature-files", func(b *box) { b.remove("META-INF/timestamp001.tst") }},
		"time-stamp made unusable": {"timestamp.malformed", func(b *box) { b.at("META-INF/timestamp001.tst").content = []byte("x") }},
	} {
		t.Run(name, func(t *testing.T) {
			c := &box{t: t, parts: append([]part(nil), b.parts...)}
			change.change(c)
			wantCode(t, c.bytes(), w.Trust(true), change.code)
		})
	}
}

// TestArchiveOlderThanSignature has a time-stamp over the container that says to
// be older than the one inside the signature.
func TestArchiveOlderThanSignature(t *testing.T) {
	w := testpki.New(t)
	b := open(t, cmsContainer(t, w))
	now := w.Now
	w.Now = now.Add(-24 * time.Hour)
	archived(t, w, b, "")
	w.Now = now
	wantCode(t, b.bytes(), w.Trust(true), "timestamp.order")
}

// TestArchiveOfLess is an archive time-stamp that leaves out the signature or
// its list: it proves nothing for that signature.
func TestArchiveOfLess(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-256")
	o := at(w, signer, sign.LevelLT)
	o.CAdES = true
	for skip, want := range map[string]sign.Level{"": sign.LevelLTA, cmsName: sign.LevelLT, cmsList: sign.LevelLT} {
		b := open(t, signFiles(t, signer, files(), o))
		archived(t, w, b, skip)
		wantValid(t, validate(t, b.bytes(), w.Trust(false)), want)
	}
}

// TestSimpleContainers is ASiC-S with each of its three kinds of proof.
func TestSimpleContainers(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-256")
	o := at(w, signer, sign.LevelT)
	o.Kind = asic.ASiCS
	xml := signFiles(t, signer, files()[:1], o)
	o.CAdES = true
	cms := signFiles(t, signer, files()[:1], o)
	stamped := open(t, cms)
	stamped.remove("META-INF/signature.p7s")
	digest := sha256.Sum256(stamped.at("leping.txt").content)
	token, err := w.Stamp(t.Context(), crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	stamped.add("META-INF/timestamp.tst", string(token.DER))
	for name, container := range map[string][]byte{"XAdES": xml, "CAdES": cms, "time-stamp": stamped.bytes()} {
		t.Run(name, func(t *testing.T) {
			report := validate(t, container, w.Trust(true))
			if !report.Valid() || report.Document.Type != "ASiC-S" || len(report.Signatures) != 1 {
				t.Fatal(report.Text())
			}
			if got := report.Signatures[0].Kind; (name == "time-stamp") != (got == sign.KindTimestamp) {
				t.Errorf("kind %q", got)
			}
			refuse := func(what, code string, change func(*box)) {
				b := open(t, container)
				change(b)
				wantCode(t, b.bytes(), w.Trust(true), code)
			}
			swapped := map[string]string{"XAdES": "xmldsig.digest", "CAdES": "cms.wrong-digest", "time-stamp": "timestamp.wrong-imprint"}
			refuse("content", swapped[name], func(b *box) { b.swap("leping.txt", "100", "900") })
			if name != "time-stamp" {
				refuse("two proofs", "asic.signature-files", func(b *box) {
					b.add("META-INF/signature1.p7s", "x")
					b.add("META-INF/signatures1.xml", "<a/>")
				})
			}
		})
	}
	t.Run("two files", func(t *testing.T) {
		b := open(t, xml)
		b.add("lisa.txt", "x")
		wantCode(t, b.bytes(), w.Trust(true), "asic.file-not-signed")
	})
}
