//go:build unix

package pages_test

import (
	"fmt"
	"testing"
	"time"

	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/web"
	"eidgate/internal/browsertest"
	"eidgate/internal/browsertest/axetest"
	"eidgate/internal/pinentry/pinentrytest"
	"eidgate/internal/testtool"
)

// states walks the page for signing through what it can show and calls look at
// each stop: files chosen, the control code shown, something wrong, signed.
func states(t *testing.T, w *world, language string, look func(p *tab, state string)) {
	t.Helper()
	s := w.script(t, pinentrytest.Yes, pinentrytest.Wait, pinentrytest.Yes, pinentrytest.PIN(w.Card.PIN2))
	p := w.open(t, "/sign?lang="+language)
	p.choose(file(t, "leping 2026 계약서.pdf", contract()), file(t, "joonis.svg", []byte("<svg/>")))
	look(p, "chosen")
	p.click("#go")
	shown := s.Shown(t, 1)
	p.wait(`!document.querySelector("#code").hidden`)
	look(p, "code")
	p.click("#cancel")
	p.wait(trouble)
	look(p, "trouble")
	p.Close(t)
	s.Gone(t, shown)
	p = w.open(t, "/sign")
	p.choose(file(t, "leping.pdf", contract()))
	p.click("#go")
	p.wait(signed)
	look(p, "done")
	p.Close(t)
}

// The pages as they are while something happens, judged like those that rest.
func TestStatesAreAccessible(t *testing.T) {
	axe := axetest.Need(t)
	w := newWorld(t)
	for _, language := range web.Languages() {
		states(t, w, language, func(p *tab, state string) {
			t.Helper()
			for _, dark := range []bool{false, true} {
				browsertest.Look(t, p.Page, 1000, dark)
				axetest.Clean(t, axe, p.Page, fmt.Sprintf("sign, %s, in %s, dark %v", state, language, dark))
			}
			browsertest.Look(t, p.Page, 320, false)
			if !p.is(`document.documentElement.scrollWidth <= innerWidth`) {
				t.Errorf("sign, %s, in %s is wider than the window", state, language)
			}
		})
	}
	browsertest.Visit(t, w.open(t, "/").Page, w.URL+"/?lang=en")
	for _, path := range []string{"/api", "/nothing", "/login"} {
		p := &tab{w.browser.Open(t, w.URL+path), t}
		axetest.Clean(t, axe, p.Page, path)
		browsertest.Look(t, p.Page, 320, true)
		axetest.Clean(t, axe, p.Page, path+", narrow and dark")
		if !p.is(`document.documentElement.scrollWidth <= innerWidth`) {
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
	p := &tab{browser.Open(t, n.URL), t}
	for name, script := range map[string]string{
		"image":        `new Image().src = "https://elsewhere.invalid/x.png"`,
		"inline style": `document.body.setAttribute("style", "color: red")`,
		"markup":       `try { document.body.innerHTML = "<p>"; } catch { "refused"; }`,
		"exception":    `void setTimeout(() => { throw new Error("nobody caught this"); })`,
	} {
		before := len(browsertest.Complaints(t, browser))
		p.eval(script, nil)
		for deadline := time.Now().Add(patience); len(browsertest.Complaints(t, browser)) == before; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: nobody complains", name)
			}
		}
	}
}
