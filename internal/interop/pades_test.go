//go:build interop

package interop

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
)

// TestInteropPAdES signs every sample at every level with the card and asks
// pdfsig, qpdf, openssl and pyHanko.
func TestInteropPAdES(t *testing.T) {
	w := newWorld(t)
	for _, s := range samplepdf.All(t, t.TempDir()) {
		for _, level := range []string{"B", "T", "LT"} {
			t.Run(s.Name+"/"+level, func(t *testing.T) {
				out := filepath.Join(t.TempDir(), "signed.pdf")
				w.sign(t, level, s.Path, out)
				judge(t, w, out, 1)
				if level == "LT" {
					pyhanko(t, w, out)
				}
			})
		}
	}
}

// TestInteropSerialSignatures signs one file three times at changing levels:
// earlier signatures must stay good.
func TestInteropSerialSignatures(t *testing.T) {
	w := newWorld(t)
	for _, s := range samplepdf.All(t, t.TempDir()) {
		t.Run(s.Name, func(t *testing.T) {
			dir, in := t.TempDir(), s.Path
			for i, level := range []string{"LT", "B", "LT"} {
				out := filepath.Join(dir, strconv.Itoa(i)+".pdf")
				w.sign(t, level, in, out)
				judge(t, w, out, i+1)
				in = out
			}
		})
	}
}

// TestInteropAdbe signs the format old readers know.
func TestInteropAdbe(t *testing.T) {
	w := newWorld(t)
	samples := samplepdf.All(t, t.TempDir())
	out := filepath.Join(t.TempDir(), "adbe.pdf")
	w.sign(t, "B", samples[0].Path, out, "--format", "adbe")
	pdfsig(t, out, 1)
	testtool.Run(t, testtool.Need(t, "qpdf"), "--check", out)
}

// TestInteropTheyRefuse proves that the judges would notice: a changed byte
// must be refused by them and by us.
func TestInteropTheyRefuse(t *testing.T) {
	w := newWorld(t)
	out := filepath.Join(t.TempDir(), "signed.pdf")
	w.sign(t, "LT", samplepdf.All(t, t.TempDir())[0].Path, out)
	file, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	file[20] ^= 1
	if err := os.WriteFile(out, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := testtool.Run(t, testtool.Need(t, "pdfsig"), "-nocert", out); strings.Contains(got, "Signature is Valid") {
		t.Errorf("pdfsig does not notice the changed byte:\n%s", got)
	}
	output, err := w.command("eid", "verify", "--trust", w.trust(), out).CombinedOutput()
	if exitCode(err) != 1 {
		t.Errorf("eid verify: exit %d, want 1\n%s", exitCode(err), output)
	}
}

// judge asks every tool about a PAdES file with n signatures.
func judge(t *testing.T, w *world, file string, n int) {
	t.Helper()
	testtool.Run(t, testtool.Need(t, "qpdf"), "--check", file)
	pdfsig(t, file, n)
	for _, sig := range signatures(t, file) {
		opensslCAdES(t, w, sig)
	}
	w.run(t, "eid", "verify", "--trust", w.trust(), file)
}

func pdfsig(t *testing.T, file string, n int) {
	t.Helper()
	out := testtool.Run(t, testtool.Need(t, "pdfsig"), "-nocert", file)
	if got := strings.Count(out, "Signature Validation: Signature is Valid."); got != n {
		t.Errorf("pdfsig finds %d valid signatures, want %d\n%s", got, n, out)
	}
}

// signature is one CMS and the bytes it covers.
type signature struct{ cms, content []byte }

var byteRange = regexp.MustCompile(`/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]`)

func signatures(t *testing.T, name string) []signature {
	t.Helper()
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var all []signature
	for _, m := range byteRange.FindAllSubmatch(file, -1) {
		var r [4]int
		for i := range r {
			if r[i], err = strconv.Atoi(string(m[i+1])); err != nil {
				t.Fatal(err)
			}
		}
		hexed := bytes.Trim(file[r[0]+r[1]:r[2]], "<>")
		cms := make([]byte, hex.DecodedLen(len(hexed)))
		if _, err := hex.Decode(cms, hexed); err != nil {
			t.Fatal(err)
		}
		all = append(all, signature{cms, append(bytes.Clone(file[r[0]:r[0]+r[1]]), file[r[2]:r[2]+r[3]]...)})
	}
	if len(all) == 0 {
		t.Fatalf("no ByteRange in %s", name)
	}
	return all
}

func opensslCAdES(t *testing.T, w *world, s signature) {
	t.Helper()
	dir := t.TempDir()
	cms, content := filepath.Join(dir, "sig.der"), filepath.Join(dir, "content")
	if err := os.WriteFile(cms, s.cms, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(content, s.content, 0o600); err != nil {
		t.Fatal(err)
	}
	out := testtool.Run(t, testtool.Need(t, "openssl"), "cms", "-verify", "-cades", "-binary", "-inform", "DER",
		"-in", cms, "-content", content, "-CAfile", w.anchor(t), "-purpose", "any", "-out", os.DevNull)
	if !strings.Contains(out, "CAdES Verification successful") {
		t.Errorf("openssl says: %s", out)
	}
}

// anchor is the root certificate of the demo PKI as PEM.
func (w *world) anchor(t *testing.T) string {
	t.Helper()
	return firstCertificate(t, w.trust())
}

// firstCertificate is a file with a certificate in a folder.
func firstCertificate(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		if text, err := os.ReadFile(name); err == nil && bytes.Contains(text, []byte("BEGIN CERTIFICATE")) {
			return name
		}
	}
	t.Fatalf("no PEM certificate in %s", dir)
	return ""
}

// pyhanko judges a B-LT file with its own change analysis and the PKI's live
// answers. Its ETSI algorithm (adesverify) is not used: it calls any OCSP answer
// without nextUpdate stale, and the responders here, like Estonia's, give none.
func pyhanko(t *testing.T, w *world, file string) {
	t.Helper()
	program := os.Getenv("PYHANKO")
	if program == "" {
		program = testtool.Need(t, "pyhanko")
	}
	out := testtool.Run(t, program, "sign", "validate", "--pretty-print", "--no-strict-syntax",
		"--trust", w.anchor(t), "--trust-replace", file)
	if strings.Count(out, "The signature is judged VALID.") != strings.Count(out, "Bottom line") {
		t.Errorf("pyHanko says: %s", out)
	}
}
