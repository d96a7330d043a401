package kyc_test

import (
	"sync"
	"testing"
	"time"

	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/kyc"
)

// Many requests with one idempotency key make one session, which they all get.
func TestOneKeyMakesOneSession(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		asked := kyc.NewSession{Purpose: "Opening an account", Claims: []string{"given_name"}, Retry: "once"}
		var wait sync.WaitGroup
		var mu sync.Mutex // guards made
		made := map[string]int{}
		for range 12 {
			wait.Go(func() {
				session, address, err := w.service.Create(t.Context(), w.client, asked)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				made[session.ID+" "+address]++
			})
		}
		wait.Wait()
		if len(made) != 1 {
			t.Errorf("one key made %v", made)
		}
		for name, other := range map[string]kyc.NewSession{
			"purpose": {Purpose: "Opening a shop", Claims: asked.Claims, Retry: "once"},
			"claims":  {Purpose: asked.Purpose, Claims: []string{"family_name"}, Retry: "once"},
		} {
			if _, _, err := w.service.Create(t.Context(), w.client, other); err == nil {
				t.Errorf("another %s with the key", name)
			} else {
				wantCode(t, err, "api.idempotency-mismatch")
			}
		}
	})
}

// An attestation is made once for a key, and a refused request uses none up.
func TestOneKeyMakesOneAttestation(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		session := w.verified(t, "given_name")
		asked := kyc.NewAttestation{Session: session.ID, Claims: []string{"family_name"}, Retry: "once"}
		_, err := w.service.Attest(t.Context(), w.client, asked)
		wantCode(t, err, "kyc.not-granted")
		asked.Claims = nil
		first, err := w.service.Attest(t.Context(), w.client, asked)
		if err != nil || first.Text == "" {
			t.Fatal(err)
		}
		if again, err := w.service.Attest(t.Context(), w.client, asked); err != nil || again.ID != first.ID || again.Text != "" || again.Status != first.Status {
			t.Errorf("%+v, %v", again, err)
		}
		asked.Life = time.Hour
		_, err = w.service.Attest(t.Context(), w.client, asked)
		wantCode(t, err, "api.idempotency-mismatch")
		var issued int
		for _, e := range w.events {
			if e.Action == kyc.Attested {
				issued++
			}
		}
		if issued != 1 {
			t.Errorf("%d attestations were recorded", issued)
		}
	})
}

// Looking takes no page; who has decided sees the decision, others do not.
func TestLook(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	session, link := w.create(t, "given_name")
	look := func(browser, want string) kyc.Request {
		t.Helper()
		r, err := w.service.Look(t.Context(), link, browser)
		wantCode(t, err, want)
		if want != "" && r.Client != "" {
			t.Errorf("refused with %s, and yet %+v", want, r)
		}
		return r
	}
	if r := look("", ""); r.Status != kyc.Created || r.Purpose == "" || r.Return != "" {
		t.Errorf("%+v", r)
	}
	if _, err := w.service.Open(t.Context(), link, "browser", w.login(t, nil)); err != nil {
		t.Fatal("looking took the page:", err)
	}
	if r := look("browser", ""); r.Status != kyc.Pending {
		t.Errorf("%+v", r)
	}
	look("", "kyc.browser")
	look("another", "kyc.browser")
	if _, err := w.service.Decide(t.Context(), link, "browser", w.login(t, nil), []string{"given_name"}); err != nil {
		t.Fatal(err)
	}
	if r := look("browser", ""); r.Status != kyc.Verified || r.Return != "https://startup.example/done?verification_session="+session.ID+"&x=1" {
		t.Errorf("%+v", r)
	}
	look("", "kyc.state")
	look("another", "kyc.state")
	_, link = w.create(t, "given_name")
	w.now = w.now.Add(kyc.SessionLife)
	look("browser", "kyc.expired")
	link = "nothing"
	look("browser", "kyc.unknown")
}
