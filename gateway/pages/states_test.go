//go:build unix

package pages_test

import (
	"fmt"
	"testing"
	"time"

	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/pages/pagestest"
	"eidgate/gateway/web"
	"eidgate/internal/browsertest"
	"eidgate/internal/browsertest/axetest"
	"eidgate/internal/pinentry/pinentrytest"
	"eidgate/internal/testtool"
)

// states walks the page for signing through what it can show and calls look at
// each stop: files chosen, the control code shown, something wrong, signed.
func states(t *testing.T, w *pagestest.World, language string, look func(p *pagestest.Tab, state string)) {
	t.Helper()
	s := w.Script(t, pinentrytest.Yes, pinentrytest.Wait, pinentrytest.Yes, pinentrytest.PIN(w.Card.PIN2))
	p := w.Open(t, "/sign?lang="+language)
	p.Choose(pagestest.File(t, "leping 2026 계약서.pdf", contract()), pagestest.File(t, "joonis.svg", []byte("<svg/>")))
	look(p, "chosen")
	p.Click("#go")
	shown := s.Shown(t, 1)
	p.Wait(`!document.querySelector("#code").hidden`)
	look(p, "code")
	p.Click("#cancel")
	p.Wait(pagestest.Trouble)
	look(p, "trouble")
	p.Close()
	s.Gone(t, shown)
	p = w.Open(t, "/sign")
	p.Choose(pagestest.File(t, "leping.pdf", contract()))
	p.Click("#go")
	p.Wait(pagestest.Signed)
	look(p, "done")
	p.Close()
}

// The pages as they are while something happens, judged like those that rest.
func TestStatesAreAccessible(t *testing.T) {
	axe := axetest.Need(t)
	w := pagestest.New(t)
	for _, language := range web.Languages() {
		states(t, w, language, func(p *pagestest.Tab, state string) {
			t.Helper()
			for _, dark := range []bool{false, true} {
				browsertest.Look(t, p.Page, 1000, dark)
				axetest.Clean(t, axe, p.Page, fmt.Sprintf("sign, %s, in %s, dark %v", state, language, dark))
			}
			browsertest.Look(t, p.Page, 320, false)
			if !p.Is(`document.documentElement.scrollWidth <= innerWidth`) {
				t.Errorf("sign, %s, in %s is wider than the window", state, language)
			}
		})
	}
	browsertest.Visit(t, w.Open(t, "/").Page, w.URL+"/?lang=en")
	for _, path := range []string{"/api", "/nothing", "/login"} {
		p := pagestest.NewTab(t, w.Browser, w.URL+path)
		axetest.Clean(t, axe, p.Page, path)
		browsertest.Look(t, p.Page, 320, true)
		axetest.Clean(t, axe, p.Page, path+", narrow and dark")
		if !p.Is(`document.documentElement.scrollWidth <= innerWidth`) {
			t.Errorf("%s is wider than the window", path)
		}
	}
}

// The policy is the service's own, and what breaks it is heard of: the silence
// of the other tests means something.
func TestBrokenPolicyIsHeard(t *testing.T) {
	testtool.Need(t, "chromium")
	n := gatewaytest.Start(t, gatewaytest.Options{})
	browser := browsertest.Chromium(t, browsertest.Options{Home: t.TempDir()})
	p := pagestest.NewTab(t, browser, n.URL)
	for name, script := range map[string]string{
		"image":        `new Image().src = "https://elsewhere.invalid/x.png"`,
		"inline style": `document.body.setAttribute("style", "color: red")`,
		"markup":       `try { document.body.innerHTML = "<p>"; } catch { "refused"; }`,
		"exception":    `void setTimeout(() => { throw new Error("nobody caught this"); })`,
	} {
		before := len(browsertest.Complaints(t, browser))
		p.Run(script, nil)
		for deadline := time.Now().Add(pagestest.Patience); len(browsertest.Complaints(t, browser)) == before; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: nobody complains", name)
			}
		}
	}
}
