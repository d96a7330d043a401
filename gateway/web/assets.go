package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"

	"github.com/gin-gonic/gin"
)

//go:embed static
var static embed.FS

// assetsPath is where static files are served.
const assetsPath = "/static/"

// asset is a static file as it is sent.
type asset struct {
	url  string
	kind string // media type
	body []byte

	packed []byte // body in gzip
}

// assets are the static files by their own names.
type assets map[string]*asset

// imported finds the modules that a module imports.
var imported = regexp.MustCompile(`from "\./([a-z0-9-]+\.js)"`)

func loadAssets() (assets, error) {
	names, err := fs.Glob(static, "static/*")
	if err != nil {
		return nil, err
	}
	all := make(assets)
	for _, name := range names {
		if err := all.load(path.Base(name), 0); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// load reads a file and, before it, the modules it imports: their names change
// with their content, and so must the importer's.
func (a assets) load(name string, depth int) error {
	if a[name] != nil {
		return nil
	}
	if depth > 8 {
		return fmt.Errorf("%s: modules import each other in a circle", name)
	}
	body, err := static.ReadFile("static/" + name)
	if err != nil {
		return fmt.Errorf("reading a static file: %w", err)
	}
	text := string(body)
	for _, m := range imported.FindAllStringSubmatch(text, -1) {
		if err := a.load(m[1], depth+1); err != nil {
			return err
		}
		text = strings.ReplaceAll(text, `"./`+m[1]+`"`, `"`+a[m[1]].url+`"`)
	}
	sum := sha256.Sum256([]byte(text))
	extension := path.Ext(name)
	packed, err := pack(text)
	if err != nil {
		return err
	}
	a[name] = &asset{
		url:  assetsPath + strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:8]) + extension,
		kind: kinds()[extension], body: []byte(text), packed: packed,
	}
	return nil
}

// kinds are media types; the machine's own list may say otherwise.
func kinds() map[string]string {
	return map[string]string{
		".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	}
}

func pack(text string) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write([]byte(text)); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// url gives the address of a file, for templates.
func (a assets) url(name string) (string, error) {
	if a[name] == nil {
		return "", fmt.Errorf("there is no static file %s", name)
	}
	return a[name].url, nil
}

// mount serves every file at its address.
func (a assets) mount(router gin.IRouter) {
	for _, file := range a {
		serve := func(c *gin.Context) {
			c.Header("Cache-Control", "public, max-age=31536000, immutable")
			c.Header("Vary", "Accept-Encoding")
			if !strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
				c.Data(http.StatusOK, file.kind, file.body)
				return
			}
			c.Header("Content-Encoding", "gzip")
			c.Data(http.StatusOK, file.kind, file.packed)
		}
		router.GET(file.url, serve)
		router.HEAD(file.url, serve)
	}
}
