//go:build unix

package pages_test

import (
	"strings"
	"testing"

	"eidgate/gateway"
	"eidgate/gateway/pages/pagestest"
	"eidgate/internal/browsertest"
	"eidgate/internal/pinentry/pinentrytest"
	"eidgate/kyc/client"
)

// A company asks, a person with a card consents to a part of it on the page, the
// company reads that part, and the person sees all of it in her list; so does
// the inspector, whose look she sees as well.
func TestConsentThread(t *testing.T) {
	w := pagestest.New(t)
	c := gateway.Defaults()
	c.Data, c.Sandbox.PKI, c.Sandbox.PKIElsewhere = w.Data, w.World.Dir, true
	_, key, err := gateway.NewKey(t.Context(), c, "Startup OÜ", []string{"https://startup.test"})
	if err != nil {
		t.Fatal(err)
	}
	company := &client.Client{Origin: w.URL, Key: key, HTTP: w.NewClient(t)}
	verification, err := company.CreateSession(t.Context(), client.NewSession{
		Purpose: "Konto avamine", Claims: []string{"given_name", "family_name", "birthdate"}, ReturnURL: "https://startup.test/done",
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Script(t, pinentrytest.PIN(w.Card.PIN1))
	p := w.Open(t, strings.TrimPrefix(verification.URL, w.URL))
	if main := p.Text("main"); !strings.Contains(main, "Startup OÜ") || !strings.Contains(main, "Konto avamine") || strings.Contains(main, w.Card.Surname) {
		t.Errorf("before the login the page says %s", main)
	}
	p.Click("main .button.main")
	p.Wait(`location.pathname === "/login" && document.readyState === "complete" && !document.querySelector("#login").hidden`)
	p.Click("#login-button")
	p.Wait(`location.pathname.startsWith("/verify/") && document.readyState === "complete"`)
	if p.Is(`!!document.querySelector("input:checked")`) {
		t.Error("something is chosen beforehand")
	}
	p.Click(`input[value="given_name"]`)
	p.Click(`button[value="grant"]`)
	p.Wait(`document.querySelector(".answer.good")`)
	if !p.Is(`document.querySelector("main .button.main").href.startsWith("https://startup.test/done")`) {
		t.Error("the page does not lead back")
	}
	result, err := company.Result(t.Context(), verification.ID)
	if err != nil || strings.Contains(string(result), w.Card.Surname) || !strings.Contains(string(result), w.Card.GivenNames) {
		t.Errorf("the company reads %s, %v", result, err)
	}
	p = w.Open(t, "/usage")
	for _, want := range []string{"You consented to a verification", "The result of a verification was read", "Startup OÜ", "Konto avamine", "Given name"} {
		if main := p.Text("main"); !strings.Contains(main, want) {
			t.Errorf("her list does not say %q: %s", want, main)
		}
	}
	p.Wait(`document.querySelector('a[href$="/proof"]') || (location.reload(), false)`)
	p.Click(".visitor button")
	p.Wait(`location.pathname === "/"`)
	inspect(t, w)
}

// inspect walks the inspector's pages.
func inspect(t *testing.T, w *pagestest.World) {
	t.Helper()
	p := pagestest.NewTab(t, w.Browser, w.URL+"/login?return=/review")
	p.Click(`form[action="/auth/persona"]:has(input[value="inspector"]) button`)
	p.Wait(`location.pathname === "/review" && document.readyState === "complete"`)
	p.Run(`document.querySelector("#organisation").value = ""; document.querySelector("#kind").value = "attestation"; document.querySelector("#reason").value = "2026-17"`, nil)
	p.Run(`window.before = true`, nil)
	p.Click("#filter button")
	browsertest.Loaded(t, p.Page)
	if main := p.Text("table"); !strings.Contains(main, "Startup OÜ") || !strings.Contains(main, "Konto avamine") {
		t.Errorf("the inspector finds %s", main)
	}
	p.Run(`window.before = true`, nil)
	p.Click(`button[name="id"]`)
	browsertest.Loaded(t, p.Page)
	if main := p.Text("main"); !strings.Contains(main, "Startup OÜ") || !strings.Contains(main, "Your search is itself recorded") {
		t.Errorf("the detail says %s", main)
	}
}
