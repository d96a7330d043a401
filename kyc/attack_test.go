package kyc_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"eidgate/certs/pki"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/kyc"
)

// Who decides is who was shown the page last; until then nobody has to have
// been shown it.
func TestDecisionIsByWhoSawThePage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		mine := w.login(t, nil)
		hers := w.login(t, &pki.Applicant{Surname: "TAMM", GivenNames: "MARI", Code: "47101010033"})
		session, link := w.create(t, "given_name")
		if _, err := w.service.Open(t.Context(), link, "browser", mine); err != nil {
			t.Fatal(err)
		}
		for _, granted := range [][]string{{"given_name"}, nil} { // nor does she decline for me
			_, err := w.service.Decide(t.Context(), link, "browser", hers, granted)
			wantCode(t, err, "kyc.person")
		}
		if kept, err := w.service.Session(t.Context(), w.client, session.ID); err != nil || kept.Status != kyc.Pending || len(w.events) != 0 {
			t.Errorf("%+v, %v, %v", kept, err, w.events)
		}
		if _, err := w.service.Open(t.Context(), link, "browser", hers); err != nil {
			t.Fatal(err)
		}
		_, err := w.service.Decide(t.Context(), link, "browser", mine, []string{"given_name"})
		wantCode(t, err, "kyc.person")
		if _, err := w.service.Decide(t.Context(), link, "browser", hers, []string{"given_name"}); err != nil {
			t.Fatal(err)
		}
		result, err := w.service.Result(t.Context(), w.client, session.ID)
		if err != nil || result.VerifiedClaims.Claims["given_name"] != "MARI" {
			t.Errorf("%+v, %v", result, err)
		}
	})
}

// The page tells beforehand that a login does not reach the level.
func TestTooLowIsToldBefore(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	card := w.login(t, nil)
	persona := kyc.Login{Person: card.Person, Method: "persona"}
	for _, c := range []struct {
		minimum string
		login   kyc.Login
		want    bool
	}{{"", persona, false}, {"low", persona, true}, {"high", persona, true}, {"", card, false}, {"low", card, false}} {
		_, address, err := w.service.Create(t.Context(), w.client, kyc.NewSession{Purpose: "Test of cards", Claims: []string{"given_name"}, MinimumAssurance: c.minimum})
		if err != nil {
			t.Fatal(err)
		}
		link := strings.TrimPrefix(address, origin+"/verify/")
		request, err := w.service.Open(t.Context(), link, "browser", c.login)
		if err != nil || request.TooLow != c.want {
			t.Errorf("%q for a %s: %v, %v", c.minimum, c.login.Method, request.TooLow, err)
		}
		_, err = w.service.Decide(t.Context(), link, "browser", c.login, []string{"given_name"})
		if refused := errors.Is(err, kyc.ErrTooLow); refused != c.want {
			t.Errorf("%q for a %s: the page said %v, the decision %v", c.minimum, c.login.Method, c.want, err)
		}
	}
}

// Nothing is attested of a card that has ended, rather than something that ends
// before it begins.
func TestEndedCardIsNotAttested(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	end := w.login(t, nil).Certificate.NotAfter
	w.now = end.Add(-time.Hour)
	w.options.Verifier.Now = w.options.Now
	w.options.Verifier.Revocation = nil // the responder's clock is today's
	session := w.verified(t, "given_name")
	for _, now := range []time.Time{end, end.Add(time.Hour)} {
		w.now = now
		a, err := w.service.Attest(t.Context(), w.client, kyc.NewAttestation{Session: session.ID})
		if wantCode(t, err, "kyc.card-ended"); a != nil {
			t.Errorf("%+v", a)
		}
	}
	if n := len(w.events); n != 1 {
		t.Errorf("%d events", n)
	}
}

// What leaves the service on the company's word holds no personal code; what
// only looks like one is let through.
func TestNoPersonalCodesInTexts(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	good := kyc.NewSession{Purpose: "Opening an account", Claims: []string{"given_name"}}
	for name, c := range map[string]struct {
		change func(n *kyc.NewSession)
		want   string
	}{
		"a code in the purpose":      {func(n *kyc.NewSession) { n.Purpose = "For 38001085718." }, "kyc.purpose"},
		"a code as the reference":    {func(n *kyc.NewSession) { n.Reference = "PNOEE-38001085718" }, "kyc.reference"},
		"a code in the address":      {func(n *kyc.NewSession) { n.ReturnURL = "https://startup.example/?customer=38001085718" }, "kyc.return-url"},
		"another check digit":        {func(n *kyc.NewSession) { n.Reference = "38001085719" }, ""},
		"no date":                    {func(n *kyc.NewSession) { n.Reference = "39913085715" }, ""},
		"a longer number":            {func(n *kyc.NewSession) { n.Reference = "380010857180" }, ""},
		"an address that is encoded": {func(n *kyc.NewSession) { n.ReturnURL = "https://startup.example/%61?n=1" }, ""},
	} {
		asked := good
		c.change(&asked)
		_, _, err := w.service.Create(t.Context(), w.client, asked)
		if wantCode(t, err, c.want); t.Failed() {
			t.Fatal(name)
		}
	}
}

