//go:build unix

// Package pagestest is a gateway and its user in a test: a real Chromium with the
// test extension and the real eid-agent, a card in a reader of a real PC/SC
// daemon, and a script of what the user answers to dialogs. The test's TestMain
// calls pinentrytest.Main.
//
//	w := pagestest.New(t)
//	w.Script(t, pinentrytest.Yes, pinentrytest.PIN(w.Card.PIN2))
//	p := w.Open(t, "/sign")
//	p.Choose(pagestest.File(t, "a.txt", content))
//	p.Click("#go")
//	p.Wait(pagestest.Signed)
//	path := w.Download(t, p)
package pagestest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eidgate/card/sim"
	"eidgate/gateway"
	"eidgate/gateway/gatewaytest"
	"eidgate/internal/browsertest"
	"eidgate/internal/browsertest/agenttest"
	"eidgate/internal/persofile"
	"eidgate/internal/pinentry/pinentrytest"
	"eidgate/internal/testtool"
	"eidgate/internal/vreader"
	"eidgate/internal/vreader/vreadertest"
)

// World is the gateway and the user.
type World struct {
	*gatewaytest.Node
	Browser browsertest.Browser
	// Extension is the extension's folder.
	Extension string

	home, id, downloads string
	reader              *vreader.Host
}

// New starts everything; it ends with the test. What the browser holds against
// a page fails the test.
func New(t *testing.T) *World {
	t.Helper()
	testtool.Need(t, "chromium")
	vreadertest.Require(t)
	w := &World{
		Node: gatewaytest.Start(t, gatewaytest.Options{Config: asPeople}), Extension: agenttest.Extension(t),
		home: t.TempDir(), downloads: t.TempDir(), reader: vreadertest.Start(t, vreader.Config{}),
	}
	w.Insert(t, w.Card)
	w.id = agenttest.ChromiumID(t, w.Extension)
	w.Script(t)
	agenttest.Install(t, w.home, "chromium")
	w.Browser = browsertest.Chromium(t, browsertest.Options{
		Home: w.home, Extension: w.Extension, Environment: []string{w.reader.Environment()},
	})
	browsertest.Downloads(t, w.Browser, w.downloads)
	t.Cleanup(func() {
		for _, complaint := range browsertest.Complaints(t, w.Browser) {
			t.Errorf("the browser complains: %s", complaint)
		}
		w.discreet(t)
	})
	return w
}

// discreet sees that the log of everything the browser did names nobody: neither
// the card's person nor the invented ones, nor a file, nor a PIN.
func (w *World) discreet(t *testing.T) {
	t.Helper()
	log := strings.ToLower(w.Log.String())
	for _, secret := range []string{
		w.Card.PersonalCode, w.Card.Surname, w.Card.GivenNames, w.Card.DocumentNumber, `"` + w.Card.PIN1, `"` + w.Card.PIN2,
		"38001085718", "jõeorg", "mary änn", ".pdf", ".asice", "leping", `"127.0.0.1`, // as a value: the browser, not a service that was away
	} {
		if at := strings.Index(log, strings.ToLower(secret)); at >= 0 {
			t.Errorf("the log holds %q: %s", secret, log[max(0, at-200):min(len(log), at+100)])
		}
	}
}

// asPeople counts clients as a service does: no page may ask more often than
// people are allowed to.
func asPeople(c *gateway.Config) { c.Clients.Unlimited = false }

// Script makes a user who answers dialogs like this, from now on.
func (w *World) Script(t *testing.T, answers ...pinentrytest.Answer) *pinentrytest.Script {
	t.Helper()
	return agenttest.Script(t, w.home, w.id, answers...)
}

// Insert puts a card into the reader.
func (w *World) Insert(t *testing.T, file *persofile.File) {
	t.Helper()
	card, err := sim.New(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.reader.Insert(context.Background(), 0, card); err != nil {
		t.Fatal(err)
	}
}

// Remove takes the card out.
func (w *World) Remove(t *testing.T) {
	t.Helper()
	if err := w.reader.Remove(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
}

// Open opens a page in which the extension answers: the first pages of a browser
// that still loads it have none.
func (w *World) Open(t *testing.T, path string) *Tab {
	t.Helper()
	const status = `new Promise((done) => {
		setTimeout(done, 3000, false);
		addEventListener("message", (e) => { if (e.data?.action === "web-eid:status-success") done(true); });
		postMessage({action: "web-eid:status", libraryVersion: "2.0.2"}, location.origin);
	})`
	for range 10 {
		p := NewTab(t, w.Browser, w.URL+path)
		if p.Is(status) {
			return p
		}
		p.Close()
	}
	t.Fatal("the extension does not answer")
	return nil
}

// Download presses the link of a page that has signed and waits for the file.
func (w *World) Download(t *testing.T, p *Tab) string {
	t.Helper()
	path := filepath.Join(w.downloads, p.DownloadName())
	_ = os.Remove(path) // of another download
	p.Click("#download")
	for deadline := time.Now().Add(Patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			return path
		}
	}
	found, _ := filepath.Glob(filepath.Join(w.downloads, "*"))
	t.Fatalf("%s was not downloaded; there are %v", path, found)
	return ""
}

// File makes a file to choose.
func File(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
