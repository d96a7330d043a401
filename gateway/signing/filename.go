package signing

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestName is how many bytes of a name are kept, as many as disks take.
const longestName = 255

// FileName is a document's name as its sender calls it, made safe to show:
// without folders, which some browsers send, and without signs that turn text
// around or cannot be seen. The joiners, which Persian and emoji need, are left.
func FileName(name string) string {
	name = strings.Map(func(r rune) rune {
		const nonJoiner, joiner = 0x200c, 0x200d
		switch {
		case r == nonJoiner, r == joiner:
			return r
		case r == utf8.RuneError, unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs):
			return -1
		}
		return r
	}, path.Base(strings.ReplaceAll(name, `\`, "/")))
	if name == "." || name == ".." || name == "/" {
		return ""
	}
	for len(name) > longestName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return name
}
