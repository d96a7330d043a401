package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

// The budgets of the pages: one stylesheet of 20 KB; modules of 10 KB as they
// are sent.
func TestBudgets(t *testing.T) {
	all, err := loadAssets()
	if err != nil {
		t.Fatal(err)
	}
	modules := 0
	for name, file := range all {
		switch {
		case name == "style.css" && len(file.body) > 20_000:
			t.Errorf("the stylesheet has %d bytes", len(file.body))
		case strings.HasSuffix(name, ".js"):
			modules += len(file.packed)
		}
	}
	t.Logf("modules: %d bytes as sent", modules)
	if modules > 10_000 {
		t.Errorf("the modules are %d bytes", modules)
	}
}

func TestAssetsAreServedForEver(t *testing.T) {
	all, err := loadAssets()
	if err != nil {
		t.Fatal(err)
	}
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	all.mount(router)
	for name, file := range all {
		for _, encoding := range []string{"", "br, gzip"} {
			r := httptest.NewRequest(http.MethodGet, file.url, nil)
			r.Header.Set("Accept-Encoding", encoding)
			w := httptest.NewRecorder()
			router.ServeHTTP(w, r)
			body := w.Body.Bytes()
			if w.Header().Get("Content-Encoding") == "gzip" {
				body = unpack(t, body)
			} else if encoding != "" {
				t.Errorf("%s was not packed", name)
			}
			if w.Code != http.StatusOK || !bytes.Equal(body, file.body) || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
				t.Errorf("%s: %d %v", name, w.Code, w.Header())
			}
		}
	}
	if kind := all["sign.js"].kind; !strings.HasPrefix(kind, "text/javascript") {
		t.Errorf("modules are %s", kind)
	}
	if text := string(all["sign.js"].body); strings.Contains(text, `from "./`) || !strings.Contains(text, all["zip.js"].url) {
		t.Error("sign.js does not import by the names with hashes")
	}
	if _, err := all.url("nothing.js"); err == nil {
		t.Error("a file that is not there has an address")
	}
}

func unpack(t *testing.T, packed []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := out.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
