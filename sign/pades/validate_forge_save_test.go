package pades_test

import (
	"os"
	"path/filepath"
	"testing"
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
