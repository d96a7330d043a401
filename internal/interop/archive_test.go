//go:build interop

package interop

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/certs/pki/pkitest"
	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/asic"
)

// TestInteropDSSArchiveManifests has EU DSS sign at level LTA, which it does by an
// ASiCArchiveManifest, renews that, and lets EU DSS judge it and renew it again,
// which we judge.
func TestInteropDSSArchiveManifests(t *testing.T) {
	w := &containers{World: pkitest.Start(t, nil), dir: t.TempDir()}
	_, lib, _ := strings.Cut(buildDigidoc4j(t), ":")
	java := testtool.Need(t, "java")
	source := func(name string) string { return filepath.Join(testtool.Root(t), "internal", "interop", "dss", name) }
	anchor := w.anchor(t)
	p12, one, two := w.keyFile(t)
	archive := func(out string, args ...string) []byte {
		testtool.Run(t, java, append([]string{"-cp", lib, source("Archive.java"), w.URL("/tsa"), anchor, out}, args...)...)
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	judged := func(name string, container []byte, stamps int) {
		t.Helper()
		path := w.write(t, name, container)
		r, err := asic.Validate(t.Context(), bytes.NewReader(container), int64(len(container)), sign.Trust{Store: w.Store(t)})
		if err != nil || !r.Valid() || r.Signatures[0].Level != sign.LevelLTA || len(r.Signatures[0].Timestamps) != stamps {
			t.Fatalf("%s: %s\n%+v", name, r.Text(), r.Signatures[0].Timestamps)
		}
		answer := testtool.Run(t, java, "-cp", lib, source("Validate.java"), anchor, path)
		want := "TOTAL_PASSED/null/CAdES-BASELINE-LTA" + strings.Repeat(" stamp", stamps)
		if !strings.Contains(answer, want+"\n") {
			t.Fatalf("%s: EU DSS says %s, want %s", name, answer, want)
		}
	}
	theirs := archive(filepath.Join(w.dir, "dss.asice"), p12, one, two)
	judged("theirs.asice", theirs, 2)
	ours := w.renewed(t, theirs)
	judged("ours.asice", ours, 3)
	again := archive(filepath.Join(w.dir, "again.asice"), "renew", w.write(t, "in.asice", ours))
	judged("again.asice", again, 4)
	judged("last.asice", w.renewed(t, again), 5)
}

func (w *containers) renewed(t *testing.T, container []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := asic.Extend(t.Context(), bytes.NewReader(container), int64(len(container)), &out, asic.Extension{
		Level: sign.LevelLTA, Trust: sign.Trust{Store: w.Store(t), Revocation: w.OCSP()}, Timestamper: w.Timestamps(),
		Evidence: asic.Online{Verifier: w.Verifier(t)},
	}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// anchor is the root's certificate, in a file.
func (w *containers) anchor(t *testing.T) string {
	t.Helper()
	return firstCertificate(t, w.TrustDir())
}
