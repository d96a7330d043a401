package kyc_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/certs/ocsp"
	"eidgate/certs/pki"
	"eidgate/certs/pki/pkitest"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
	"eidgate/internal/fault"
	"eidgate/kyc"
	"eidgate/kyc/sdjwt"
	"eidgate/kyc/statuslist"

	"github.com/google/go-cmp/cmp"
)

const origin = "https://kyc.example"

// world is a service with real cards and responders, and the events it wrote.
type world struct {
	service  *kyc.Service
	options  kyc.Options
	pki      *pkitest.World
	database *store.Store
	client   kyc.Client
	key      string
	now      time.Time
	events   []kyc.Access
	failing  error // of the recorder
}

func newWorld(t *testing.T, database *store.Store) *world {
	t.Helper()
	if err := database.Migrate(t.Context(), map[string]fs.FS{"kyc": kyc.Migrations}); err != nil {
		t.Fatal(err)
	}
	w := &world{pki: pkitest.Start(t, nil), database: database, now: time.Now()}
	key, certificate, err := w.pki.IssueAttestation(pki.Organisation{Name: "KYC", Code: "12345678", Hosts: []string{"kyc.example"}})
	if err != nil {
		t.Fatal(err)
	}
	trust, err := certs.NewStore(certs.Test, w.pki.Root())
	if err != nil {
		t.Fatal(err)
	}
	w.options = kyc.Options{
		Database: database, Record: w.record, Origin: origin, Key: key, Chain: []*x509.Certificate{certificate, w.pki.IssuingCA()},
		Verifier: &certs.Verifier{Store: trust, Revocation: &ocsp.Client{}}, Intermediates: []*x509.Certificate{w.pki.IssuingCA()},
		PersonKeys: [][]byte{make([]byte, kyc.PersonKeySize)}, Now: func() time.Time { return w.now }, Random: rand.Reader,
	}
	if w.service, err = kyc.New(w.options); err != nil {
		t.Fatal(err)
	}
	if w.client, w.key, err = w.service.NewKey(t.Context(), "Näidis OÜ 회사", []string{"https://startup.example"}); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) record(_ context.Context, _ db.Querier, a kyc.Access) error {
	if w.failing != nil {
		return w.failing
	}
	w.events = append(w.events, a)
	return nil
}

// login is with the demonstration PKI's card.
func (w *world) login(t *testing.T, applicant *pki.Applicant) kyc.Login {
	t.Helper()
	card := w.pki.Card
	if applicant != nil {
		card = w.pki.Issue(t, *applicant)
	}
	certificate, err := parse(card.Authentication.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	person, err := certs.PersonOf(certificate)
	if err != nil {
		t.Fatal(err)
	}
	return kyc.Login{Person: person, Certificate: certificate, Method: "card"}
}

// parse reads a certificate of a card's file.
func parse(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("not PEM")
	}
	return certs.ParseCertificate(block.Bytes)
}

var everything = []string{"given_name", "family_name", "birthdate", "personal_administrative_number", "issuing_country", "age_equal_or_over.18", "age_equal_or_over.65"}

func (w *world) create(t *testing.T, claims ...string) (kyc.Session, string) {
	t.Helper()
	session, address, err := w.service.Create(t.Context(), w.client, kyc.NewSession{
		Purpose: "Opening an account", Claims: claims, ReturnURL: "https://startup.example/done?x=1", Reference: "customer 7",
	})
	if err != nil {
		t.Fatal(err)
	}
	link, ok := strings.CutPrefix(address, origin+"/verify/")
	if !ok || strings.Contains(link, session.ID) {
		t.Fatalf("the page is at %s", address)
	}
	return session, link
}

// verified is a session that the person granted whole.
func (w *world) verified(t *testing.T, claims ...string) kyc.Session {
	t.Helper()
	session, link := w.create(t, claims...)
	if _, err := w.service.Decide(t.Context(), link, "browser", w.login(t, nil), claims); err != nil {
		t.Fatal(err)
	}
	return session
}

