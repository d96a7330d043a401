//go:build unix && screenshots

package pages_test

import (
	"path/filepath"
	"testing"

	"eidgate/gateway/pages/pagestest"
	"eidgate/internal/browsertest"
	"eidgate/internal/testtool"
)

// TestScreenshots makes the pictures of signing in docs/screenshots:
//
//	go test -tags screenshots -run TestScreenshots ./gateway/web ./gateway/pages
func TestScreenshots(t *testing.T) {
	w := pagestest.New(t)
	for _, shot := range []struct {
		language, state, name string
		width                 int
		dark                  bool
	}{
		{"en", "code", "sign-en", 1000, false},
		{"ko", "code", "sign-ko-dark", 1000, true},
		{"et", "chosen", "sign-et-narrow", 360, false},
		{"en", "trouble", "sign-trouble-en", 1000, false},
		{"et", "done", "sign-done-et", 1000, false},
	} {
		states(t, w, shot.language, func(p *pagestest.Tab, state string) {
			if state == shot.state {
				browsertest.Look(t, p.Page, shot.width, shot.dark)
				browsertest.Picture(t, p.Page, filepath.Join(testtool.Root(t), "docs", "screenshots", shot.name+".png"))
			}
		})
	}
}
