package kyc_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
	"eidgate/internal/testtool"
	"eidgate/kyc"
)

// dump is everything that the database keeps, as somebody who has its files or
// a dump reads it.
func dump(t *testing.T, s *store.Store, address string) []byte {
	t.Helper()
	if s.Dialect() == store.PostgreSQL {
		return []byte(testtool.Run(t, testtool.Need(t, "pg_dump"), "--inserts", address))
	}
	files, err := filepath.Glob(strings.TrimPrefix(address, "sqlite:") + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var all []byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}

// shows says whether a dump has a text, also as PostgreSQL writes bytes.
func shows(dump []byte, text string) bool {
	return bytes.Contains(dump, []byte(text)) || bytes.Contains(dump, fmt.Appendf(nil, "%x", text))
}

// secrets of the person who is verified in these tests.
func (w *world) secrets(t *testing.T) []string {
	t.Helper()
	person := w.login(t, nil).Person
	_, code, _ := strings.Cut(person.Identifier.Reveal(), "-")
	return []string{person.GivenName, person.Surname, code, "2001-02-03"}
}

// What a session verified is not to be read in the database, nor what its page
// was shown to.
func TestPersonsAreEncrypted(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		s := storetest.Open(t, address)
		w := newWorld(t, s)
		_, link := w.create(t, everything...)
		if _, err := w.service.Open(t.Context(), link, "browser", w.login(t, nil)); err != nil {
			t.Fatal(err)
		}
		session := w.verified(t, everything...)
		if _, err := w.service.Attest(t.Context(), w.client, kyc.NewAttestation{Session: session.ID}); err != nil {
			t.Fatal(err)
		}
		text := dump(t, s, address)
		for _, secret := range w.secrets(t) {
			if shows(text, secret) {
				t.Errorf("the database shows %q", secret)
			}
		}
		if !shows(text, "Opening an account") {
			t.Error("the dump does not have what is no secret")
		}
	})
}

// plain undoes the encryption of a session, as the tables were before.
func (w *world) plain(t *testing.T, session string) {
	t.Helper()
	person := w.login(t, nil).Person
	text := fmt.Sprintf(`{"given_name":%q,"family_name":%q,"identifier":%q,"country":"EE","assurance":"high","method":"card","verified_at":%q}`,
		person.GivenName, person.Surname, person.Identifier.Reveal(), w.now.UTC().Format(time.RFC3339))
	w.exec(t, `UPDATE kyc_session SET person = $1, person_key = '', data_key = $2 WHERE id = $3`, []byte(text), []byte{}, session)
}

