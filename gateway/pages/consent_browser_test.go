//go:build unix

package pages_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/pages/pagestest"
	"eidgate/gateway/web"
	"eidgate/internal/browsertest"
	"eidgate/internal/browsertest/axetest"
	"eidgate/internal/testtool"
)

// A person comes from the company's site, logs in, chooses, and goes back there,
// in a real browser whose policy stops nothing of it.
func TestConsentInBrowser(t *testing.T) {
	testtool.Need(t, "chromium")
	axe := axetest.Need(t)
	var page string // where the company's site sends its customer
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path == "/" {
			_, _ = fmt.Fprintf(w, `<!DOCTYPE html><link rel="icon" href="data:,"><a id="go" href="%s">Identify</a>`, page)
			return
		}
		_, _ = io.WriteString(w, `<!DOCTYPE html><link rel="icon" href="data:,"><p id="back">Welcome back</p>`)
	}))
	t.Cleanup(site.Close)
	n := gatewaytest.Start(t, gatewaytest.Options{})
	company := startup(t, n, "", site.URL)
	session := begin(t, company, site.URL+"/done")
	page = session.URL
	browser := browsertest.Chromium(t, browsertest.Options{Home: t.TempDir()})
	p := pagestest.NewTab(t, browser, site.URL+"/")
	p.Click("#go")
	p.Wait(`location.pathname.startsWith("/verify/") && document.readyState === "complete"`)
	look := func(state string) {
		t.Helper()
		for _, language := range web.Languages() {
			browsertest.Visit(t, p.Page, session.URL+"?lang="+language)
			for _, dark := range []bool{false, true} {
				browsertest.Look(t, p.Page, 1000, dark)
				axetest.Clean(t, axe, p.Page, fmt.Sprintf("consent, %s, in %s, dark %v", state, language, dark))
			}
			browsertest.Look(t, p.Page, 320, false)
			if !p.Is(`document.documentElement.scrollWidth <= innerWidth`) {
				t.Errorf("consent, %s, in %s is wider than the window", state, language)
			}
		}
		browsertest.Visit(t, p.Page, session.URL+"?lang=en")
	}
	look("before the login")
	p.Click("main .button.main")
	p.Wait(`location.pathname === "/login" && document.readyState === "complete"`)
	p.Click(`form[action="/auth/persona"] button`)
	p.Wait(`document.querySelector("fieldset")`)
	look("after the login")
	p.Click(`input[value="given_name"]`)
	p.Click(`button[value="grant"]`)
	p.Wait(`document.querySelector(".answer.good")`)
	look("given")
	p.Click("main .button.main")
	p.Wait(`document.querySelector("#back") && location.search === "?verification_session=` + session.ID + `"`)
	if result, err := company.Result(t.Context(), session.ID); err != nil || !strings.Contains(string(result), `"claims":{"given_name":"JAAK-KRISTJAN"}`) {
		t.Errorf("%s, %v", result, err)
	}
	for _, complaint := range browsertest.Complaints(t, browser) {
		t.Errorf("the browser complains: %s", complaint)
	}
}
