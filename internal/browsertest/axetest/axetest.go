//go:build unix

// Package axetest lets axe-core judge pages in a real Chromium: WCAG 2.2 at
// levels A and AA.
package axetest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eidgate/internal/browsertest"
	"eidgate/internal/testtool"
)

// Folder is where make puts axe-core, below the root of the repository.
const Folder = ".tools/axe-core-4.14.1"

// Need gives axe's source. Where it is missing the test is skipped, and fails
// when CI is set.
func Need(t testing.TB) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(testtool.Root(t), filepath.FromSlash(Folder), "axe.min.js"))
	if err == nil {
		return string(source)
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("axe-core is not there; make test gets it from npm: %v", err)
	}
	t.Skipf("axe-core is not there; make test gets it from npm: %v", err)
	return ""
}

// run judges the page by the rules of the levels and gives what is wrong in
// lines. It runs outside the page's own scripts, so no policy of the page's
// stands in the way.
const run = `;axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"]})
	.then((r) => r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + v.help + ": " + n.target + ": " + n.failureSummary)))`

// Judge gives what axe finds wrong with a page.
func Judge(t testing.TB, source string, page browsertest.Page) []string {
	t.Helper()
	var raw json.RawMessage
	if err := page.Eval(source+run, &raw); err != nil {
		t.Fatal(err)
	}
	var found []string
	if err := json.Unmarshal(raw, &found); err != nil {
		t.Fatal(err)
	}
	return found
}

// Clean fails the test when axe finds something.
func Clean(t testing.TB, source string, page browsertest.Page, name string) {
	t.Helper()
	if found := Judge(t, source, page); len(found) > 0 {
		t.Error(fmt.Sprintf("%s: axe finds\n", name) + strings.Join(found, "\n"))
	}
}
