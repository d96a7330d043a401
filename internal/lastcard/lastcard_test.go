package lastcard_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/lastcard"
)

func TestRemembers(t *testing.T) {
	f := lastcard.File(filepath.Join(t.TempDir(), "deep", "last-card"))
	if f.Number() != "" {
		t.Error("a file that is not there has a number")
	}
	if err := f.Remember("AS0010001"); err != nil || f.Number() != "AS0010001" {
		t.Errorf("%q, %v", f.Number(), err)
	}
	if err := os.WriteFile(string(f), []byte(strings.Repeat("x", 65)), 0o600); err != nil || f.Number() != "" {
		t.Errorf("a long file is read: %q, %v", f.Number(), err)
	}
	if none := lastcard.File(""); none.Remember("x") != nil || none.Number() != "" {
		t.Error("no file remembers")
	}
}
