package asic_test

import (
	"bytes"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"eidgate/internal/testtool"
	"eidgate/sign"
	"eidgate/sign/asic"
	"eidgate/sign/internal/testpki"
)

// unpack writes the files of a container into a folder.
func unpack(t testing.TB, container []byte) string {
	t.Helper()
	dir := t.TempDir()
	for _, p := range open(t, container).parts {
		name := filepath.Join(dir, filepath.FromSlash(p.name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, p.content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestOpenSSLJudgesCAdES lets openssl verify the CMS over the list of files, at
// every level.
func TestOpenSSLJudgesCAdES(t *testing.T) {
	openssl := testtool.Need(t, "openssl")
	w := testpki.New(t)
	signer := w.Card("P-384")
	for _, level := range []sign.Level{sign.LevelB, sign.LevelT, sign.LevelLT, sign.LevelLTA} {
		t.Run(level.String(), func(t *testing.T) {
			o := at(w, signer, level)
			o.CAdES = true
			dir := unpack(t, signFiles(t, signer, files(), o))
			root := filepath.Join(dir, "root.pem")
			if err := os.WriteFile(root, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.Root.Cert.Raw}), 0o600); err != nil {
				t.Fatal(err)
			}
			testtool.Run(t, openssl, "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", filepath.Join(dir, cmsName),
				"-content", filepath.Join(dir, cmsList), "-CAfile", root, "-purpose", "any", "-attime", "1780315200", "-out", os.DevNull)
		})
	}
}

// TestXMLSec1JudgesXAdES lets xmlsec1 verify each XML signature, for every key.
func TestXMLSec1JudgesXAdES(t *testing.T) {
	xmlsec1 := testtool.Need(t, "xmlsec1")
	w := testpki.New(t)
	for _, kind := range []string{"P-256", "P-384", "P-521", "RSA"} {
		t.Run(kind, func(t *testing.T) {
			signer := w.Card(kind)
			dir := unpack(t, signFiles(t, signer, files()[:1], at(w, signer, sign.LevelLTA)))
			c := exec.Command(xmlsec1, "--verify", "--id-attr:Id", "SignedProperties", "--enabled-key-data", "x509", "--insecure",
				filepath.FromSlash(sigName))
			c.Dir = dir
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestReadsExchangeContainers opens containers that X-Road makes: another ZIP
// writer's. Their signatures are for the exchange room, and refused here.
func TestReadsExchangeContainers(t *testing.T) {
	found, err := filepath.Glob(filepath.Join(testtool.Shared(t, "xroad"), "*.asice"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no containers: %v", err)
	}
	w := testpki.New(t)
	for _, name := range found {
		t.Run(filepath.Base(name), func(t *testing.T) {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			c, err := asic.Open(bytes.NewReader(b), int64(len(b)))
			if err != nil || c.Kind != asic.ASiCE || len(c.Files()) == 0 {
				t.Fatalf("%v", err)
			}
			report, err := asic.Validate(t.Context(), bytes.NewReader(b), int64(len(b)), w.Trust(false))
			if err != nil || report.Valid() {
				t.Errorf("%v %+v", err, report)
			}
		})
	}
}
