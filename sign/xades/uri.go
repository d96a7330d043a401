package xades

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// EncodeURI is how a reference names a file of the container: its path with
// everything percent-encoded but what RFC 3986 §2.3 leaves unreserved.
func EncodeURI(name string) string {
	var b strings.Builder
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~/", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// DecodeURI gives the file a reference names. Queries, fragments and other
// schemes name none.
func DecodeURI(uri string) (string, error) {
	if strings.ContainsAny(uri, "?#") || strings.Contains(uri, "://") {
		return "", fmt.Errorf("%w: %q", ErrReferences, uri)
	}
	name, err := url.PathUnescape(uri)
	if err != nil || name == "" || !utf8.ValidString(name) {
		return "", fmt.Errorf("%w: %q", ErrReferences, uri)
	}
	return name, nil
}
