package asic_test

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"eidgate/internal/fault"
	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/internal/testpki"
)

const (
	newestList = "META-INF/ASiCArchiveManifest.xml"
	firstList  = "META-INF/ASiCArchiveManifest001.xml"
	firstStamp = "META-INF/timestamp001.tst"
)

// underArchive is a container as other programs make it: a CMS signature at a
// level, and a time-stamp over everything in the container.
func underArchive(t testing.TB, w *testpki.World, level sign.Level) *box {
	t.Helper()
	signer := w.Card("P-256")
	o := at(w, signer, level)
	o.CAdES = true
	b := open(t, signFiles(t, signer, files(), o))
	archived(t, w, b, "")
	return b
}

// TestRenewsArchiveManifests adds an archive manifest every two years. What the
// ones before are over keeps every byte, and the container is valid long after
// every certificate has expired.
func TestRenewsArchiveManifests(t *testing.T) {
	w := testpki.New(t)
	b := underArchive(t, w, sign.LevelLT)
	container := b.bytes()
	wantValid(t, validate(t, container, w.Trust(false)), sign.LevelLTA)
	const years = 3
	for i := range years {
		w.Now = w.Now.AddDate(0, 8, 0)
		before := open(t, container)
		var err error
		if container, err = extend(t, container, w, sign.LevelLTA); err != nil {
			t.Fatal(err)
		}
		report := validate(t, container, w.Trust(false))
		wantValid(t, report, sign.LevelLTA)
		if n := len(report.Signatures[0].Timestamps); n != i+3 {
			t.Errorf("%d time-stamps after %d renewals", n, i+1)
		}
		after := open(t, container)
		for _, p := range before.parts {
			if !strings.HasSuffix(p.name, ".tst") && p.name != newestList && !bytes.Equal(after.at(p.name).content, p.content) {
				t.Errorf("%q changed", p.name)
			}
		}
	}
	w.Now = w.Now.AddDate(8, 0, 0)
	wantValid(t, validate(t, container, w.Trust(false)), sign.LevelLTA)
	newest := string(open(t, container).at(newestList).content)
	if strings.Count(newest, `URI="META-INF/ASiCArchiveManifest003.xml" Rootfile="true"`) != 1 || strings.Count(newest, "Rootfile") != 1 {
		t.Errorf("the newest list does not begin with the one before:\n%s", newest)
	}
}

// TestForgedRenewals is what can be done to a container whose archive manifest
// was renewed.
func TestForgedRenewals(t *testing.T) {
	w := testpki.New(t)
	b := underArchive(t, w, sign.LevelLT)
	w.Now = w.Now.AddDate(0, 8, 0)
	container, err := extend(t, b.bytes(), w, sign.LevelLTA)
	if err != nil {
		t.Fatal(err)
	}
	sound := open(t, container)
	other := underArchive(t, w, sign.LevelLT)
	for _, f := range []forgery{
		{"content swapped", "xmldsig.digest", func(b *box) { b.swap("leping.txt", "100", "900") }},
		{"file added", "asic.file-not-signed", func(b *box) { b.add("lisa.txt", "x") }},
		{"first list of another container", "xmldsig.digest", func(b *box) { b.at(firstList).content = other.at(newestList).content }},
		{"first time-stamp of another container", "xmldsig.digest", func(b *box) { b.at(firstStamp).content = other.at(firstStamp).content }},
		{"first list taken away", "asic.signature-files", func(b *box) { b.remove(firstList) }},
		{"first time-stamp taken away", "asic.signature-files", func(b *box) { b.remove(firstStamp) }},
		{"newest time-stamp taken away", "asic.signature-files", func(b *box) { b.remove("META-INF/timestamp002.tst") }},
		{"newest list taken away", "asic.signature-files", func(b *box) { b.remove(newestList) }},
		{"newest list changed", "timestamp.wrong-imprint", func(b *box) { b.swap(newestList, ` Rootfile="true"`, "") }},
		{"names of the lists exchanged", "xmldsig.digest", func(b *box) { b.at(newestList).name, b.at(firstList).name = firstList, newestList }},
		{"signature of another container", "xmldsig.digest", func(b *box) { b.at(cmsName).content = other.at(cmsName).content }},
		{"more said of a file", "asic.list", func(b *box) {
			b.swap(newestList, "</asic:DataObjectReference>", `<asic:DataObjectReferenceExtensions/></asic:DataObjectReference>`)
		}},
	} {
		t.Run(f.name, func(t *testing.T) {
			c := &box{t: t, parts: append([]part(nil), sound.parts...)}
			f.change(c)
			wantCode(t, c.bytes(), w.Trust(true), f.code)
		})
	}
	t.Run("newest time-stamp older than the first", func(t *testing.T) {
		c := underArchive(t, w, sign.LevelLT)
		c.at(newestList).name = firstList
		now := w.Now
		w.Now = now.AddDate(0, -1, 0)
		archivedAs(t, w, c, "", "META-INF/timestamp002.tst")
		w.Now = now
		wantCode(t, c.bytes(), w.Trust(true), "timestamp.order")
	})
}

