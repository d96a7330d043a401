package web_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/browsertest"
	"eidgate/internal/testtool"
)

// TestPrintedReport: a report on paper is dark on light whatever the screen is,
// says that it comes from a sandbox, and has what was checked, which the screen
// folds away; it has nothing to press.
func TestPrintedReport(t *testing.T) {
	testtool.Need(t, "chromium")
	pdftotext := testtool.Need(t, "pdftotext")
	s := serve(t)
	browser := browsertest.Chromium(t, browsertest.Options{Home: t.TempDir()})
	page := browser.Open(t, s.url("/report-failed?lang=en&theme=dark"))
	browsertest.Loaded(t, page)
	tools, ok := page.(interface {
		DevTools(method string, params, result any) error
	})
	if !ok {
		t.Fatal("the page has no developer tools")
	}
	var printed struct{ Data string }
	if err := tools.DevTools("Page.printToPDF", map[string]any{}, &printed); err != nil {
		t.Fatal(err)
	}
	pdf, err := base64.StdEncoding.DecodeString(printed.Data)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "report.pdf")
	if err := os.WriteFile(name, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	testtool.Run(t, pdftotext, name, name+".txt")
	text, err := os.ReadFile(name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	for says, wanted := range map[string]bool{
		"Sandbox.": true, "Not valid": true, "The signed bytes were changed.": true, "leping.pdf": true, "Log in": false, "Check another document": false,
	} {
		if strings.Contains(string(text), says) != wanted {
			t.Errorf("%q is on paper: %v\n%s", says, !wanted, text)
		}
	}
	if err := tools.DevTools("Emulation.setEmulatedMedia", map[string]any{"media": "print"}, nil); err != nil {
		t.Fatal(err)
	}
	var ink string
	if err := page.Eval("getComputedStyle(document.body).color", &ink); err != nil || ink != "rgb(34, 29, 43)" {
		t.Errorf("the ink is %s, %v", ink, err)
	}
}
