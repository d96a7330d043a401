//go:build interop

package interop

import (
	"bytes"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/gateway/pages/pagestest"
	"eidgate/internal/pinentry/pinentrytest"
	"eidgate/internal/samplepdf"
)

func TestMain(m *testing.M) {
	pinentrytest.Main()
	os.Exit(m.Run())
}

// TestInteropPages lets the independent programs judge what a user signs with the
// card on the page and saves: a PDF, and a container that the browser put
// together from files that never left it.
func TestInteropPages(t *testing.T) {
	w := pagestest.New(t)
	judge := startDigidoc4j(t, w.World.URL("/tsa"), w.World.URL("/ocsp"), []*x509.Certificate{w.World.IssuingCA(), w.World.TSA()})
	sign := func(mode string, files ...string) string {
		t.Helper()
		w.Script(t, pinentrytest.Yes, pinentrytest.PIN(w.Card.PIN2))
		p := w.Open(t, "/sign")
		p.Click("#mode-" + mode)
		p.Choose(files...)
		p.Click("#go")
		p.Wait(pagestest.Signed)
		return w.Download(t, p)
	}
	accepted := func(path string) {
		t.Helper()
		if verdict, details := judge.ask(t, "validate", path); verdict != "ok" {
			t.Errorf("digidoc4j says %s of %s: %s", verdict, path, details)
		}
	}
	document := samplepdf.All(t, t.TempDir())[0]
	path := sign("upload", document.Path)
	pdfsig(t, path, 1)
	pyhanko(t, &world{dir: filepath.Dir(w.World.Dir)}, path)
	accepted(path)
	path = sign("digests", pagestest.File(t, "leping.txt", []byte("leping")), pagestest.File(t, "Õigused 한글.bin", bytes.Repeat([]byte("한"), 700_000)))
	if !strings.HasSuffix(path, ".asice") {
		t.Errorf("it is called %s", path)
	}
	accepted(path)
}
