package pades_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"eidgate/internal/samplepdf"
	"eidgate/internal/testtool"
)

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// signedBytes is a file that is signed already, at level T.
func signedBytes(t testing.TB, ca *authority) []byte {
	t.Helper()
	path, _ := signFile(t, firstSample(t), ca.ec384, ca.levelT())
	return read(t, path)
}

// encrypted is a PDF with AES-128 and no user password.
func encrypted(t testing.TB) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "aes.pdf")
	testtool.Run(t, testtool.Need(t, "qpdf"), "--allow-weak-crypto", "--encrypt", "", "owner", "128", "--use-aes=y", "--", firstSample(t), out)
	return read(t, out)
}

// large is a sound PDF with a stream of size bytes.
func large(size int) []byte {
	var b bytes.Buffer
	b.Grow(size + 1000)
	b.WriteString("<< /Length ")
	b.WriteString(strconv.Itoa(size))
	b.WriteString(" >>\nstream\n")
	b.WriteString(strings.Repeat("x", size))
	b.WriteString("\nendstream")
	return samplepdf.Write("1.7", "/Root 1 0 R", "%%EOF\n",
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>", b.String())
}
