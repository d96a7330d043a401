package web_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/gateway/problem"
	"eidgate/gateway/web"
	"eidgate/sign"
)

func renderer(t testing.TB, o web.Options) *web.Renderer {
	t.Helper()
	o.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	r, err := web.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func somebody(*http.Request) web.Visitor { return web.Visitor{Name: "MINJI NÄIDIS", Persona: true} }

// samples are pages with views that show every part of them.
func samples() map[string]any {
	at := time.Date(2026, 11, 23, 20, 15, 7, 0, time.UTC)
	all := map[string]any{
		"home":     nil,
		"login":    web.LoginView{Return: "/sign", Personas: []web.Persona{{Key: "minji", Name: "MINJI NÄIDIS"}}},
		"account":  web.AccountView{Name: "ÕNNE-LIIS ŠMIDT", Identifier: "PNOEE-60102030007", Country: "EE", Document: "e-resident-digital-id", Since: at, Until: at.Add(time.Hour), Links: []web.Link{{Page: "usage", Address: "/usage"}}},
		"sign":     web.SignView{Limit: 100 << 20},
		"validate": web.ValidateView{Limit: 100 << 20},
		"problem":  web.ProblemView{Status: 404, Code: "request.not-found", Detail: "There is nothing here.", Hint: "Look elsewhere.", Key: "404"},
	}
	all["problem wait"] = web.ProblemView{Status: 429, Code: "request.too-many", Back: "/validate", Wait: 7, Key: "request.too-many"}
	for i, long := range longNames() {
		all[fmt.Sprint("account long", i)] = web.AccountView{Name: long, Identifier: "PNOEE-60102030007", Country: "EE", Persona: true, Since: at, Until: at}
		all[fmt.Sprint("login long", i)] = web.LoginView{Return: "/sign", Personas: []web.Persona{{Key: "long", Name: long}}}
	}
	for name, view := range auditSamples(at) {
		all[name] = view
	}
	document, err := os.ReadFile("testdata/openapi.json")
	if err == nil {
		all["api"], err = web.NewAPIView(document)
	}
	if err != nil {
		panic(err) // the file is in the repository
	}
	for name, report := range reports(at) {
		all["report "+name] = web.NewReportView(report)
	}
	return all
}

// longNames are persons' names as long as certificates have them, with and
// without places to break, from left to right and from right to left.
func longNames() []string {
	return []string{
		strings.Repeat("MARGARETE-ELISABETH ", 4), strings.Repeat("Ш", 80),
		"\u0639\u0628\u062F\u0627\u0644\u0631\u062D\u0645\u0646 \u0628\u0646 \u0645\u062D\u0645\u062F \u0622\u0644 \u0633\u0639\u0648\u062F (1)",
	}
}

// reports are verdicts of each kind.
func reports(at time.Time) map[string]*sign.Report {
	signer := &sign.Signer{Person: certs.Person{GivenName: "민지", Surname: "김", Identifier: certs.NewIdentifier("PNOEE-60102030007"), Country: "EE"}, Document: certs.EResidentDigitalID}
	of := func(s ...*sign.Signature) *sign.Report {
		r := &sign.Report{
			Document:   sign.Document{Name: "leping.pdf", Type: "PDF", Size: 1_234_567, SHA256: strings.Repeat("ab", 32)},
			Signatures: s, CheckedAt: at, Domain: certs.Test, Policy: sign.PolicyVersion,
		}
		r.Conclude()
		return r
	}
	good := &sign.Signature{
		ID: "S1", Kind: sign.KindSignature, Format: "PAdES", Level: sign.LevelLT, Verdict: sign.Verdict{Indication: sign.TotalPassed},
		Signer: signer, Proven: at, Anchor: &sign.Certificate{Subject: "CN=Demo Root"}, Coverage: sign.Coverage{Bytes: 10, Files: []string{"a.txt", "b.txt"}},
		Claimed: sign.Claims{Roles: []string{"Director"}, Reason: "Approved", Location: "Tartu"},
		Checks:  []sign.Check{sign.Pass("byte-range", "The signed bytes are unchanged.")},
	}
	bad := &sign.Signature{
		ID: "S2", Kind: sign.KindSignature, Format: "PAdES", Level: sign.LevelB, Verdict: sign.Failed(sign.HashFailure), Code: "pades.digest",
		Claimed:  sign.Claims{Time: at},
		Coverage: sign.Coverage{Bytes: 10, NotCovered: []string{"c.txt"}, Later: []sign.Change{{Revision: 2, Sentence: "A page was added."}}},
		Checks:   []sign.Check{{Name: "digest", Result: sign.Fails, Code: "pades.digest", Sentence: "The signed bytes were changed.", Advice: "Ask for the original."}},
	}
	stamp := &sign.Signature{ID: "T", Kind: sign.KindTimestamp, Format: "RFC 3161", Verdict: sign.Unclear(sign.NoPOE), Coverage: sign.Coverage{Whole: true, Bytes: 5}}
	return map[string]*sign.Report{"valid": of(good), "failed": of(good, bad), "unclear": of(good, stamp), "unsigned": of()}
}

// get renders a page for a browser of a language.
func get(t testing.TB, r *web.Renderer, language, name string, view any) string {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, "https://localhost/page", nil)
	req.Header.Set("Accept-Language", language)
	w := httptest.NewRecorder()
	name, _, _ = strings.Cut(name, " ")
	r.Write(w, req, http.StatusOK, name, view)
	if w.Code != http.StatusOK || !strings.HasSuffix(strings.TrimSpace(w.Body.String()), "</html>") {
		t.Fatalf("%s in %s: %d %s", name, language, w.Code, w.Body)
	}
	return w.Body.String()
}