func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if fault.CodeOf(err) != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// A company learns what the person granted, gets an attestation that verifies
// without the service, and sees it revoked; each access is an event.
func TestAttestationFromConsent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		session, link := w.create(t, everything...)
		request, err := w.service.Open(t.Context(), link, "browser", w.login(t, nil))
		if err != nil || request.Client != "Näidis OÜ 회사" || request.Purpose != "Opening an account" || request.ReturnHost != "startup.example" || len(request.Claims) != len(everything) {
			t.Fatalf("%+v, %v", request, err)
		}
		if pending, err := w.service.Session(t.Context(), w.client, session.ID); err != nil || pending.Status != kyc.Pending || pending.Reference != "customer 7" {
			t.Errorf("%+v, %v", pending, err)
		}
		granted := []string{"family_name", "given_name", "age_equal_or_over.18", "age_equal_or_over.65", "birthdate"}
		back, err := w.service.Decide(t.Context(), link, "browser", w.login(t, nil), granted)
		if err != nil || back != "https://startup.example/done?verification_session="+session.ID+"&x=1" {
			t.Fatal(back, err)
		}
		result, err := w.service.Result(t.Context(), w.client, session.ID)
		if err != nil {
			t.Fatal(err)
		}
		person := w.login(t, nil).Person
		want := map[string]any{
			"given_name": person.GivenName, "family_name": person.Surname, "birthdate": "2001-02-03",
			"age_equal_or_over": map[string]any{"18": true, "65": false},
		}
		if diff := cmp.Diff(want, result.VerifiedClaims.Claims); diff != "" {
			t.Error(diff)
		}
		if !slices.Equal(result.Withheld, []string{"personal_administrative_number", "issuing_country"}) ||
			!slices.Equal(result.Coverage.Covered, []string{"names", "date_of_birth"}) || len(result.Coverage.Missing) != 4 || result.Livemode {
			t.Errorf("%+v", result)
		}
		if text, _ := json.Marshal(result); strings.Contains(string(text), person.Identifier.Reveal()[6:]) {
			t.Error("the result holds a personal code that was not granted")
		}
		w.attest(t, session)
		var actions []kyc.Action
		for _, event := range w.events {
			actions = append(actions, event.Action)
			if event.Person != person.Identifier || event.Client.ID != w.client.ID || event.Code != "" {
				t.Errorf("%+v", event)
			}
		}
		if !slices.Equal(actions, []kyc.Action{kyc.Granted, kyc.Read, kyc.Attested, kyc.Revoked}) {
			t.Error(actions)
		}
	})
}

