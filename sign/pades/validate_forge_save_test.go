package pades_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"eidgate/internal/fault"
	"eidgate/sign/pades"
)

// forgeries is the folder named by FORGERIES, where the forged documents are
// left for other programs to look at; empty when none is named.
func forgeries() string { return os.Getenv("FORGERIES") }

func writeForgery(t *testing.T, dir, name string, doc []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), doc, 0o600); err != nil {
		t.Fatal(err)
	}
}

// wantRefused wants the first signature, or the whole document, refused with a
// code; no code at all wants a valid document.
func wantRefused(t *testing.T, o *office, doc []byte, code string) {
	t.Helper()
	save(t, doc)
	r, err := pades.Validate(t.Context(), bytes.NewReader(doc), int64(len(doc)), o.Trust(true))
	switch {
	case err != nil:
		if fault.CodeOf(err) != code {
			t.Errorf("want %q: %v", code, err)
		}
	case len(r.Signatures) == 0 || r.Signatures[0].Code != code || r.Valid() != (code == ""):
		t.Errorf("want %q\n%s", code, r.Text())
	}
}