func TestEveryPageInEveryLanguage(t *testing.T) {
	r := renderer(t, web.Options{Sandbox: true, Visitor: somebody})
	for name, view := range samples() {
		seen := map[string]bool{}
		for _, language := range web.Languages() {
			page := get(t, r, language, name, view)
			if !strings.Contains(page, `<html lang="`+language+`"`) {
				t.Errorf("%s: the page does not say that it is in %s", name, language)
			}
			if !strings.Contains(page, `class="sandbox"`) || !strings.Contains(page, "MINJI NÄIDIS") {
				t.Errorf("%s in %s: no sandbox banner or no visitor", name, language)
			}
			if strings.Contains(page, "<style") || strings.Contains(page, " style=") || strings.Contains(page, " onclick") || strings.Contains(page, "<script>") {
				t.Errorf("%s: holds what the content security policy refuses", name)
			}
			if strings.Contains(page, "%!") || strings.Contains(page, "ZgotmplZ") {
				t.Errorf("%s in %s: a value was not rendered", name, language)
			}
			seen[page] = true
		}
		if len(seen) != len(web.Languages()) {
			t.Errorf("%s is the same in two languages", name)
		}
	}
}

func TestNoBannerInProduction(t *testing.T) {
	r := renderer(t, web.Options{})
	page := get(t, r, "en", "login", web.LoginView{Return: "/"})
	if strings.Contains(page, `class="sandbox"`) || strings.Contains(page, "persona") {
		t.Error("a page in production speaks of the sandbox")
	}
}

func TestReportAnswersFirst(t *testing.T) {
	r := renderer(t, web.Options{})
	for name, want := range map[string]string{"valid": "The signature is valid", "failed": "Not valid", "unclear": "Not proven", "unsigned": "Not signed"} {
		view := samples()["report "+name]
		page := get(t, r, "en", "report", view)
		if !strings.Contains(page, "<h1>"+want+"</h1>") {
			t.Errorf("%s: the page does not begin with %q", name, want)
		}
		if name != "valid" && strings.Contains(page, `answer good`) {
			t.Errorf("%s looks good", name)
		}
	}
}

// A document's own text must not become markup, or turn the line around it.
func TestReportKeepsTextsPlain(t *testing.T) {
	report := reports(time.Now())["valid"]
	report.Document.Name = "<script>alert(1)</script>\u202efdp.exe"
	report.Signatures[0].Coverage.Files = []string{"a\u2028b", `"><img src=x>`}
	page := get(t, renderer(t, web.Options{}), "en", "report", web.NewReportView(report))
	for _, bad := range []string{"<script>alert", "\u202e", "\u2028", "<img"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

func TestProblemPages(t *testing.T) {
	r := renderer(t, web.Options{})
	for status, want := range map[int]string{404: "There is no such page", 413: "That is too large", 503: "at the moment", 418: "was not understood", 599: "fault of its own"} {
		req := httptest.NewRequest(http.MethodPost, "https://localhost/validate", nil)
		w := httptest.NewRecorder()
		r.ProblemPage(w, req, problem.New(status, "some.code", "an <odd> thing happened").WithHint("Do this."))
		page := w.Body.String()
		if w.Code != status || !strings.Contains(page, want) || !strings.Contains(page, "some.code") || !strings.Contains(page, "An &lt;odd&gt; thing happened. Do this.") || strings.Contains(page, `main" href="/validate"`) != (status != 404) {
			t.Errorf("%d: %d %s", status, w.Code, page)
		}
	}
}

func TestUnknownPageIsAnError(t *testing.T) {
	r, err := web.New(web.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	r.Write(w, httptest.NewRequest(http.MethodGet, "/", nil), http.StatusOK, "nothing", nil)
	if w.Code != http.StatusInternalServerError {
		t.Errorf("status %d", w.Code)
	}
	if _, err := web.New(web.Options{}); err == nil {
		t.Error("a renderer without a log was made")
	}
}
