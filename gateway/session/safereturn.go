package session

import (
	"net/url"
	"strings"
)

// maxReturn is the longest path that is returned to, in bytes.
const maxReturn = 2048

// SafeReturn is a path of this site to go to after a login: path itself, or "/"
// when a browser could take it for an address elsewhere.
func SafeReturn(path string) string {
	const home = "/"
	if len(path) > maxReturn || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") ||
		strings.ContainsFunc(path, unsafeInReturn) || strings.HasPrefix(path, "/auth/") {
		return home
	}
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return home
	}
	return path
}

// unsafeInReturn: browsers drop control characters and take a backslash for a
// slash (WHATWG URL, "relative slash state").
func unsafeInReturn(r rune) bool { return r < 0x20 || r == 0x7f || r == '\\' }