func (w *world) exec(t *testing.T, statement string, values ...any) {
	t.Helper()
	err := w.database.Tx(t.Context(), func(tx db.Querier) error {
		_, err := tx.ExecContext(context.WithoutCancel(t.Context()), statement, values...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Sessions from before are encrypted when the service starts, once; until then
// they are not read.
func TestPersonsFromBefore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		var sessions []kyc.Session
		for range 3 {
			sessions = append(sessions, w.verified(t, "given_name"))
		}
		w.create(t, "given_name") // undecided: there is nobody to encrypt
		for _, session := range sessions[:2] {
			w.plain(t, session.ID)
			_, err := w.service.Result(t.Context(), w.client, session.ID)
			wantCode(t, err, "kyc.person-key")
		}
		for i, want := range []int{2, 0} {
			if n, err := w.service.Prepare(t.Context()); err != nil || n != want {
				t.Errorf("time %d: %d encrypted, %v", i, n, err)
			}
		}
		for _, session := range sessions {
			result, err := w.service.Result(t.Context(), w.client, session.ID)
			if err != nil || result.VerifiedClaims.Claims["given_name"] != w.login(t, nil).Person.GivenName {
				t.Errorf("%+v, %v", result, err)
			}
		}
	})
}

// with is the same service with other keys for persons.
func (w *world) with(t *testing.T, keys ...byte) *kyc.Service {
	t.Helper()
	options := w.options
	options.PersonKeys = nil
	for _, b := range keys {
		options.PersonKeys = append(options.PersonKeys, bytes.Repeat([]byte{b}, kyc.PersonKeySize))
	}
	service, err := kyc.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return service
}

// A key is changed without a pause, and a service without the right one refuses
// to begin.
func TestKeyOfPersonsIsChanged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		session := w.verified(t, "given_name")
		read := func(service *kyc.Service) error {
			_, err := service.Result(t.Context(), w.client, session.ID)
			return err
		}
		wrong := w.with(t, 1)
		_, err := wrong.Prepare(t.Context())
		wantCode(t, err, "kyc.person-key")
		wantCode(t, read(wrong), "kyc.person-key")
		wantCode(t, wrong.Sweep(t.Context()), "kyc.person-key")
		both := w.with(t, 1, 0)
		if _, err := both.Prepare(t.Context()); err != nil || read(both) != nil {
			t.Fatal(err, read(both))
		}
		if err := both.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := wrong.Prepare(t.Context()); err != nil || read(wrong) != nil {
			t.Error("the new key alone:", err, read(wrong))
		}
		_, err = w.service.Prepare(t.Context())
		wantCode(t, err, "kyc.person-key") // the old one is of no use now
	})
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	for _, keys := range [][][]byte{nil, {make([]byte, 31)}, {make([]byte, 32), nil}} {
		options := w.options
		options.PersonKeys = keys
		if _, err := kyc.New(options); err == nil {
			t.Errorf("keys of %d", len(keys))
		}
	}
}

// What is encrypted stands for its row: it cannot be changed, nor moved to
// another session or another company.
func TestEncryptedPersonsAreNotMoved(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	mine, theirs := w.verified(t, "given_name"), w.verified(t, "given_name")
	other, _, err := w.service.NewKey(t.Context(), "Other", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		statement string
		values    []any
		client    kyc.Client
	}{
		"another session's": {`UPDATE kyc_session SET person = (SELECT person FROM kyc_session WHERE id = $1), data_key = (SELECT data_key FROM kyc_session WHERE id = $1) WHERE id = $2`,
			[]any{theirs.ID, mine.ID}, w.client},
		"another session's person": {`UPDATE kyc_session SET person = (SELECT person FROM kyc_session WHERE id = $1) WHERE id = $2`, []any{theirs.ID, mine.ID}, w.client},
		"the key as the person":    {`UPDATE kyc_session SET person = data_key WHERE id = $1`, []any{mine.ID}, w.client},
		"another company's":        {`UPDATE kyc_session SET client = $1 WHERE id = $2`, []any{other.ID, mine.ID}, other},
		"cut off":                  {`UPDATE kyc_session SET person = $1 WHERE id = $2`, []any{[]byte{1, 2, 3}, mine.ID}, w.client},
		"no key":                   {`UPDATE kyc_session SET data_key = $1 WHERE id = $2`, []any{[]byte{}, mine.ID}, w.client},
	} {
		mine = w.verified(t, "given_name")
		c.values[len(c.values)-1] = mine.ID
		w.exec(t, c.statement, c.values...)
		result, err := w.service.Result(t.Context(), c.client, mine.ID)
		if wantCode(t, err, "kyc.person-damaged"); result != nil {
			t.Errorf("%s: %+v", name, result)
		}
		if _, err := w.service.Attest(t.Context(), c.client, kyc.NewAttestation{Session: mine.ID}); err == nil {
			t.Errorf("%s is attested", name)
		}
	}
}

