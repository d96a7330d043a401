package api_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"eidgate/gateway/store/storetest"
)

// refusal is what a request is answered when it is not done.
type refusal struct {
	key, method, path, body string
	status                  int
	code, pointer           string
}

func (w *kycWorld) refuses(cases map[string]refusal) {
	w.t.Helper()
	for name, c := range cases {
		r := w.as(c.key, c.method, c.path, c.body)
		p := r.problem()
		if r.StatusCode != c.status || p.Code != c.code || p.RequestID == "" || p.Detail == "" {
			w.t.Errorf("%s: %d %s, want %d %s", name, r.StatusCode, r.body, c.status, c.code)
		}
		if c.pointer != "" && (len(p.Errors) != 1 || p.Errors[0].Pointer != c.pointer) {
			w.t.Errorf("%s: %s does not point at %s", name, r.body, c.pointer)
		}
	}
}

const sessions = "/v1/verification_sessions"

// Every way to ask for a verification wrongly.
func TestRefusedVerifications(t *testing.T) {
	w := newKYCWorld(t, storetest.Open(t, storetest.SQLite(t)))
	ask := func(members string) string {
		return `{"purpose":"Opening an account","requested_claims":["given_name"]` + members + `}`
	}
	other := func(purpose, claims string) string {
		return `{"purpose":` + purpose + `,"requested_claims":` + claims + `}`
	}
	const post, invalid = http.MethodPost, "request.invalid"
	w.refuses(map[string]refusal{
		"no key":                {"", post, sessions, ask(""), 401, "kyc.key", ""},
		"unknown key":           {"sk_test_" + strings.Repeat("A", 43), post, sessions, ask(""), 401, "kyc.key", ""},
		"a live key":            {strings.Replace(w.key, "test", "live", 1), post, sessions, ask(""), 401, "kyc.key", ""},
		"unknown field":         {w.key, post, sessions, ask(`,"surprise":1`), 422, invalid, "/surprise"},
		"wrong type":            {w.key, post, sessions, other(`"Opening"`, `"given_name"`), 422, invalid, "/requested_claims"},
		"wrong type of a claim": {w.key, post, sessions, other(`"Opening"`, `["given_name",7]`), 422, invalid, "/requested_claims/1"},
		"no claims":             {w.key, post, sessions, other(`"Opening"`, `[]`), 422, invalid, "/requested_claims"},
		"purpose missing":       {w.key, post, sessions, `{"requested_claims":["given_name"]}`, 422, invalid, "/purpose"},
		"purpose too short":     {w.key, post, sessions, other(`"x"`, `["given_name"]`), 422, invalid, "/purpose"},
		"purpose unprintable":   {w.key, post, sessions, other(`"Open\u0007ing"`, `["given_name"]`), 422, "kyc.purpose", "/purpose"},
		"unknown claim":         {w.key, post, sessions, other(`"Opening"`, `["shoe_size"]`), 422, "kyc.claims", "/requested_claims"},
		"a claim twice":         {w.key, post, sessions, other(`"Opening"`, `["given_name","given_name"]`), 422, "kyc.claims", "/requested_claims"},
		"unknown level":         {w.key, post, sessions, ask(`,"min_acr":"extreme"`), 422, invalid, "/min_acr"},
		"another's return":      {w.key, post, sessions, ask(`,"return_url":"https://evil.example/"`), 422, "kyc.return-url", "/return_url"},
		"return without origin": {w.key, post, sessions, ask(`,"return_url":"javascript:alert(1)"`), 422, "kyc.return-url", "/return_url"},
		"reference unprintable": {w.key, post, sessions, ask(`,"client_reference_id":"a\nb"`), 422, "kyc.reference", "/client_reference_id"},
		"a member twice":        {w.key, post, sessions, ask(`,"purpose":"Another"`), 400, "request.malformed", ""},
		"half":                  {w.key, post, sessions, `{"purpose":`, 400, "request.malformed", ""},
		"unknown session":       {w.key, http.MethodGet, sessions + "/vs_nothing", "", 404, "kyc.unknown", ""},
		"no key for a session":  {"", http.MethodGet, sessions + "/vs_nothing", "", 401, "kyc.key", ""},
		"unknown result":        {w.key, http.MethodGet, sessions + "/vs_nothing/result", "", 404, "kyc.unknown", ""},
		"cancelling nothing":    {w.key, post, sessions + "/vs_nothing/cancel", "", 404, "kyc.unknown", ""},
		"unknown attestation":   {w.key, http.MethodGet, "/v1/attestations/at_nothing", "", 404, "kyc.unknown", ""},
		"revoking nothing":      {w.key, post, "/v1/attestations/at_nothing/revoke", "", 404, "kyc.unknown", ""},
		"no key for revoking":   {"", post, "/v1/attestations/at_nothing/revoke", "", 401, "kyc.key", ""},
	})
	r := w.call(w.program, post, sessions, "text/plain", strings.NewReader(ask("")), "Authorization", "Bearer "+w.key)
	if r.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("text: %d %s", r.StatusCode, r.body)
	}
	r = w.call(w.program, http.MethodGet, sessions+"/vs_x", "", nil, "Authorization", "Basic "+w.key)
	if r.problem().Code != "kyc.key" || r.Header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("another scheme: %d %s", r.StatusCode, r.body)
	}
	if w.recorded() != "" {
		t.Errorf("recorded %s", w.recorded())
	}
}

