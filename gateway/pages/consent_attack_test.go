package pages_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"eidgate/gateway/gatewaytest"
)

// Two requests that are opened at once in a browser without cookies are both
// answered there.
func TestTwoRequestsAtOnce(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	company := startup(t, n, "")
	n.LoginPersona(t, "yejin")
	pages := []string{begin(t, company, "").URL, begin(t, company, "").URL}
	var both sync.WaitGroup
	for _, page := range pages {
		both.Go(func() {
			if status, text := visit(t, n.Client, page); status != http.StatusOK || !strings.Contains(text, "<fieldset") {
				t.Errorf("%d %s", status, text)
			}
		})
	}
	both.Wait()
	for _, page := range pages {
		grant := url.Values{"decision": {"grant"}, "claim": {"given_name"}}
		if status, _, text := answer(t, n, n.Client, path(t, page), grant); status != http.StatusSeeOther {
			t.Errorf("%d %s", status, text)
		}
		if _, text := visit(t, n.Client, page); !strings.Contains(text, "<h1>Given</h1>") {
			t.Error(text)
		}
	}
}

// A page that was shown to one person is not answered for another who logged in
// since, in another tab.
func TestAnswerIsByWhoSawThePage(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	company := startup(t, n, "")
	s := begin(t, company, "")
	at := path(t, s.URL)
	n.LoginPersona(t, "yejin")
	visit(t, n.Client, s.URL)
	n.LoginPersona(t, "mary")
	grant := url.Values{"decision": {"grant"}, "claim": {"given_name"}}
	for range 2 {
		if status, _, page := answer(t, n, n.Client, at, grant); status != http.StatusConflict || !strings.Contains(page, "kyc.person") {
			t.Errorf("%d %s", status, page)
		}
	}
	if kept, err := company.Session(t.Context(), s.ID); err != nil || kept.Status != "pending" {
		t.Errorf("%+v, %v", kept, err)
	}
	if _, page := visit(t, n.Client, s.URL); !strings.Contains(page, "MARY") {
		t.Errorf("the page is not hers now: %s", page)
	}
	if status, _, page := answer(t, n, n.Client, at, grant); status != http.StatusSeeOther {
		t.Errorf("%d %s", status, page)
	}
	if result, err := company.Result(t.Context(), s.ID); err != nil || !strings.Contains(string(result), "MARY") {
		t.Errorf("%s, %v", result, err)
	}
}

// Another site cannot answer in a person's browser, nor frame the page.
func TestConsentIsNotForged(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	company := startup(t, n, "")
	s := begin(t, company, "")
	n.LoginPersona(t, "yejin")
	visit(t, n.Client, s.URL)
	form := url.Values{"decision": {"grant"}, "claim": {"given_name"}}.Encode()
	for name, header := range map[string][2]string{
		"another origin": {"Origin", "https://evil.example"}, "no origin at all": {"Origin", "null"},
		"another site": {"Sec-Fetch-Site", "cross-site"}, "a subdomain's": {"Sec-Fetch-Site", "same-site"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set(header[0], header[1])
		response, err := n.Client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", name, response.StatusCode)
		}
	}
	if kept, err := company.Session(t.Context(), s.ID); err != nil || kept.Status != "pending" {
		t.Errorf("%+v, %v", kept, err)
	}
	response, err := n.Client.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") || response.Header.Get("Cache-Control") != "no-store" ||
		!strings.Contains(response.Header.Get("Referrer-Policy"), "no-referrer") {
		t.Errorf("%v", response.Header)
	}
}
