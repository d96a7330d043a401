package kyc_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"eidgate/certs/pki"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/fault"
	"eidgate/kyc"
)

func TestWhoMayNotDecide(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	card := w.login(t, nil)
	signing, err := parse(w.pki.Card.Signing.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	decide := func(link, browser string, login kyc.Login, granted ...string) error {
		_, err := w.service.Decide(t.Context(), link, browser, login, granted)
		return err
	}
	_, link := w.create(t, "given_name")
	wantCode(t, decide("wrong"+link, "browser", card, "given_name"), "kyc.unknown")
	wantCode(t, decide(link, "", card, "given_name"), "kyc.browser")
	wantCode(t, decide(link, "browser", card, "given_name", "birthdate"), "kyc.not-granted")
	if _, err := w.service.Open(t.Context(), link, "browser", w.login(t, nil)); err != nil {
		t.Error(err)
	}
	_, err = w.service.Open(t.Context(), link, "another browser", w.login(t, nil))
	wantCode(t, err, "kyc.browser")
	wantCode(t, decide(link, "another browser", card, "given_name"), "kyc.browser")

	w.now = w.now.Add(2 * kyc.SessionLife)
	wantCode(t, decide(link, "browser", card, "given_name"), "kyc.expired")
	w.now = w.now.Add(-2 * kyc.SessionLife)

	// What is wrong with the card ends the session with the reason.
	revoked := w.login(t, &pki.Applicant{Surname: "TAMM", GivenNames: "MARI", Code: "47101010033"})
	if err := w.pki.Revoke(fmt.Sprintf("%x", revoked.Certificate.SerialNumber), "key-compromise"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want, minimum string
		login               kyc.Login
	}{
		{"a signing certificate", "purpose.key-usage", "", kyc.Login{Person: card.Person, Certificate: signing, Method: "card"}},
		{"a revoked card", "revocation.revoked", "", revoked},
		{"no certificate", "kyc.login", "", kyc.Login{Person: card.Person, Method: "card"}},
		{"a persona where high is asked for", "kyc.assurance-too-low", "high", kyc.Login{Person: card.Person, Method: "persona"}},
	} {
		session, address, err := w.service.Create(t.Context(), w.client, kyc.NewSession{Purpose: "Test of cards", Claims: []string{"given_name"}, MinimumAssurance: c.minimum})
		if err != nil {
			t.Fatal(err)
		}
		err = decide(strings.TrimPrefix(address, origin+"/verify/"), "browser", c.login, "given_name")
		wantCode(t, err, c.want)
		ended, err := w.service.Session(t.Context(), w.client, session.ID)
		if err != nil || ended.Status != kyc.Failed || ended.Error != c.want {
			t.Errorf("%s: %+v, %v", c.name, ended, err)
		}
		if last := w.events[len(w.events)-1]; last.Action != kyc.Declined || last.Code != c.want {
			t.Errorf("%s: %+v", c.name, last)
		}
		_, err = w.service.Result(t.Context(), w.client, session.ID)
		wantCode(t, err, "kyc.state")
	}
}

func TestRefusedRequests(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	good := kyc.NewSession{Purpose: "Opening an account", Claims: []string{"given_name"}}
	for name, c := range map[string]struct {
		change func(n *kyc.NewSession)
		want   string
	}{
		"no purpose":                {func(n *kyc.NewSession) { n.Purpose = "" }, "kyc.purpose"},
		"a long purpose":            {func(n *kyc.NewSession) { n.Purpose = strings.Repeat("õ", 301) }, "kyc.purpose"},
		"a purpose with a new line": {func(n *kyc.NewSession) { n.Purpose = "abc\ndef" }, "kyc.purpose"},
		"no claims":                 {func(n *kyc.NewSession) { n.Claims = nil }, "kyc.claims"},
		"an unknown claim":          {func(n *kyc.NewSession) { n.Claims = []string{"nationalities"} }, "kyc.claims"},
		"a claim twice":             {func(n *kyc.NewSession) { n.Claims = []string{"given_name", "given_name"} }, "kyc.claims"},
		"an age of nobody":          {func(n *kyc.NewSession) { n.Claims = []string{"age_equal_or_over.999"} }, "kyc.claims"},
		"an age with a zero":        {func(n *kyc.NewSession) { n.Claims = []string{"age_equal_or_over.018"} }, "kyc.claims"},
		"an unknown level":          {func(n *kyc.NewSession) { n.MinimumAssurance = "unknown" }, "kyc.assurance"},
		"another origin":            {func(n *kyc.NewSession) { n.ReturnURL = "https://evil.example/" }, "kyc.return-url"},
		"a user in the address":     {func(n *kyc.NewSession) { n.ReturnURL = "https://x@startup.example/" }, "kyc.return-url"},
		"a script":                  {func(n *kyc.NewSession) { n.ReturnURL = "javascript:alert(1)" }, "kyc.return-url"},
		"another port":              {func(n *kyc.NewSession) { n.ReturnURL = "https://startup.example:8443/" }, "kyc.return-url"},
		"plain http":                {func(n *kyc.NewSession) { n.ReturnURL = "http://startup.example/" }, "kyc.return-url"},
		"a long reference":          {func(n *kyc.NewSession) { n.Reference = strings.Repeat("x", 201) }, "kyc.reference"},
	} {
		asked := good
		c.change(&asked)
		_, _, err := w.service.Create(t.Context(), w.client, asked)
		if fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	for _, c := range []struct {
		name    string
		returns []string
		want    string
	}{
		{"", nil, "kyc.client-name"}, {strings.Repeat("x", 101), nil, "kyc.client-name"}, {"a\x00", nil, "kyc.client-name"},
		{"x", []string{"http://startup.example"}, "kyc.return-url"}, {"x", []string{"nothing"}, "kyc.return-url"},
	} {
		_, _, err := w.service.NewKey(t.Context(), c.name, c.returns)
		wantCode(t, err, c.want)
	}
	session := w.verified(t, "given_name")
	for _, c := range []struct {
		asked kyc.NewAttestation
		want  string
	}{
		{kyc.NewAttestation{Session: session.ID, Claims: []string{"birthdate"}}, "kyc.not-granted"},
		{kyc.NewAttestation{Session: session.ID, Claims: []string{"given_name", "given_name"}}, "kyc.not-granted"},
		{kyc.NewAttestation{Session: session.ID, Life: time.Second}, "kyc.lifetime"},
		{kyc.NewAttestation{Session: session.ID, Life: 10000 * time.Hour}, "kyc.lifetime"},
		{kyc.NewAttestation{Session: "vs_none"}, "kyc.unknown"},
	} {
		_, err := w.service.Attest(t.Context(), w.client, c.asked)
		wantCode(t, err, c.want)
	}
	for _, list := range []int64{0, -1, 2} {
		_, err := w.service.StatusList(t.Context(), list)
		wantCode(t, err, "kyc.unknown")
	}
}