// begin makes a session and gives its id and its page.
func (w *kycWorld) begin() (id, url string) {
	w.t.Helper()
	r := w.as(w.key, http.MethodPost, sessions, `{"purpose":"Opening an account","requested_claims":["given_name","family_name"]}`)
	var made struct{ ID, URL string }
	if err := json.Unmarshal(r.body, &made); err != nil || r.StatusCode != http.StatusCreated {
		w.t.Fatalf("%d %s", r.StatusCode, r.body)
	}
	return made.ID, made.URL
}

// Nothing leaves before the person consents, nothing that she did not grant, and
// nothing to another company.
func TestRefusedReleases(t *testing.T) {
	w := newKYCWorld(t, storetest.Open(t, storetest.SQLite(t)))
	undecided, _ := w.begin()
	declined, url := w.begin()
	w.consent(url)
	id, url := w.begin()
	w.consent(url, "given_name")
	issued := w.as(w.key, http.MethodPost, "/v1/attestations", `{"session":"`+id+`"}`)
	var a struct{ ID string }
	if err := json.Unmarshal(issued.body, &a); err != nil || issued.StatusCode != http.StatusCreated {
		t.Fatalf("%s", issued.body)
	}
	attest := func(members string) string { return `{"session":"` + id + `"` + members + `}` }
	const jwk = `"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"`
	const attestations, post, get = "/v1/attestations", http.MethodPost, http.MethodGet
	before := w.recorded()
	w.refuses(map[string]refusal{
		"undecided result":        {w.key, get, sessions + "/" + undecided + "/result", "", 409, "kyc.state", ""},
		"declined result":         {w.key, get, sessions + "/" + declined + "/result", "", 409, "kyc.state", ""},
		"undecided attestation":   {w.key, post, attestations, `{"session":"` + undecided + `"}`, 409, "kyc.state", ""},
		"declined attestation":    {w.key, post, attestations, `{"session":"` + declined + `"}`, 409, "kyc.state", ""},
		"cancelling the decided":  {w.key, post, sessions + "/" + id + "/cancel", "", 409, "kyc.state", ""},
		"another's session":       {w.other, get, sessions + "/" + id, "", 404, "kyc.unknown", ""},
		"another's result":        {w.other, get, sessions + "/" + id + "/result", "", 404, "kyc.unknown", ""},
		"another's cancellation":  {w.other, post, sessions + "/" + undecided + "/cancel", "", 404, "kyc.unknown", ""},
		"attesting another's":     {w.other, post, attestations, attest(""), 404, "kyc.unknown", ""},
		"another's attestation":   {w.other, get, attestations + "/" + a.ID, "", 404, "kyc.unknown", ""},
		"revoking another's":      {w.other, post, attestations + "/" + a.ID + "/revoke", "", 404, "kyc.unknown", ""},
		"a claim not granted":     {w.key, post, attestations, attest(`,"claims":["family_name"]`), 403, "kyc.not-granted", "/claims"},
		"a claim never asked for": {w.key, post, attestations, attest(`,"claims":["birthdate"]`), 403, "kyc.not-granted", "/claims"},
		"too short a life":        {w.key, post, attestations, attest(`,"ttl":59`), 422, "kyc.lifetime", "/ttl"},
		"too long a life":         {w.key, post, attestations, attest(`,"ttl":34560001`), 422, "kyc.lifetime", "/ttl"},
		"a life beyond numbers":   {w.key, post, attestations, attest(`,"ttl":9223372036854775807`), 422, "request.invalid", "/ttl"},
		"a private key":           {w.key, post, attestations, attest(`,"holder_jwk":{` + jwk + `,"d":"AA"}`), 422, "request.invalid", "/holder_jwk/d"},
		"another curve":           {w.key, post, attestations, attest(`,"holder_jwk":{` + strings.Replace(jwk, "P-256", "P-384", 1) + `}`), 422, "request.invalid", "/holder_jwk/crv"},
		"a point off the curve":   {w.key, post, attestations, attest(`,"holder_jwk":{` + strings.Replace(jwk, "f83O", "f83P", 1) + `}`), 422, "kyc.holder-key", "/holder_jwk"},
		"no session":              {w.key, post, attestations, `{}`, 422, "request.invalid", "/session"},
	})
	if after := w.recorded(); after != before {
		t.Errorf("recorded %s, before %s", after, before)
	}
	if r := w.as(w.key, post, attestations, attest(`,"holder_jwk":{`+jwk+`}`)); r.StatusCode != http.StatusCreated {
		t.Errorf("a good key: %d %s", r.StatusCode, r.body)
	}
}

