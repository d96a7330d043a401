package session_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"eidgate/certs/pki/pkitest"
	"eidgate/gateway/session"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
)

// TestLogoutEverywhere: every session of the card ends, each with its record, and
// nobody else's; an invented person's sessions are of many people.
func TestLogoutEverywhere(t *testing.T) {
	world := pkitest.Start(t, nil)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var refuse error
		ended := map[string]bool{}
		c := config(t, s, world)
		c.Recorder = func(_ context.Context, _ db.Querier, a session.Access) error {
			if a.Kind == session.LoggedOut && refuse == nil {
				ended[a.Session] = true
			}
			return refuse
		}
		h, _ := site(t, c)
		here, elsewhere := login(t, h, world), login(t, h, world)
		mary, alsoMary := do(h, "POST", "/auth/persona", "persona=mary", form), do(h, "POST", "/auth/persona", "persona=mary", form)
		is := func(in *httptest.ResponseRecorder, want int) {
			t.Helper()
			if w := do(h, "GET", "/private", "", nil, in); w.Code != want {
				t.Errorf("%d, want %d", w.Code, want)
			}
		}
		const gone = http.StatusSeeOther

		refuse = errors.New("the ledger is away")
		if w := do(h, "POST", "/auth/logout", "everywhere=yes", form, here); w.Code != http.StatusInternalServerError {
			t.Errorf("a logout that was not recorded: %d", w.Code)
		}
		is(here, 200)
		is(elsewhere, 200)
		refuse = nil

		if w := do(h, "POST", "/auth/logout", "everywhere=yes", form, here); w.Code != http.StatusSeeOther || sessionCookie(w) {
			t.Errorf("%d %v", w.Code, w.Header())
		}
		is(here, gone)
		is(elsewhere, gone)
		is(mary, 200)
		if len(ended) != 2 {
			t.Errorf("%d logouts are recorded", len(ended))
		}
		do(h, "POST", "/auth/logout", "everywhere=yes", form, mary)
		is(mary, gone)
		is(alsoMary, 200)
		if w := do(h, "POST", "/auth/logout", "everywhere=yes", form); w.Code != http.StatusSeeOther {
			t.Errorf("nobody's: %d %s", w.Code, strings.TrimSpace(w.Body.String()))
		}
	})
}
