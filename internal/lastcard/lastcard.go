// Package lastcard remembers which of several cards was chosen last time, in a
// file that eid and eid-agent share.
package lastcard

import (
	"os"
	"path/filepath"
	"strings"
)

// File holds the document number of the card chosen last time among several. An
// empty name remembers nothing.
type File string

// maxNumber is longer than any document number.
const maxNumber = 64

// Default is the user's own file; empty where there is no folder for it.
func Default() File {
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return File(filepath.Join(dir, "eid", "last-card"))
}

// Number is the document number, or empty.
func (f File) Number() string {
	if f == "" {
		return ""
	}
	b, err := os.ReadFile(string(f))
	if err != nil || len(b) > maxNumber {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// Remember keeps a document number.
func (f File) Remember(number string) error {
	if f == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(string(f)), 0o700); err != nil {
		return err
	}
	return os.WriteFile(string(f), []byte(number+"\n"), 0o600)
}
