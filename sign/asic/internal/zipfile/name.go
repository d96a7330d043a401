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
	case strings.Contains(name, ":$"):
		return bad("names a stream of a file") // "a.txt::$DATA" is a.txt on NTFS
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
// them "exe.pdf" and "fdp.exe" look alike. The joiners, which Persian and emoji
// need, are left.
func hides(r rune) bool {
	const joiner, nonJoiner = 0x200d, 0x200c
	switch {
	case r == joiner || r == nonJoiner || unicode.Is(unicode.Prepended_Concatenation_Mark, r):
		return false
	case unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp):
		return true
	}
	return ignored(r) && !unicode.Is(unicode.Variation_Selector, r)
}

// ignored tells whether a character shows nothing and is no control: joiners,
// variation selectors and fillers.
func ignored(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// Key is equal for names that some system takes for the same, or shows as the
// same: whatever the case, the Unicode normal form, characters that show
// nothing, dots and blanks at the end, and characters that Windows does not
// have in names, which programs replace.
func Key(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case ignored(r):
			return -1
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		}
		return r
	}, name)
	folded := cases.Fold().String(norm.NFC.String(name))
	parts := strings.Split(norm.NFC.String(folded), "/")
	for i, p := range parts {
		parts[i] = strings.TrimRight(p, ". ")
	}
	return strings.Join(parts, "/")
}
