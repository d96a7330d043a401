//go:build unix

package pages_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"eidgate/card/sim"
	"eidgate/gateway/gatewaytest"
	"eidgate/internal/browsertest"
	"eidgate/internal/browsertest/agenttest"
	"eidgate/internal/pinentry/pinentrytest"
	"eidgate/internal/testtool"
	"eidgate/internal/vreader"
	"eidgate/internal/vreader/vreadertest"
)

func TestMain(m *testing.M) {
	pinentrytest.Main()
	os.Exit(m.Run())
}

// patience is how long a page may take for a step.
const patience = time.Minute

// world is a gateway, and a user: a real Chromium with the extension and the
// real eid-agent, a card in a reader of a real PC/SC daemon, a folder for
// downloads, and a script of what the user answers to dialogs.
type world struct {
	*gatewaytest.Node
	home, id, downloads string
	reader              *vreader.Host
	browser             browsertest.Browser
}

func newWorld(t *testing.T) *world {
	t.Helper()
	testtool.Need(t, "chromium")
	vreadertest.Require(t)
	w := &world{Node: gatewaytest.Start(t, gatewaytest.Options{}), home: t.TempDir(), downloads: t.TempDir()}
	card, err := sim.New(w.Card)
	if err != nil {
		t.Fatal(err)
	}
	w.reader = vreadertest.Start(t, vreader.Config{})
	if err := w.reader.Insert(context.Background(), 0, card); err != nil {
		t.Fatal(err)
	}
	extension := agenttest.Extension(t)
	w.id = agenttest.ChromiumID(t, extension)
	w.script(t)
	agenttest.Install(t, w.home, "chromium")
	w.browser = browsertest.Chromium(t, browsertest.Options{
		Home: w.home, Extension: extension, Environment: []string{w.reader.Environment()},
	})
	browsertest.Downloads(t, w.browser, w.downloads)
	t.Cleanup(func() {
		for _, complaint := range browsertest.Complaints(t, w.browser) {
			t.Errorf("the browser complains: %s", complaint)
		}
	})
	return w
}

// script makes a user who answers dialogs like this.
func (w *world) script(t *testing.T, answers ...pinentrytest.Answer) *pinentrytest.Script {
	t.Helper()
	return agenttest.Script(t, w.home, w.id, answers...)
}

// tab is a page and what a user does with it.
type tab struct {
	browsertest.Page
	t *testing.T
}

// open opens a page in which the extension answers: the first pages of a browser
// that still loads it have none.
func (w *world) open(t *testing.T, path string) *tab {
	t.Helper()
	const status = `new Promise((done) => {
		setTimeout(done, 3000, false);
		addEventListener("message", (e) => { if (e.data?.action === "web-eid:status-success") done(true); });
		postMessage({action: "web-eid:status", libraryVersion: "2.0.2"}, location.origin);
	})`
	for range 10 {
		p := &tab{w.browser.Open(t, w.URL+path), t}
		if p.is(status) {
			return p
		}
		p.Close(t)
	}
	t.Fatal("the extension does not answer")
	return nil
}

func (p *tab) eval(script string, value any) {
	p.t.Helper()
	if err := p.Eval(script, value); err != nil {
		p.t.Fatal(err)
	}
}

func (p *tab) is(script string) bool {
	p.t.Helper()
	var yes bool
	p.eval(script, &yes)
	return yes
}

func (p *tab) text(selector string) string {
	p.t.Helper()
	var text string
	quoted, _ := json.Marshal(selector)
	p.eval(`document.querySelector(`+string(quoted)+`)?.textContent.trim() ?? ""`, &text)
	return text
}

func (p *tab) click(selector string) {
	p.t.Helper()
	quoted, _ := json.Marshal(selector)
	p.eval(`document.querySelector(`+string(quoted)+`).click()`, nil)
}

// wait waits until a condition holds, and tells what the page shows when it
// never does.
func (p *tab) wait(condition string) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var yes bool
		if err := p.Eval("!!("+condition+")", &yes); err == nil && yes {
			return
		}
	}
	p.t.Fatalf("waiting for %s; the page shows:\n%s", condition, p.text("main"))
}

const (
	signed  = `!document.querySelector("#done").hidden`
	trouble = `!document.querySelector("#trouble").hidden`
	ready   = `!document.querySelector("#go").disabled`
)

// choose chooses files on the page for signing and waits until it knows them.
func (p *tab) choose(files ...string) {
	p.t.Helper()
	browsertest.Choose(p.t, p.Page, "#files", files...)
	p.wait(ready)
}

// file makes a file to sign.
func file(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// download presses the link and waits for the file.
func (w *world) download(t *testing.T, p *tab, name string) string {
	t.Helper()
	path := filepath.Join(w.downloads, name)
	_ = os.Remove(path) // of another test
	p.click("#download")
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return path
		}
	}
	found, _ := filepath.Glob(filepath.Join(w.downloads, "*"))
	t.Fatalf("%s was not downloaded; there are %v", name, found)
	return ""
}
