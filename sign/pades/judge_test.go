package pades_test

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"eidgate/internal/testtool"
)

// judge asks qpdf, pdfsig, mutool and openssl about a file with n signatures
// of which the last covers the whole file.
func judge(t testing.TB, ca *authority, path string, n int) {
	t.Helper()
	testtool.Run(t, testtool.Need(t, "qpdf"), "--check", path)
	pdfsig(t, path, n)
	testtool.Run(t, testtool.Need(t, "mutool"), "info", path)
	signatures := signaturesOf(t, path)
	if len(signatures) != n {
		t.Errorf("%d signatures in the file, want %d", len(signatures), n)
	}
	for _, s := range signatures {
		openssl(t, ca, s)
	}
}

func pdfsig(t testing.TB, path string, n int) string {
	t.Helper()
	out := testtool.Run(t, testtool.Need(t, "pdfsig"), "-nocert", path)
	if got := strings.Count(out, "Signature Validation: Signature is Valid."); got != n {
		t.Errorf("pdfsig finds %d valid signatures, want %d\n%s", got, n, out)
	}
	return out
}

// covered is one signature and the bytes it covers.
type covered struct{ message, content []byte }

var byteRange = regexp.MustCompile(`/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]`)

func signaturesOf(t testing.TB, path string) []covered {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []covered
	for _, m := range byteRange.FindAllSubmatch(file, -1) {
		var r [4]int
		for i := range r {
			if r[i], err = strconv.Atoi(string(m[i+1])); err != nil {
				t.Fatal(err)
			}
		}
		padded := make([]byte, (r[2]-r[1]-2)/2)
		if _, err := hex.Decode(padded, file[r[1]+1:r[2]-1]); err != nil {
			t.Fatal(err)
		}
		var message asn1.RawValue
		if _, err := asn1.Unmarshal(padded, &message); err != nil {
			t.Fatal(err)
		}
		content := append(bytes.Clone(file[:r[1]]), file[r[2]:r[2]+r[3]]...)
		all = append(all, covered{message.FullBytes, content})
	}
	return all
}

func openssl(t testing.TB, ca *authority, s covered) {
	t.Helper()
	dir := t.TempDir()
	message, content, anchor := filepath.Join(dir, "sig.der"), filepath.Join(dir, "content"), filepath.Join(dir, "root.pem")
	for name, b := range map[string][]byte{message: s.message, content: s.content, anchor: ca.rootPEM()} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := testtool.Run(t, testtool.Need(t, "openssl"), "cms", "-verify", "-cades", "-binary", "-inform", "DER",
		"-in", message, "-content", content, "-CAfile", anchor, "-purpose", "any",
		"-attime", strconv.FormatInt(now.Unix(), 10), "-out", os.DevNull)
	if !strings.Contains(out, "CAdES Verification successful") {
		t.Errorf("openssl says: %s", out)
	}
}
