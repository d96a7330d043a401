package kyc_test

import (
	"testing"
	"time"

	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/kyc"
)

// A company changes its key without a pause: two are good together and see the
// same, and the one that is revoked ends at once, also on a node that has just
// used it.
func TestKeysAreChangedWithoutAPause(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		node, err := kyc.New(w.options) // another node of the service
		if err != nil {
			t.Fatal(err)
		}
		keys := kyc.Keys{Database: s, Now: w.options.Now, Random: w.options.Random}
		session, _ := w.create(t, "given_name")
		w.now = w.now.Add(time.Second)
		second, secret, err := keys.Add(t.Context(), w.client.ID)
		if err != nil || second.Client.Name != w.client.Name {
			t.Fatal(second, err)
		}
		for _, key := range []string{w.key, secret} {
			for _, service := range []*kyc.Service{w.service, node} {
				client, err := service.Client(t.Context(), key)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := service.Session(t.Context(), client, session.ID); err != nil {
					t.Error(err)
				}
			}
		}
		list, err := keys.List(t.Context())
		if err != nil || len(list) != 2 || list[1].ID != second.ID || list[0].Client.Returns[0] != "https://startup.example" {
			t.Fatalf("%+v, %v", list, err)
		}
		for range 2 { // again changes nothing
			revoked, err := keys.Revoke(t.Context(), list[0].ID)
			if err != nil || !revoked.Revoked.Equal(w.now.Truncate(time.Microsecond)) {
				t.Error(revoked, err)
			}
			for _, service := range []*kyc.Service{w.service, node} {
				_, err = service.Client(t.Context(), w.key)
				wantCode(t, err, "kyc.key-revoked")
				if _, err := service.Client(t.Context(), secret); err != nil {
					t.Error(err)
				}
			}
		}
		_, err = keys.Revoke(t.Context(), "ak_none")
		wantCode(t, err, "kyc.unknown-key")
		_, _, err = keys.Add(t.Context(), "cl_none")
		wantCode(t, err, "kyc.unknown-client")
		if after, err := keys.List(t.Context()); err != nil || len(after) != 2 {
			t.Error(after, err)
		}
	})
}

// When a key was last used is known to a minute, and only uses of good keys
// count.
func TestLastUse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		keys := kyc.Keys{Database: s, Now: w.options.Now, Random: w.options.Random}
		used := func() time.Time {
			list, err := keys.List(t.Context())
			if err != nil || len(list) != 1 {
				t.Fatal(list, err)
			}
			return list[0].Used
		}
		if !used().IsZero() {
			t.Errorf("used %s before it was", used())
		}
		use := func() {
			if _, err := w.service.Client(t.Context(), w.key); err != nil {
				t.Fatal(err)
			}
		}
		start := w.now.UTC().Truncate(time.Microsecond)
		use()
		if !used().Equal(start) {
			t.Errorf("used %s, want %s", used(), start)
		}
		w.now = w.now.Add(30 * time.Second)
		use()
		if !used().Equal(start) {
			t.Error("it is written at each use")
		}
		w.now = w.now.Add(time.Hour)
		use()
		last := used()
		if !last.After(start.Add(time.Hour)) {
			t.Errorf("used %s", last)
		}
		list, err := keys.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := keys.Revoke(t.Context(), list[0].ID); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(time.Hour)
		_, err = w.service.Client(t.Context(), w.key)
		wantCode(t, err, "kyc.key-revoked")
		if !used().Equal(last) {
			t.Error("a revoked key's use counts")
		}
	})
}