// TestRenewsSimpleContainers protects a time-stamped file of ASiC-S, and a
// signature of ASiC-S under an archive manifest.
func TestRenewsSimpleContainers(t *testing.T) {
	w := testpki.New(t)
	signer := w.Card("P-256")
	o := at(w, signer, sign.LevelLT)
	o.Kind, o.CAdES = asic.ASiCS, true
	b := open(t, signFiles(t, signer, files()[:1], o))
	b.remove("META-INF/signature.p7s")
	digest := sha256.Sum256(b.at("leping.txt").content)
	token, err := w.Stamp(t.Context(), crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	b.add("META-INF/timestamp.tst", string(token.DER))
	container := b.bytes()
	for range 2 {
		w.Now = w.Now.AddDate(0, 8, 0)
		if container, err = extend(t, container, w, sign.LevelLTA); err != nil {
			t.Fatal(err)
		}
		report := validate(t, container, w.Trust(false))
		if !report.Valid() || len(report.Signatures) != 1 || report.Signatures[0].Kind != sign.KindTimestamp {
			t.Fatal(report.Text())
		}
	}
	w.Now = w.Now.AddDate(8, 0, 0)
	if report := validate(t, container, w.Trust(false)); !report.Valid() || len(report.Signatures[0].Timestamps) != 3 ||
		report.Signatures[0].Proven.After(w.Now.AddDate(-8, 0, 0)) {
		t.Error(report.Text())
	}
	forged := open(t, container)
	forged.swap("leping.txt", "100", "900")
	wantCode(t, forged.bytes(), w.Trust(false), "timestamp.wrong-imprint")
	forged = open(t, container)
	forged.swap(firstList, "sha512", "sha256")
	wantCode(t, forged.bytes(), w.Trust(false), "xmldsig.digest")
}

// TestRenewalRefuses leaves alone what an archive time-stamp would not make
// better.
func TestRenewalRefuses(t *testing.T) {
	w := testpki.New(t)
	low := underArchive(t, w, sign.LevelT).bytes()
	sound := underArchive(t, w, sign.LevelLT)
	for name, c := range map[string]struct {
		container []byte
		to        sign.Level
		code      string
	}{
		"signature without evidence": {low, sign.LevelLTA, "asic.options"},
		"lower level":                {sound.bytes(), sign.LevelLT, "asic.options"},
	} {
		if _, err := extend(t, c.container, w, c.to); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.Revoked[w.TSA.Cert.SerialNumber.String()] = w.Now.Add(-time.Hour)
	if _, err := extend(t, sound.bytes(), w, sign.LevelLTA); fault.CodeOf(err) != "revocation.revoked" {
		t.Errorf("authority revoked: %v", err)
	}
}
