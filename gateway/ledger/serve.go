package ledger

import (
	"net/http"
	"os"
	"path"
	"regexp"
	"strings"
)

// public is what the tile folder shows: the checkpoint and tiles of C2SP
// tlog-tiles, and nothing of what Tessera keeps between them.
var public = regexp.MustCompile(`^/(checkpoint|tile/(?:entries|[0-5]?[0-9]|6[0-3])(?:/x[0-9]{3})*/[0-9]{3}(?:\.p/[0-9]{1,3})?)$`)

// Handler serves the ledger to auditors and witnesses: the signed checkpoint
// and the tiles, which hold no personal data. It ends with an error when the
// tile folder cannot be opened.
func (l *Log) Handler() (http.Handler, error) {
	root, err := os.OpenRoot(l.tiles.folder)
	if err != nil {
		return nil, err
	}
	files := http.FileServerFS(root.FS())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !public.MatchString(r.URL.Path) || path.Clean(r.URL.Path) != r.URL.Path {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Header().Set("Content-Type", "application/octet-stream")
		if strings.HasSuffix(r.URL.Path, "/checkpoint") {
			w.Header().Set("Cache-Control", "no-cache")
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		}
		files.ServeHTTP(w, r)
	}), nil
}
