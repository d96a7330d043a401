package pages_test

import (
	"context"
	"crypto/rand"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/mod/sumdb/note"

	"eidgate/card/webeid"
	"eidgate/certs"
	"eidgate/certs/pki/pkitest"
	"eidgate/gateway/audit"
	"eidgate/gateway/ledger"
	"eidgate/gateway/pages"
	"eidgate/gateway/session"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/gateway/web"
	"eidgate/internal/db"
)

// office is the pages about uses of data over a real ledger, with personas for
// people; jaak is an official.
type office struct {
	*httptest.Server
	database *store.Store
	events   *audit.Events
	log      *ledger.Log
}

var (
	yejin = certs.NewIdentifier("PNOEE-60102030018")
)

func newOffice(t *testing.T, database *store.Store) *office {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(database.Migrate(t.Context(), map[string]fs.FS{"ledger": ledger.Migrations, "audit": audit.Migrations, "session": session.Migrations}))
	secret, public, err := note.GenerateKey(rand.Reader, "pages.test")
	must(err)
	signer, err := note.NewSigner(secret)
	must(err)
	verifier, err := note.NewVerifier(public)
	must(err)
	o := &office{database: database}
	dir := t.TempDir()
	o.log, err = ledger.Open(t.Context(), ledger.Options{
		Database: database, Tiles: filepath.Join(dir, "tiles"), HeadFile: filepath.Join(dir, "head"), Signer: signer, Verifier: verifier,
		Node: "one", CheckpointEvery: 100 * time.Millisecond, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	must(err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { o.log.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done; o.log.Close() })
	o.events = audit.New(audit.Options{Database: database, Ledger: o.log, Pepper: [32]byte{7}, Random: rand.Reader})
	roles, err := audit.ParseRoles([]byte("roles:\n  - person: PNOEE-38001085718\n    role: official\n    organisation: \"70000000\"\n    organisation-name: Inspectorate\n    legal-basis: GDPR Art. 58(1)(e)\n"))
	must(err)
	world := pkitest.Start(t, nil)
	sessions, err := session.New(session.Config{
		Database: database, Validator: &webeid.Validator{Origin: "https://example.ee", Verifier: world.Verifier(t)},
		Now: time.Now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler), Personas: true, Idle: time.Hour, Absolute: time.Hour, Nonce: time.Minute,
	})
	must(err)
	renderer, err := web.New(web.Options{Sandbox: true, Visitor: pages.Visitor, Log: slog.New(slog.DiscardHandler)})
	must(err)
	a, err := pages.NewAudit(pages.AuditOptions{Renderer: renderer, Sessions: sessions, Events: o.events, Roles: roles})
	must(err)
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(sessions.Load(), pages.Visitors())
	sessions.Mount(router)
	a.Mount(router)
	o.Server = httptest.NewTLSServer(router)
	t.Cleanup(o.Close)
	return o
}

// record writes an event and waits until the signed ledger holds it.
func (o *office) record(t *testing.T, event audit.Event) string {
	t.Helper()
	var id string
	err := o.database.Tx(t.Context(), func(tx db.Querier) error {
		var err error
		id, err = o.events.Record(t.Context(), tx, event)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	o.log.Wake()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if state, err := o.log.State(t.Context(), id); err == nil && state.Signed {
			return id
		}
	}
	t.Fatal("the ledger does not sign the event")
	return ""
}

// visitor is a browser of somebody's.
func (o *office) visitor(t *testing.T, persona string) func(method, path string, form url.Values) (int, http.Header, string) {
	t.Helper()
	client := *o.Client()
	var err error
	if client.Jar, err = cookiejar.New(nil); err != nil {
		t.Fatal(err)
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	ask := func(method, path string, form url.Values) (int, http.Header, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, o.URL+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		if form != nil {
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, response.Header, string(body)
	}
	if persona != "" {
		if status, _, body := ask("POST", "/auth/persona", url.Values{"persona": {persona}}); status != http.StatusSeeOther {
			t.Fatalf("%d %s", status, body)
		}
	}
	return ask
}

func reading(subject certs.Identifier) audit.Event {
	return audit.Event{
		Kind: audit.Exchange, Action: "exchange.read", Subject: subject, Service: "rr/person", Fields: []string{"address"},
		Actor:   audit.Actor{Organisation: "70000001", OrganisationName: "Rahvastikuregister", Authentication: "xroad"},
		Purpose: "Toetuse määramine", LegalBasis: "RRS § 46", Result: audit.Done,
	}
}

func TestUsagePages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database *store.Store) {
		o := newOffice(t, database)
		id := o.record(t, reading(yejin))
		me, other, nobody := o.visitor(t, "yejin"), o.visitor(t, "mary"), o.visitor(t, "")
		_, _, page := me("GET", "/usage", nil)
		for _, want := range []string{"Rahvastikuregister", "Toetuse määramine", "RRS § 46", "in the signed ledger", "/usage/" + id + "/proof"} {
			if !strings.Contains(page, want) {
				t.Errorf("the list does not say %q", want)
			}
		}
		if status, _, page := me("GET", "/usage/"+id, nil); status != 200 || !strings.Contains(page, id) {
			t.Errorf("the event: %d", status)
		}
		status, header, proof := me("GET", "/usage/"+id+"/proof", nil)
		if status != 200 || !strings.Contains(proof, "tlog-proof") || !strings.Contains(header.Get("Content-Disposition"), ".tlog-proof") {
			t.Errorf("the proof: %d %q", status, proof)
		}
		if _, _, page := other("GET", "/usage", nil); strings.Contains(page, id) || !strings.Contains(page, "Nobody has used your data") {
			t.Error("somebody else sees the event")
		}
		for _, path := range []string{"/usage/" + id, "/usage/" + id + "/proof", "/usage/evt_none"} {
			if status, _, _ := other("GET", path, nil); status != http.StatusNotFound {
				t.Errorf("somebody else's %s: %d", path, status)
			}
			if status, header, _ := nobody("GET", path, nil); status != http.StatusSeeOther || !strings.HasPrefix(header.Get("Location"), "/login?") {
				t.Errorf("nobody's %s: %d", path, status)
			}
		}
		if _, err := database.ExecContext(t.Context(), `UPDATE audit_event SET organisation = 'x' WHERE id = $1`, id); err != nil {
			t.Fatal(err)
		}
		if _, _, page := me("GET", "/usage", nil); !strings.Contains(page, "This record is not what was written.") || strings.Contains(page, id+"/proof") {
			t.Error("a changed event looks like a good one")
		}
	})
}

func TestReviewPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database *store.Store) {
		o := newOffice(t, database)
		id := o.record(t, reading(yejin))
		official, me := o.visitor(t, "jaak"), o.visitor(t, "yejin")
		if status, _, page := me("GET", "/review", nil); status != http.StatusForbidden || !strings.Contains(page, "audit.not-official") {
			t.Errorf("somebody who is no official: %d", status)
		}
		for _, path := range []string{"/review", "/review/open"} {
			if status, _, _ := me("POST", path, url.Values{"reason": {"curious"}, "id": {id}}); status != http.StatusForbidden {
				t.Errorf("somebody who is no official posts to %s: %d", path, status)
			}
		}
		if status, _, page := official("GET", "/review", nil); status != 200 || strings.Contains(page, id) {
			t.Errorf("the form: %d", status)
		}
		for reason, form := range map[string]url.Values{
			"Say why you look":     {"person": {"PNOEE-60102030018"}},
			"A day cannot be read": {"reason": {"2026-17"}, "from": {"yesterday"}},
			"A person is written":  {"reason": {"2026-17"}, "person": {"Mari Maasikas"}},
		} {
			if status, _, page := official("POST", "/review", form); status != http.StatusUnprocessableEntity || !strings.Contains(page, reason) || strings.Contains(page, id) {
				t.Errorf("%v: %d", form, status)
			}
		}
		today := time.Now().UTC().Format(time.DateOnly)
		form := url.Values{"person": {"PNOEE-60102030018"}, "organisation": {"70000001"}, "kind": {"exchange"}, "from": {today}, "to": {today}, "reason": {"2026-17"}}
		_, _, page := official("POST", "/review", form)
		if !strings.Contains(page, id) || !strings.Contains(page, "1 record") || !regexp.MustCompile(`value="PNOEE-60102030018"`).MatchString(page) {
			t.Errorf("the search finds %s", page)
		}
		for _, person := range []string{"EE60102030018", "60102030018", "pnoee-60102030018"} {
			form.Set("person", person)
			if _, _, page := official("POST", "/review", form); !strings.Contains(page, id) {
				t.Errorf("a person written as %q is not found", person)
			}
		}
		form.Set("organisation", "70000002")
		if _, _, page := official("POST", "/review", form); strings.Contains(page, id) {
			t.Error("another organisation's search finds it")
		}
		if status, _, page := official("POST", "/review/open", url.Values{"id": {id}, "reason": {"2026-17"}}); status != 200 || !strings.Contains(page, "Your search is itself recorded") {
			t.Errorf("the detail: %d", status)
		}
		status, header, proof := official("POST", "/review/proof", url.Values{"id": {id}, "reason": {"2026-17"}})
		if status != http.StatusOK || !strings.Contains(header.Get("Content-Disposition"), id+".tlog-proof") || !strings.Contains(proof, "tlog-proof@v1") {
			t.Errorf("the proof: %d", status)
		}
		for _, path := range []string{"/review/open", "/review/proof"} {
			if status, _, _ := official("POST", path, url.Values{"id": {id}}); status != http.StatusUnprocessableEntity {
				t.Errorf("%s without a reason: %d", path, status)
			}
			if status, _, _ := me("POST", path, url.Values{"id": {id}, "reason": {"2026-17"}}); status != http.StatusForbidden {
				t.Errorf("%s by somebody: %d", path, status)
			}
		}
		_, _, page = me("GET", "/usage", nil)
		for _, want := range []string{"An official searched the records", "An official opened this record", "An official took the proof", "Inspectorate", "JAAK-KRISTJAN JÕEORG", "GDPR Art. 58(1)(e)", "2026-17"} {
			if !strings.Contains(page, want) {
				t.Errorf("the person does not see %q of the review", want)
			}
		}
	})
}

// A long list is led through page by page.
func TestUsagePager(t *testing.T) {
	o := newOffice(t, storetest.Open(t, storetest.SQLite(t)))
	for range 45 {
		if err := o.database.Tx(t.Context(), func(tx db.Querier) error {
			_, err := o.events.Record(t.Context(), tx, reading(yejin))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	me := o.visitor(t, "yejin")
	for path, want := range map[string][]string{
		"/usage":                          {"1–20 of 45", `href="?offset=20"`},
		"/usage?offset=20":                {"21–40 of 45", `href="?offset=0"`, `href="?offset=40"`},
		"/usage?offset=40":                {"41–45 of 45", `href="?offset=20"`},
		"/usage?offset=-5":                {"1–20 of 45"},
		"/usage?offset=99999999999999999": {"1–20 of 45"},
	} {
		_, _, page := me("GET", path, nil)
		for _, text := range want {
			if !strings.Contains(page, text) {
				t.Errorf("%s does not say %q", path, text)
			}
		}
		if strings.Contains(page, "?offset=60") {
			t.Errorf("%s leads beyond the end", path)
		}
	}
}
