package web_test

import (
	"strings"
	"testing"
	"time"

	"eidgate/gateway/web"
)

// auditSamples are the pages about uses of data, and of consent, with every part
// of them.
func auditSamples(at time.Time) map[string]any {
	full := web.AccessView{
		ID: "evt_1", At: at, Kind: "exchange", Action: "exchange.read", PersonName: "MARI MAASIKAS", Role: "official",
		Organisation: "EE/GOV/70000000", OrganisationName: "Rahvastikuregister", System: "EE/GOV/70000000/rr", Authentication: "xroad",
		Service: "EE/GOV/70000000/rr/person", Fields: []string{"given_name", "address"}, Purpose: "Toetuse määramine",
		LegalBasis: "RRS § 46", Case: "2026-17", Result: "done", Message: "m-1", Hash: "sha-256:" + strings.Repeat("0f", 32),
		Proof: "signed", Index: 41, Detail: "/usage/evt_1", Download: "/usage/evt_1/proof",
	}
	denied := web.AccessView{ID: "evt_2", At: at, Kind: "attestation", Action: "verification.read", Organisation: "startup", Authentication: "api-key", Result: "denied", Code: "kyc.not-granted", Proof: "waiting"}
	own := web.AccessView{ID: "evt_3", At: at, Kind: "signature", Action: "signature.completed", PersonName: "MINJI", Own: true, Authentication: "card", Result: "done", Proof: "changed"}
	nobody := web.AccessView{ID: "evt_4", At: at, Kind: "login", Action: "login", Result: "fault", Proof: "signed"}
	list := []web.AccessView{full, denied, own, nobody}
	claims := []web.ClaimView{
		{Name: "given_name", Text: "given_name", Value: "예진"}, {Name: "age_equal_or_over.18", Text: "age_equal_or_over", Age: 18},
		{Name: "birthdate", Text: "birthdate", Unavailable: true}, web.NewClaimView("shoe_size"),
	}
	consent := web.ConsentView{
		Client: "Startup OÜ", Purpose: "Konto avamine", ReturnHost: "startup.example", Expires: at, Assurance: "high", Claims: claims,
		Action: "/verify/abc", Return: "/verify/abc", TooLow: true, NothingChosen: true,
	}
	review := web.ReviewView{
		Action: "/review", Open: "/review/open", Kinds: []string{"login", "exchange"}, Results: []string{"done", "denied", "fault"},
		Person: "PNOEE-60001019906", From: "2026-11-01", Kind: "exchange", Result: "denied", Reason: "2026-17", Searched: true,
		Accesses: list, Pager: web.Pager{Total: 40, From: 11, To: 14, Newer: "0", Older: "20"},
	}
	return map[string]any{
		"usage":           web.UsageView{Accesses: list, Pager: web.Pager{Total: 40, From: 11, To: 14, Newer: "?offset=0", Older: "?offset=20"}},
		"usage empty":     web.UsageView{},
		"event":           web.EventView{AccessView: full, Official: true, Back: "/review"},
		"event changed":   web.EventView{AccessView: own, Back: "/usage"},
		"review":          review,
		"review refused":  web.ReviewView{Action: "/review", Trouble: "reason-missing"},
		"review none":     web.ReviewView{Action: "/review", Searched: true, Reason: "2026-17"},
		"consent":         consent,
		"consented":       web.ConsentedView{Client: "Startup OÜ", Granted: true, Return: "https://startup.example/done", ReturnHost: "startup.example"},
		"consented no":    web.ConsentedView{Client: "Startup OÜ", Refusal: "kyc.assurance-too-low", Return: "https://startup.example/done", ReturnHost: "startup.example"},
		"consented never": web.ConsentedView{Client: "Startup OÜ"},
	}
}

func TestUsagePageSaysWhoWhatWhy(t *testing.T) {
	page := get(t, renderer(t, web.Options{}), "en", "usage", auditSamples(time.Now())["usage"])
	for _, want := range []string{
		"Rahvastikuregister", "MARI MAASIKAS", "Toetuse määramine", "RRS § 46", "2026-17", "Given name", "<code>address</code>",
		"in the signed ledger", `href="/usage/evt_1/proof"`, "denied: nothing was given", "kyc.not-granted", "You yourself",
		"This record is not what was written.", "11–14 of 40", `href="?offset=20"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// A personal code goes by POST, never into an address.
func TestReviewFormPosts(t *testing.T) {
	page := get(t, renderer(t, web.Options{}), "en", "review", auditSamples(time.Now())["review"])
	if strings.Contains(page, `method="get"`) || strings.Count(page, `method="post"`) < 2 || strings.Contains(page, "?person") {
		t.Error("the form does not post")
	}
	if !strings.Contains(page, `<option value="exchange" selected>`) || !strings.Contains(page, `value="PNOEE-60001019906"`) {
		t.Error("the form forgets what was asked for")
	}
	if page = get(t, renderer(t, web.Options{}), "en", "review", auditSamples(time.Now())["review refused"]); !strings.Contains(page, "Say why you look") {
		t.Error("the form does not say what is missing")
	}
}

// Nobody's consent is asked for who is not logged in, and nothing is chosen
// beforehand.
func TestConsentPage(t *testing.T) {
	view := auditSamples(time.Now())["consent"]
	page := get(t, renderer(t, web.Options{}), "en", "consent", view)
	if strings.Contains(page, `name="decision"`) || !strings.Contains(page, `href="/login?return=%2fverify%2fabc"`) || !strings.Contains(page, "That you are 18 or older") {
		t.Error("somebody who is not logged in can decide, or cannot log in")
	}
	page = get(t, renderer(t, web.Options{Visitor: somebody}), "en", "consent", view)
	if strings.Contains(page, " checked") || strings.Count(page, `type="checkbox"`) != 4 || strings.Count(page, "disabled") != 2 || !strings.Contains(page, "예진") {
		t.Errorf("claims are chosen beforehand, or missing: %s", page)
	}
	if page = get(t, renderer(t, web.Options{}), "en", "consented", web.ConsentedView{Return: "javascript:alert(1)"}); strings.Contains(page, "javascript:") {
		t.Error("the way back is a script")
	}
}

func TestClaimsHaveNames(t *testing.T) {
	for name, want := range map[string]web.ClaimView{
		"birthdate":            {Name: "birthdate", Text: "birthdate"},
		"age_equal_or_over.21": {Name: "age_equal_or_over.21", Text: "age_equal_or_over", Age: 21},
		"age_equal_or_over.x":  {Name: "age_equal_or_over.x"},
		"title":                {Name: "title"},
	} {
		if got := web.NewClaimView(name); got != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
