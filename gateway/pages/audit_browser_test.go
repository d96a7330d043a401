//go:build unix

package pages_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/ledger/proof"
	"eidgate/gateway/pages/pagestest"
	"eidgate/gateway/web"
	"eidgate/internal/browsertest"
	"eidgate/internal/browsertest/axetest"
	"eidgate/internal/testtool"
)

// fetched gets an address of a node.
func fetched(t *testing.T, n *gatewaytest.Node, path string, headers ...string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := n.Client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// read makes the tax board read about a person in the register.
func readRegister(t *testing.T, n *gatewaytest.Node, person, issue string) {
	t.Helper()
	status, body := fetched(t, n, "/r1/DEMO/GOV/70000001/population/persons/", "X-Road-Client", "DEMO/GOV/70000002/tax",
		"X-Person", person, "X-Road-UserId", "EE47101010033", "X-Road-Issue", issue)
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
}

// auditWalk is a service whose tax board has read about two persons, and a
// browser.
type auditWalk struct {
	*gatewaytest.Node
	browser   browsertest.Browser
	downloads string
	ledger    note.Verifier
}

func newAuditWalk(t *testing.T) *auditWalk {
	t.Helper()
	testtool.Need(t, "chromium")
	w := &auditWalk{Node: gatewaytest.Start(t, gatewaytest.Options{}), downloads: t.TempDir()}
	for i := range 45 {
		readRegister(t, w.Node, "PNOEE-38001085718", fmt.Sprintf("J-%d", i))
	}
	readRegister(t, w.Node, "PNOEE-60001019906", "M-secret")
	w.browser = browsertest.Chromium(t, browsertest.Options{Home: t.TempDir()})
	browsertest.Downloads(t, w.browser, w.downloads)
	t.Cleanup(func() {
		for _, complaint := range browsertest.Complaints(t, w.browser) {
			t.Errorf("the browser complains: %s", complaint)
		}
	})
	_, key := fetched(t, w.Node, "/ledger/key")
	var err error
	if w.ledger, err = note.NewVerifier(strings.TrimSpace(key)); err != nil {
		t.Fatal(err)
	}
	return w
}

// login logs somebody in and goes to a page.
func (w *auditWalk) login(t *testing.T, persona, page string) *pagestest.Tab {
	t.Helper()
	p := pagestest.NewTab(t, w.browser, w.URL+"/login?return="+page)
	p.Click(`form[action="/auth/persona"]:has(input[value="` + persona + `"]) button`)
	p.Wait(`location.pathname === "` + page + `" && document.readyState === "complete"`)
	return p
}

// logout leaves the session.
func (w *auditWalk) logout(p *pagestest.Tab) {
	p.Click(".visitor button")
	p.Wait(`location.pathname === "/" && document.readyState === "complete"`)
	p.Close()
}

// press presses something that leads to another page.
func press(t *testing.T, p *pagestest.Tab, selector string) {
	t.Helper()
	p.Run(`window.before = true`, nil)
	p.Click(selector)
	browsertest.Loaded(t, p.Page)
}

// proofs waits for downloaded proofs and gives what they prove.
func (w *auditWalk) proofs(t *testing.T, n int) (records []string) {
	t.Helper()
	for deadline := time.Now().Add(pagestest.Patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		names, err := filepath.Glob(filepath.Join(w.downloads, "*.tlog-proof"))
		if err != nil {
			t.Fatal(err)
		}
		if records = nil; len(names) < n {
			continue
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if included, err := proof.Verify(text, w.ledger); err == nil {
				records = append(records, string(included.Record))
			}
		}
		if len(records) == n {
			return records
		}
	}
	t.Fatalf("%d proofs hold, want %d", len(records), n)
	return nil
}

// A person walks through the list of what was done with her data, takes a
// proof, and sees nothing of anybody else's; an official finds the same, page
// by page; and the person sees that.
func TestAuditInBrowser(t *testing.T) {
	axe := axetest.Need(t)
	w := newAuditWalk(t)
	p := w.login(t, "jaak", "/usage")
	if main := p.Text("main"); !strings.Contains(main, "1–20 of 46") || !strings.Contains(main, "J-44") || strings.Contains(main, "M-secret") { // and the login
		t.Errorf("the list says %s", main)
	}
	press(t, p, `a[rel="next"]`)
	press(t, p, `a[rel="next"]`)
	if main := p.Text("main"); !strings.Contains(main, "41–46 of 46") || !strings.Contains(main, "J-0") || p.Is(`!!document.querySelector('a[rel="next"]')`) {
		t.Errorf("the last page says %s", main)
	}
	press(t, p, `article > p a[href^="/usage/ev_"]`)
	p.Wait(`document.querySelector('a[href$="/proof"]') || (location.reload(), false)`)
	p.Click(`a[href$="/proof"]`)
	if record := w.proofs(t, 1)[0]; !strings.Contains(record, `"case":"J-`) || strings.Contains(record, "38001085718") {
		t.Errorf("the proof is of %s", record)
	}
	var event string
	p.Run(`location.pathname`, &event)
	for _, language := range web.Languages() {
		for _, path := range []string{"/usage", event} {
			browsertest.Visit(t, p.Page, w.URL+path+"?lang="+language)
			if language == "et" { // the others differ in words alone
				axetest.Clean(t, axe, p.Page, path)
			}
			if p.Is(`document.documentElement.lang !== "` + language + `"`) {
				t.Errorf("%s is not in %s", path, language)
			}
		}
	}
	browsertest.Visit(t, p.Page, w.URL+"/usage?lang=en")
	w.logout(p)
	w.review(t, axe)
	p = w.login(t, "jaak", "/usage")
	main := p.Text("main")
	for _, want := range []string{"An official searched the records", "An official opened this record", "An official took the proof of this record", "organisation=DEMO/GOV/70000002", "2026-17"} {
		if !strings.Contains(main, want) {
			t.Errorf("the person does not see %q: %s", want, main)
		}
	}
	w.logout(p)
	p = w.login(t, "mary", "/usage")
	if main := p.Text("main"); !strings.Contains(main, "M-secret") || strings.Contains(main, "J-44") || strings.Contains(main, "An official") {
		t.Errorf("somebody else sees %s", main)
	}
	w.logout(p)
}

// review walks an official's pages.
func (w *auditWalk) review(t *testing.T, axe string) {
	t.Helper()
	p := w.login(t, "inspector", "/review")
	fill := func(id, value string) {
		p.Run(`document.querySelector("#`+id+`").value = "`+value+`"`, nil)
	}
	fill("person", "nobody at all")
	fill("reason", "2026-17")
	press(t, p, "#filter button.main")
	if main := p.Text("main"); !strings.Contains(main, "A person is written as PNOEE-") || p.Is(`!!document.querySelector("table")`) {
		t.Errorf("a person who cannot be read: %s", main)
	}
	fill("person", "EE38001085718")
	fill("organisation", "DEMO/GOV/70000002")
	fill("from", time.Now().UTC().Format(time.DateOnly))
	fill("to", time.Now().UTC().Add(24*time.Hour).Format(time.DateOnly))
	press(t, p, "#filter button.main")
	if main := p.Text("main"); !strings.Contains(main, "45 records") || !strings.Contains(main, "1–20 of 45") || strings.Contains(main, "M-secret") {
		t.Errorf("the search finds %s", main)
	}
	press(t, p, `button[name="offset"][value="20"]`)
	press(t, p, `button[name="offset"][value="40"]`)
	if main := p.Text("main"); !strings.Contains(main, "41–45 of 45") || !strings.Contains(main, "J-0") || p.Is(`!!document.querySelector('button[name="offset"][value="60"]')`) {
		t.Errorf("the last page says %s", main)
	}
	if p.Is(`location.href.includes("38001085718")`) {
		t.Error("the address holds a personal code")
	}
	axetest.Clean(t, axe, p.Page, "review")
	press(t, p, `td button[name="id"]`)
	if main := p.Text("main"); !strings.Contains(main, "Download the proof") || strings.Contains(main, "38001085718") {
		t.Errorf("the detail says %s", main)
	}
	p.Click(`form[action="/review/proof"] button`)
	w.proofs(t, 2)
	w.logout(p)
}
