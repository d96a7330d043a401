//go:build unix && screenshots

package web_test

import (
	"os"
	"path/filepath"
	"testing"

	"eidgate/internal/browsertest"
	"eidgate/internal/testtool"
)

// TestScreenshots makes the pictures of pages in docs/screenshots:
//
//	go test -tags screenshots -run TestScreenshots ./gateway/web
//
// It needs chromium and a Korean font (Debian's fonts-nanum). The pictures of
// signing are made in gateway/pages.
func TestScreenshots(t *testing.T) {
	s := serve(t)
	dir := filepath.Join(testtool.Root(t), "docs", "screenshots")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	browser := browsertest.Chromium(t, browsertest.Options{Home: t.TempDir()})
	for _, shot := range []struct {
		page, language, name string
		width                int
		dark                 bool
	}{
		{"home", "en", "home-en", 1000, false},
		{"home", "ko", "home-ko-dark", 1000, true},
		{"home", "et", "home-et-narrow", 320, false},
		{"login", "et", "login-et", 1000, false},
		{"account", "en", "account-en", 1000, false},
		{"validate", "ko", "validate-ko", 1000, false},
		{"report-valid", "en", "report-valid-en", 1000, false},
		{"report-valid", "ko", "report-valid-ko-narrow", 360, true},
		{"report-failed", "et", "report-failed-et-dark", 1000, true},
		{"problem", "en", "problem-en", 1000, false},
		{"usage", "en", "usage-en", 1000, false},
		{"event-changed", "ko", "event-changed-ko", 1000, false},
		{"review", "en", "review-en", 1000, false},
		{"review", "et", "review-et-narrow", 360, true},
		{"consent", "en", "consent-en", 1000, false},
	} {
		page := browser.Open(t, s.url("/"+shot.page+"?lang="+shot.language))
		browsertest.Look(t, page, shot.width, shot.dark)
		browsertest.Picture(t, page, filepath.Join(dir, shot.name+".png"))
		page.Close(t)
	}
}
