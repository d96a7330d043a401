package api_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/kyc/client"
	"eidgate/kyc/sdjwt"
)

// A company's program goes the whole way: session, result, attestation that
// verifies offline, and revocation that its verifier sees.
func TestCompanyGetsAnAttestation(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newKYCWorld(t, s)
		startup := w.startup()
		session, err := startup.CreateSession(t.Context(), client.NewSession{
			Purpose: "Opening an account", Claims: []string{"given_name", "birthdate", "age_equal_or_over.18"},
			MinimumAssurance: "low", ReturnURL: "https://startup.example/done", Reference: "customer 7",
		})
		if err != nil || session.Status != "created" || session.LastError != nil || session.ExpiresAt.Before(w.now) {
			t.Fatalf("%+v, %v", session, err)
		}
		w.consent(session.URL, "given_name", "age_equal_or_over.18")
		if now, err := startup.Session(t.Context(), session.ID); err != nil || now.Status != "verified" || now.URL != "" {
			t.Fatalf("%+v, %v", now, err)
		}
		w.checkResult(session.ID)
		issued, err := startup.Attest(t.Context(), client.NewAttestation{Session: session.ID, Claims: []string{"age_equal_or_over.18"}, TTL: 3600})
		if err != nil || issued.Status != "valid" {
			t.Fatalf("%+v, %v", issued, err)
		}
		v := w.verifier()
		verified, err := v.Verify(t.Context(), issued.Text, sdjwt.Expect{})
		if err != nil {
			t.Fatal(err)
		}
		if err := v.Check(t.Context(), verified); err != nil {
			t.Fatal(err)
		}
		for range 2 { // again changes nothing
			if revoked, err := startup.Revoke(t.Context(), issued.ID); err != nil || revoked.Status != "revoked" || revoked.Text != "" {
				t.Fatalf("%+v, %v", revoked, err)
			}
		}
		w.advance(61 * time.Second)
		if err := v.Check(t.Context(), verified); !errors.Is(err, client.ErrRevoked) {
			t.Error(err)
		}
		if got, want := w.recorded(), "verification.granted verification.read attestation.issued attestation.revoked"; got != want {
			t.Errorf("recorded %s", got)
		}
	})
}

