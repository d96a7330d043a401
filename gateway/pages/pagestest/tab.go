//go:build unix

package pagestest

import (
	"encoding/json"
	"testing"
	"time"

	"eidgate/internal/browsertest"
)

// Patience is how long a page may take for a step.
const Patience = time.Minute

// Conditions to wait for on the page for signing.
const (
	Signed  = `!document.querySelector("#done").hidden`
	Trouble = `!document.querySelector("#trouble").hidden`
	Ready   = `!document.querySelector("#go").disabled`
)

// Tab is a page and what a user does with it. Its methods end the test when the
// page does not do its part.
type Tab struct {
	browsertest.Page
	t testing.TB
}

// NewTab opens a page.
func NewTab(t testing.TB, b browsertest.Browser, url string) *Tab {
	t.Helper()
	return &Tab{b.Open(t, url), t}
}

// Close closes it.
func (p *Tab) Close() {
	p.t.Helper()
	p.Page.Close(p.t)
}

// Run runs a script and decodes its value.
func (p *Tab) Run(script string, value any) {
	p.t.Helper()
	if err := p.Eval(script, value); err != nil {
		p.t.Fatal(err)
	}
}

// Is tells whether a condition holds.
func (p *Tab) Is(condition string) bool {
	p.t.Helper()
	var yes bool
	p.Run(condition, &yes)
	return yes
}

// Text is the text of an element, or nothing.
func (p *Tab) Text(selector string) string {
	p.t.Helper()
	var text string
	p.Run(`document.querySelector(`+quote(selector)+`)?.textContent.trim() ?? ""`, &text)
	return text
}

// Click presses an element.
func (p *Tab) Click(selector string) {
	p.t.Helper()
	p.Run(`document.querySelector(`+quote(selector)+`).click()`, nil)
}

// Wait waits until a condition holds, and tells what the page shows when it
// never does.
func (p *Tab) Wait(condition string) {
	p.t.Helper()
	for deadline := time.Now().Add(Patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var yes bool
		if err := p.Eval("!!("+condition+")", &yes); err == nil && yes {
			return
		}
	}
	p.t.Fatalf("waiting for %s; the page shows:\n%s", condition, p.Text("main"))
}

// Choose chooses files on the page for signing and waits until it knows them.
func (p *Tab) Choose(files ...string) {
	p.t.Helper()
	browsertest.Choose(p.t, p.Page, "#files", files...)
	p.Wait(Ready)
}

// DownloadName is the name the page gives what was signed.
func (p *Tab) DownloadName() string {
	p.t.Helper()
	var name string
	p.Run(`document.querySelector("#download").download`, &name)
	return name
}

func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		return `""` // a string always has a JSON form
	}
	return string(text)
}
