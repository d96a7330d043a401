package pages_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"eidgate/gateway"
	"eidgate/gateway/gatewaytest"
	"eidgate/kyc/client"
)

// visit gets a page as some browser.
func visit(t *testing.T, browser *http.Client, address string) (status int, page string) {
	t.Helper()
	response, err := browser.Get(address)
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

// What a person cannot answer has a page that says what to do.
func TestConsentTroubles(t *testing.T) {
	now := time.Now()
	n := gatewaytest.Start(t, gatewaytest.Options{Now: func() time.Time { return now }, Config: func(c *gateway.Config) { c.Session.Idle, c.Session.Absolute = 3*time.Hour, 4*time.Hour }})
	company := startup(t, n, "")
	const back = "https://startup.example/done"
	first := path(t, begin(t, company, back).URL)
	n.LoginPersona(t, "mary")
	_, page := visit(t, n.Client, n.URL+first)
	if !strings.Contains(page, "MARY ÄNN") || strings.Contains(page, "Your card does not prove this.") {
		t.Errorf("a persona's page: %s", page)
	}
	wrong := func(name, address string, form url.Values, status int, wants ...string) {
		t.Helper()
		got, _, page := answer(t, n, n.Client, address, form)
		for _, want := range wants {
			if got != status || !strings.Contains(page, want) {
				t.Errorf("%s: %d, want %d with %q: %s", name, got, status, want, page)
			}
		}
	}
	grant := url.Values{"decision": {"grant"}, "claim": {"given_name"}}
	wrong("no decision", first, url.Values{"claim": {"given_name"}}, 400, "request.malformed")
	wrong("two decisions", first, url.Values{"decision": {"grant", "decline"}}, 400, "request.malformed")
	wrong("an unknown field", first, url.Values{"decision": {"decline"}, "more": {"x"}}, 400, "request.malformed")
	wrong("a claim not asked for", first, url.Values{"decision": {"grant"}, "claim": {"birthdate"}}, 403, "kyc.not-granted")
	wrong("an unknown link", "/verify/nothing", grant, 404, "There is no such request")
	if response, err := n.Client.Post(n.URL+first, "application/json", strings.NewReader(`{}`)); err != nil || response.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("JSON: %v, %v", response, err)
	} else {
		response.Body.Close()
	}
	nobody := n.NewClient(t)
	if status, location, _ := answer(t, n, nobody, first, grant); status != http.StatusSeeOther || location != "/login?return="+url.QueryEscape(first) {
		t.Errorf("nobody's answer: %d to %s", status, location)
	}
	if status, page := visit(t, nobody, n.URL+first); status != http.StatusForbidden || !strings.Contains(page, "opened in another browser") || strings.Contains(page, "Näidis") {
		t.Errorf("another browser: %d %s", status, page)
	}
	answer(t, n, n.Client, first, url.Values{"decision": {"decline"}, "claim": {"given_name"}})
	if _, page = visit(t, n.Client, n.URL+first); !strings.Contains(page, "<h1>Declined</h1>") || !strings.Contains(page, back) {
		t.Errorf("declined: %s", page)
	}
	if status, page := visit(t, nobody, n.URL+first); status != http.StatusConflict || !strings.Contains(page, "This request has ended") {
		t.Errorf("the decided one elsewhere: %d %s", status, page)
	}
	refusedLevel(t, n, company)
	late := path(t, begin(t, company, back).URL)
	now = now.Add(time.Hour)
	if status, page := visit(t, n.Client, n.URL+late); status != http.StatusGone || !strings.Contains(page, "The time to answer is over") {
		t.Errorf("late: %d %s", status, page)
	}
	wrong("a late answer", late, grant, 410, "kyc.expired")
}

// refusedLevel asks more of a login than it reaches: the request ends, and the
// page leads back.
func refusedLevel(t *testing.T, n *gatewaytest.Node, company *client.Client) {
	t.Helper()
	s, err := company.CreateSession(t.Context(), client.NewSession{
		Purpose: "Opening an account", Claims: []string{"given_name"}, MinimumAssurance: "high", ReturnURL: "https://startup.example/done",
	})
	if err != nil {
		t.Fatal(err)
	}
	at := path(t, s.URL)
	if _, page := visit(t, n.Client, n.URL+at); !strings.Contains(page, "Level asked for") || !strings.Contains(page, "Your card does not reach the level") {
		t.Errorf("the page does not name the level, or that it is not reached: %s", page)
	}
	if status, _, _ := answer(t, n, n.Client, at, url.Values{"decision": {"grant"}, "claim": {"given_name"}}); status != http.StatusSeeOther {
		t.Errorf("status %d", status)
	}
	_, page := visit(t, n.Client, n.URL+at)
	if !strings.Contains(page, "kyc.assurance-too-low") || !strings.Contains(page, s.ID) || strings.Contains(page, "<h1>Given</h1>") {
		t.Errorf("%s", page)
	}
	if got, err := company.Session(t.Context(), s.ID); err != nil || got.Status != "failed" || got.LastError.Code != "kyc.assurance-too-low" {
		t.Errorf("%+v, %v", got, err)
	}
}

// A program that previews the link takes the page from nobody.
func TestPreviewTakesNoPage(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	s := begin(t, startup(t, n, ""), "")
	if status, _ := visit(t, n.NewClient(t), s.URL); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	n.LoginPersona(t, "yejin")
	if status, page := visit(t, n.Client, s.URL); status != http.StatusOK || !strings.Contains(page, "<fieldset") {
		t.Errorf("%d %s", status, page)
	}
}