// checkResult reads a result as it is on the wire.
func (w *kycWorld) checkResult(session string) {
	w.t.Helper()
	r := w.as(w.key, http.MethodGet, "/v1/verification_sessions/"+session+"/result", "")
	var got struct {
		Livemode bool `json:"livemode"`
		Claims   struct {
			Claims map[string]any `json:"claims"`
		} `json:"verified_claims"`
		Withheld []string          `json:"withheld"`
		Source   map[string]string `json:"source"`
	}
	if err := json.Unmarshal(r.body, &got); err != nil || r.StatusCode != http.StatusOK {
		w.t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	ages, _ := got.Claims.Claims["age_equal_or_over"].(map[string]any)
	if got.Claims.Claims["given_name"] != w.pki.Card.GivenNames || ages["18"] != true || len(got.Claims.Claims) != 2 ||
		strings.Join(got.Withheld, " ") != "birthdate" || got.Livemode || got.Source["method"] != "card" {
		w.t.Errorf("%s", r.body)
	}
}

// What is told of sessions and attestations is as the document says, whatever
// became of them.
func TestSessionsAndAttestationsAsTheyAre(t *testing.T) {
	w := newKYCWorld(t, storetest.Open(t, storetest.SQLite(t)))
	const ask = `{"purpose":"Opening an account","requested_claims":["given_name"]}`
	field := func(r *reply, name string) string {
		t.Helper()
		var got map[string]any
		if err := json.Unmarshal(r.body, &got); err != nil {
			t.Fatalf("%d %s", r.StatusCode, r.body)
		}
		text, _ := got[name].(string)
		return text
	}
	made := w.as(w.key, http.MethodPost, "/v1/verification_sessions", ask)
	at := "/v1/verification_sessions/" + field(made, "id")
	if made.StatusCode != http.StatusCreated || made.Header.Get("Location") != at {
		t.Fatalf("%d %s", made.StatusCode, made.body)
	}
	for range 2 {
		if r := w.as(w.key, http.MethodPost, at+"/cancel", ""); r.StatusCode != http.StatusOK || field(r, "status") != "canceled" {
			t.Errorf("%d %s", r.StatusCode, r.body)
		}
	}
	made = w.as(w.key, http.MethodPost, "/v1/verification_sessions", ask)
	at = "/v1/verification_sessions/" + field(made, "id")
	w.consent(field(made, "url"))
	if r := w.as(w.key, http.MethodGet, at, ""); field(r, "status") != "failed" || !strings.Contains(string(r.body), `"last_error":{"code":"kyc.declined"}`) {
		t.Errorf("declined: %s", r.body)
	}
	made = w.as(w.key, http.MethodPost, "/v1/verification_sessions", ask)
	session := field(made, "id")
	w.consent(field(made, "url"), "given_name")
	issued := w.as(w.key, http.MethodPost, "/v1/attestations", `{"session":"`+session+`","ttl":60}`)
	at = "/v1/attestations/" + field(issued, "id")
	if issued.StatusCode != http.StatusCreated || issued.Header.Get("Location") != at || field(issued, "attestation") == "" {
		t.Fatalf("%d %s", issued.StatusCode, issued.body)
	}
	if r := w.as(w.key, http.MethodGet, at, ""); field(r, "status") != "valid" || field(r, "attestation") != "" || field(r, "session") != session {
		t.Errorf("%s", r.body)
	}
	w.advance(time.Minute)
	if r := w.as(w.key, http.MethodGet, at, ""); field(r, "status") != "expired" {
		t.Errorf("%s", r.body)
	}
	if r := w.as(w.key, http.MethodPost, at+"/revoke", ""); field(r, "status") != "revoked" || field(r, "revoked_at") == "" {
		t.Errorf("%s", r.body)
	}
	w.advance(2 * time.Hour)
	made = w.as(w.key, http.MethodPost, "/v1/verification_sessions", ask)
	w.advance(time.Hour)
	if r := w.as(w.key, http.MethodGet, "/v1/verification_sessions/"+field(made, "id"), ""); field(r, "status") != "expired" {
		t.Errorf("%s", r.body)
	}
}

// A request that is sent again makes nothing twice.
func TestRepeatedRequests(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newKYCWorld(t, s)
		const ask = `{"purpose":"Opening an account","requested_claims":["given_name"]}`
		post := func(key, path, body string) (a struct{ ID, URL, Attestation string }) {
			t.Helper()
			r := w.as(key, http.MethodPost, path, body, "Idempotency-Key", "once")
			if err := json.Unmarshal(r.body, &a); err != nil || r.StatusCode != http.StatusCreated {
				t.Fatalf("%d %s", r.StatusCode, r.body)
			}
			return a
		}
		first := post(w.key, "/v1/verification_sessions", ask)
		if again := post(w.key, "/v1/verification_sessions", ask); again != first {
			t.Errorf("%+v, then %+v", first, again)
		}
		if another := post(w.other, "/v1/verification_sessions", ask); another.ID == first.ID || another.URL == first.URL {
			t.Error("two companies share a session")
		}
		r := w.as(w.key, http.MethodPost, "/v1/verification_sessions", strings.Replace(ask, "an account", "a shop", 1), "Idempotency-Key", "once")
		if r.StatusCode != http.StatusUnprocessableEntity || r.problem().Code != "api.idempotency-mismatch" {
			t.Errorf("another request: %d %s", r.StatusCode, r.body)
		}
		w.consent(first.URL, "given_name")
		body := `{"session":"` + first.ID + `"}`
		issued := post(w.key, "/v1/attestations", body)
		if again := post(w.key, "/v1/attestations", body); again.ID != issued.ID || again.Attestation != "" || issued.Attestation == "" {
			t.Errorf("%+v, then %+v", issued, again)
		}
		if got := w.recorded(); got != "verification.granted attestation.issued" {
			t.Errorf("recorded %s", got)
		}
	})
}