// After its time a person is erased; of one whose attestation lives the code
// alone is kept, until that ends, for the event of its revocation.
func TestPersonsAreErased(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		session, attested := w.verified(t, "given_name"), w.verified(t, "given_name")
		var made []*kyc.Attestation
		for range 2 {
			a, err := w.service.Attest(t.Context(), w.client, kyc.NewAttestation{Session: attested.ID})
			if err != nil {
				t.Fatal(err)
			}
			made = append(made, a)
		}
		w.now = w.now.Add(kyc.DefaultKeep - time.Minute)
		w.sweep(t)
		if _, err := w.service.Result(t.Context(), w.client, session.ID); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(2 * time.Minute)
		for range 2 {
			w.sweep(t)
		}
		for _, id := range []string{session.ID, attested.ID} {
			_, err := w.service.Result(t.Context(), w.client, id)
			wantCode(t, err, "kyc.erased")
			_, err = w.service.Attest(t.Context(), w.client, kyc.NewAttestation{Session: id})
			wantCode(t, err, "kyc.erased")
			if kept, err := w.service.Session(t.Context(), w.client, id); err != nil || kept.Status != kyc.Verified {
				t.Errorf("%+v, %v", kept, err)
			}
		}
		if len(w.dataKey(t, session.ID)) != 0 || len(w.dataKey(t, attested.ID)) == 0 {
			t.Error("erased is not what should be")
		}
		if _, err := w.service.Revoke(t.Context(), w.client, made[0].ID); err != nil {
			t.Fatal(err)
		}
		if last := w.events[len(w.events)-1]; last.Action != kyc.Revoked || last.Person != w.login(t, nil).Person.Identifier || last.PersonName != "" {
			t.Errorf("%+v", last)
		}
		w.now = w.now.Add(100 * 24 * time.Hour)
		w.sweep(t)
		if len(w.dataKey(t, attested.ID)) != 0 {
			t.Error("kept after the last attestation")
		}
		_, err := w.service.Revoke(t.Context(), w.client, made[1].ID)
		wantCode(t, err, "kyc.erased")
	})
}

// Nobody who has SQLite's file and the service's key reads who was erased.
func TestErasedPersonsAreNotInTheFile(t *testing.T) {
	address := storetest.SQLite(t)
	s := storetest.Open(t, address)
	w := newWorld(t, s)
	var keys [][]byte
	for range 20 {
		keys = append(keys, w.dataKey(t, w.verified(t, "given_name").ID))
	}
	found := func() (n int) {
		if err := s.Close(); err != nil { // writes the log into the file
			t.Fatal(err)
		}
		text := dump(t, s, address)
		for _, key := range keys {
			if bytes.Contains(text, key) {
				n++
			}
		}
		return n
	}
	if n := found(); n != len(keys) {
		t.Fatalf("the file has %d keys", n)
	}
	s = storetest.Open(t, address)
	w.options.Database, w.now = s, w.now.Add(kyc.DefaultKeep+time.Hour)
	var err error
	if w.service, err = kyc.New(w.options); err != nil {
		t.Fatal(err)
	}
	w.sweep(t)
	if n := found(); n != 0 {
		t.Errorf("the file still has %d keys of who was erased", n)
	}
}

func (w *world) sweep(t *testing.T) {
	t.Helper()
	if err := w.service.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (w *world) dataKey(t *testing.T, session string) []byte {
	t.Helper()
	var key []byte
	if err := w.database.QueryRowContext(t.Context(), `SELECT data_key FROM kyc_session WHERE id = $1`, session).Scan(&key); err != nil {
		t.Fatal(err)
	}
	return slices.Clone(key)
}

// An idempotency key is remembered for a day, one from before too.
func TestIdempotencyKeysAreForgotten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		asked := kyc.NewSession{Purpose: "Opening an account", Claims: []string{"given_name"}, Retry: "once"}
		create := func() string {
			session, _, err := w.service.Create(t.Context(), w.client, asked)
			if err != nil {
				t.Fatal(err)
			}
			return session.ID
		}
		first := create()
		w.exec(t, `UPDATE kyc_retry SET created = 0`)
		for range 2 {
			w.sweep(t)
			w.now = w.now.Add(12*time.Hour - time.Second)
			if again := create(); again != first {
				t.Error("forgotten within the day")
			}
		}
		w.now = w.now.Add(time.Minute)
		w.sweep(t)
		if again := create(); again == first {
			t.Error("remembered for ever")
		}
	})
}