// What cannot be recorded is not released.
func TestNothingIsReleasedUnrecorded(t *testing.T) {
	w := newKYCWorld(t, storetest.Open(t, storetest.SQLite(t)))
	id, url := w.begin()
	w.consent(url, "given_name")
	w.mu.Lock()
	w.recordFails = errors.New("the ledger is away")
	w.mu.Unlock()
	for _, c := range [][3]string{{http.MethodGet, sessions + "/" + id + "/result"}, {http.MethodPost, "/v1/attestations", `{"session":"` + id + `"}`}} {
		r := w.as(w.key, c[0], c[1], c[2])
		if r.StatusCode != http.StatusInternalServerError || strings.Contains(string(r.body), w.pki.Card.GivenNames) || strings.Contains(string(r.body), "ledger") {
			t.Errorf("%s: %d %s", c[1], r.StatusCode, r.body)
		}
	}
}

// What verifiers fetch is for everybody, and cached as long as it may be used.
func TestPublicAddresses(t *testing.T) {
	w := newKYCWorld(t, storetest.Open(t, storetest.SQLite(t)))
	for path, c := range map[string][2]string{
		"/.well-known/jwt-vc-issuer": {"application/json; charset=utf-8", `"issuer":"https://kyc.example"`},
		"/vct/eid-kyc/v1":            {"application/json; charset=utf-8", `"vct":"https://kyc.example/vct/eid-kyc/v1"`},
		"/statuslists/1":             {"application/statuslist+jwt", "eyJ"},
	} {
		r := w.as("", http.MethodGet, path, "")
		if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != c[0] || !strings.Contains(string(r.body), c[1]) ||
			r.Header.Get("Access-Control-Allow-Origin") != "*" || r.Header.Get("Cache-Control") != "public, max-age=60" {
			t.Errorf("%s: %d %v %s", path, r.StatusCode, r.Header, r.body)
		}
	}
	for _, number := range []string{"0", "2", "01", "-1", "x", "9223372036854775808"} {
		r := w.as("", http.MethodGet, "/statuslists/"+number, "")
		if r.StatusCode != http.StatusNotFound || r.problem().Code != "kyc.unknown" || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("list %s: %d %s", number, r.StatusCode, r.body)
		}
	}
}

func TestServiceWithoutVerifications(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	w := newKYCWorld(t, s)
	w.api = w.interfaces(t, s, nil)
	w.serve(t)
	for _, path := range []string{sessions + "/vs_x", "/v1/attestations/at_x", "/statuslists/1", "/vct/eid-kyc/v1", "/.well-known/jwt-vc-issuer"} {
		if r := w.as(w.key, http.MethodGet, path, ""); r.StatusCode != http.StatusNotImplemented || r.problem().Code != "kyc.off" {
			t.Errorf("%s: %d %s", path, r.StatusCode, r.body)
		}
	}
}