func (w *world) attest(t *testing.T, session kyc.Session) {
	t.Helper()
	a, err := w.service.Attest(t.Context(), w.client, kyc.NewAttestation{Session: session.ID, Claims: []string{"given_name", "age_equal_or_over.18"}})
	if err != nil {
		t.Fatal(err)
	}
	trust := &certs.Verifier{Store: w.options.Verifier.Store} // no network
	verifier := sdjwt.Verifier{Trust: trust, Types: []string{w.service.VCT()}, Now: w.options.Now}
	verified, err := verifier.Verify(t.Context(), a.Text, sdjwt.Expect{})
	if err != nil {
		t.Fatal(err)
	}
	if verified.Claims["given_name"] == nil || verified.Claims["family_name"] != nil || verified.Claims["sub"] == nil || *verified.Status != a.Status {
		t.Errorf("%+v", verified)
	}
	lists := statuslist.Verifier{Trust: trust, Now: w.options.Now}
	status := func() statuslist.Status {
		token, err := w.service.StatusList(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		list, err := lists.Verify(t.Context(), token, a.Status.URI, verified.Certificate)
		if err != nil {
			t.Fatal(err)
		}
		status, err := list.Status(a.Status.Index)
		if err != nil {
			t.Fatal(err)
		}
		return status
	}
	if status() != statuslist.Valid {
		t.Error("revoked from the start")
	}
	for range 2 {
		if revoked, err := w.service.Revoke(t.Context(), w.client, a.ID); err != nil || revoked.RevokedAt.IsZero() {
			t.Fatal(err)
		}
	}
	if status() != statuslist.Invalid {
		t.Error("still valid after it was revoked")
	}
	if kept, err := w.service.Attestation(t.Context(), w.client, a.ID); err != nil || kept.Text != "" || kept.RevokedAt.IsZero() {
		t.Errorf("%+v, %v", kept, err)
	}
}

// Nothing is released when its event cannot be written.
func TestNothingWithoutItsEvent(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	session := w.verified(t, "given_name")
	undecided, link := w.create(t, "given_name")
	a, err := w.service.Attest(t.Context(), w.client, kyc.NewAttestation{Session: session.ID})
	if err != nil {
		t.Fatal(err)
	}
	w.failing = errors.New("the ledger is away")
	if result, err := w.service.Result(t.Context(), w.client, session.ID); err == nil || result != nil {
		t.Error("a result was released:", result)
	}
	if a, err := w.service.Attest(t.Context(), w.client, kyc.NewAttestation{Session: session.ID}); err == nil || a != nil {
		t.Error("an attestation was released:", a)
	}
	if _, err := w.service.Revoke(t.Context(), w.client, a.ID); err == nil {
		t.Error("revoked")
	}
	if kept, err := w.service.Attestation(t.Context(), w.client, a.ID); err != nil || !kept.RevokedAt.IsZero() {
		t.Error("revoked without an event", err)
	}
	if _, err := w.service.Decide(t.Context(), link, "browser", w.login(t, nil), []string{"given_name"}); err == nil {
		t.Error("decided")
	}
	if kept, err := w.service.Session(t.Context(), w.client, undecided.ID); err != nil || kept.Status != kyc.Created {
		t.Errorf("%+v, %v", kept, err)
	}
}

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

// A responder that is away ends nothing: the person tries again.
func TestOutageEndsNothing(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	session, link := w.create(t, "given_name")
	login := w.login(t, nil)
	if err := w.pki.SetOutage("ocsp", pki.OutageDown); err != nil {
		t.Fatal(err)
	}
	if _, err := w.service.Decide(t.Context(), link, "browser", login, []string{"given_name"}); !strings.HasPrefix(fault.CodeOf(err), "ocsp.") {
		t.Error(err)
	}
	if kept, err := w.service.Session(t.Context(), w.client, session.ID); err != nil || kept.Status != kyc.Created || len(w.events) != 0 {
		t.Errorf("%+v, %v, %v", kept, err, w.events)
	}
	if err := w.pki.SetOutage("ocsp", pki.OutageNone); err != nil {
		t.Fatal(err)
	}
	if _, err := w.service.Decide(t.Context(), link, "browser", login, []string{"given_name"}); err != nil {
		t.Error(err)
	}
}

func TestDecliningAndStates(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	session, link := w.create(t, "given_name")
	if _, err := w.service.Decide(t.Context(), link, "browser", w.login(t, nil), nil); err != nil {
		t.Fatal(err)
	}
	ended, err := w.service.Session(t.Context(), w.client, session.ID)
	if err != nil || ended.Status != kyc.Failed || ended.Error != "kyc.declined" || w.events[0].Action != kyc.Declined {
		t.Errorf("%+v, %v", ended, err)
	}
	_, err = w.service.Decide(t.Context(), link, "browser", w.login(t, nil), []string{"given_name"})
	wantCode(t, err, "kyc.state")
	_, err = w.service.Cancel(t.Context(), w.client, session.ID)
	wantCode(t, err, "kyc.state")
	other, link := w.create(t, "given_name")
	if canceled, err := w.service.Cancel(t.Context(), w.client, other.ID); err != nil || canceled.Status != kyc.Canceled {
		t.Error(canceled, err)
	}
	_, err = w.service.Open(t.Context(), link, "browser", w.login(t, nil))
	wantCode(t, err, "kyc.state")
}

// Another company's sessions and attestations do not exist.
func TestClientsAreApart(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	session := w.verified(t, "given_name")
	a, err := w.service.Attest(t.Context(), w.client, kyc.NewAttestation{Session: session.ID})
	if err != nil {
		t.Fatal(err)
	}
	mine, err := w.service.Result(t.Context(), w.client, session.ID)
	if err != nil {
		t.Fatal(err)
	}
	other, key, err := w.service.NewKey(t.Context(), "Other", nil)
	if err != nil {
		t.Fatal(err)
	}
	if found, err := w.service.Client(t.Context(), key); err != nil || found.ID != other.ID {
		t.Error(found, err)
	}
	_, err = w.service.Session(t.Context(), other, session.ID)
	wantCode(t, err, "kyc.unknown")
	_, err = w.service.Result(t.Context(), other, session.ID)
	wantCode(t, err, "kyc.unknown")
	_, err = w.service.Cancel(t.Context(), other, session.ID)
	wantCode(t, err, "kyc.unknown")
	_, err = w.service.Attest(t.Context(), other, kyc.NewAttestation{Session: session.ID})
	wantCode(t, err, "kyc.unknown")
	_, err = w.service.Attestation(t.Context(), other, a.ID)
	wantCode(t, err, "kyc.unknown")
	_, err = w.service.Revoke(t.Context(), other, a.ID)
	wantCode(t, err, "kyc.unknown")
	_, err = w.service.Revoke(t.Context(), w.client, "at_none")
	wantCode(t, err, "kyc.unknown")
	for _, wrong := range []string{"", "sk_test_", w.key + "x", strings.Replace(w.key, "test", "live", 1), strings.Repeat("x", 1000)} {
		_, err := w.service.Client(t.Context(), wrong)
		wantCode(t, err, "kyc.key")
	}
	w.client = other
	theirs, _, err := w.service.Create(t.Context(), other, kyc.NewSession{Purpose: "Same person", Claims: []string{"given_name"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = theirs
	if !strings.HasPrefix(mine.Subject, "sub_") {
		t.Error(mine.Subject)
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

// An attestation never outlives the card, and places are not in order.
func TestAttestationsPlacesAndEnds(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	w.now = w.login(t, nil).Certificate.NotAfter.Add(-24 * time.Hour)
	w.options.Verifier.Now = w.options.Now
	w.options.Verifier.Revocation = nil // the responder's clock is today's
	session := w.verified(t, "given_name")
	var places []uint64
	for range 5 {
		a, err := w.service.Attest(t.Context(), w.client, kyc.NewAttestation{Session: session.ID})
		if err != nil {
			t.Fatal(err)
		}
		if left := a.ExpiresAt.Sub(w.now); left > 24*time.Hour {
			t.Errorf("it lives for %s", left)
		}
		places = append(places, a.Status.Index)
	}
	if slices.IsSorted(places) && places[4]-places[0] < 10 {
		t.Errorf("places tell their order: %v", places)
	}
}
