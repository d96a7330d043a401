package zipfile

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Limits of a name.
const (
	maxName  = 1024 // bytes
	maxDepth = 32   // folders
)

// CheckName refuses names that lead out of the folder a container is unpacked
// in, that a system cannot hold, or that show as something else than they are.
func CheckName(name string) error {
	bad := func(why string) error { return fmt.Errorf("%w: %q %s", ErrName, name, why) }
	switch {
	case name == "" || len(name) > maxName:
		return bad("is empty or too long")
	case !utf8.ValidString(name):
		return bad("is not UTF-8")
	case strings.HasPrefix(name, "/"):
		return bad("begins with a slash")
	case strings.ContainsRune(name, '\\'):
		return bad("has a backslash")
	case len(name) > 1 && name[1] == ':':
		return bad("names a drive")
	}
	for _, r := range name {
		if unicode.IsControl(r) || hides(r) {
			return bad("has a control character")
		}
	}
	parts := strings.Split(strings.TrimSuffix(name, "/"), "/")
	if len(parts) > maxDepth {
		return bad("is too deep")
	}
	for _, part := range parts {
		if part == "" || part == "." || part == ".." {
			return bad("has an empty or relative part")
		}
	}
	return nil
}

// hides tells whether a character turns text around or cannot be seen: with
// them "exe.pdf" and "fdp.exe" look alike.
func hides(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200e || r == 0x200f || r == 0x2028 || r == 0x2029 || r == 0xfeff
}

// Key is equal for names that some file system takes for the same: whatever
// the case, the Unicode normal form, or dots and blanks at the end.
func Key(name string) string {
	folded := cases.Fold().String(norm.NFC.String(name))
	parts := strings.Split(norm.NFC.String(folded), "/")
	for i, p := range parts {
		parts[i] = strings.TrimRight(p, ". ")
	}
	return strings.Join(parts, "/")
}
