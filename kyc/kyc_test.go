package kyc_test

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
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