// A return address is one of the client's, whatever a browser would make of it.
func TestReturnAddressesAreNotOpen(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	for _, address := range []string{
		"https://startup.example.evil.example/", "https://startup.example@evil.example/", "https://evil.example/https://startup.example",
		"https://evil.example#https://startup.example", "https://startup.example#x", "//startup.example/", "/done", "https:startup.example",
		"https:///startup.example", `https://startup.example\@evil.example/`, "https://startup.example%2eevil.example/", "https://STARTUP.example/",
		"javascript:alert(1)//https://startup.example", "data:text/html,x", "https://startup.example:443/", "https://startup.example./",
		" https://startup.example/", "https://startup.example/\r\nLocation: https://evil.example", "https://[startup.example]/", "HTTP://startup.example/",
		"https://startup.example/" + strings.Repeat("x", 2000),
	} {
		_, _, err := w.service.Create(t.Context(), w.client, kyc.NewSession{Purpose: "Opening an account", Claims: []string{"given_name"}, ReturnURL: address})
		wantCode(t, err, "kyc.return-url")
	}
}

// Claims that were not granted are nowhere in what a company gets: not in the
// attestation either, where they would only be hidden.
func TestAttestationHoldsOnlyWhatWasGranted(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	session, link := w.create(t, everything...)
	granted := []string{"age_equal_or_over.18"}
	if _, err := w.service.Decide(t.Context(), link, "browser", w.login(t, nil), granted); err != nil {
		t.Fatal(err)
	}
	a, err := w.service.Attest(t.Context(), w.client, kyc.NewAttestation{Session: session.ID})
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.FieldsFunc(a.Text, func(r rune) bool { return r == '~' || r == '.' })
	if len(parts) != 5 { // header, payload, signature, and the disclosures of sub and of the age
		t.Errorf("%d parts", len(parts))
	}
	result, err := w.service.Result(t.Context(), w.client, session.ID)
	if err != nil {
		t.Fatal(err)
	}
	all, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	for i, part := range parts {
		if text, err := base64.RawURLEncoding.DecodeString(part); err == nil && i != 0 { // the header has certificates
			all = append(all, text...)
		}
	}
	for _, secret := range w.secrets(t) {
		if strings.Contains(string(all), secret) {
			t.Errorf("%q was not granted", secret)
		}
	}
	for _, event := range w.events {
		if len(event.Fields) != 1 && event.Action != kyc.Granted || strings.Contains(strings.Join(event.Fields, " "), "birthdate") {
			t.Errorf("%+v", event)
		}
	}
}

// An idempotency key belongs to one company: another's does not find what it
// made.
func TestIdempotencyKeysAreACompanys(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	other, _, err := w.service.NewKey(t.Context(), "Other", nil)
	if err != nil {
		t.Fatal(err)
	}
	asked := kyc.NewSession{Purpose: "Opening an account", Claims: []string{"given_name"}, Retry: "once"}
	mine, mineAt, err := w.service.Create(t.Context(), w.client, asked)
	if err != nil {
		t.Fatal(err)
	}
	theirs, theirsAt, err := w.service.Create(t.Context(), other, asked)
	if err != nil || mine.ID == theirs.ID || mineAt == theirsAt {
		t.Error(mine, theirs, err)
	}
}

// Invented persons are known to sandboxes alone.
func TestPersonasInProduction(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	session, link := w.create(t, "given_name")
	live := w.options
	live.Live = true
	service, err := kyc.New(live)
	if err != nil {
		t.Fatal(err)
	}
	_, err = service.Decide(t.Context(), link, "browser", kyc.Login{Person: w.login(t, nil).Person, Method: "persona"}, []string{"given_name"})
	wantCode(t, err, "kyc.login")
	_, err = service.Result(t.Context(), w.client, session.ID)
	wantCode(t, err, "kyc.state")
	_, err = service.Client(t.Context(), w.key)
	wantCode(t, err, "kyc.key") // a sandbox's
}
