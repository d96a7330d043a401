package audit_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"eidgate/certs"
	"eidgate/gateway/audit"
	"eidgate/gateway/ledger"
	"eidgate/gateway/ledger/proof"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"

	"golang.org/x/mod/sumdb/note"
)

var (
	jaak  = certs.NewIdentifier("PNOEE-38001085718")
	minji = certs.NewIdentifier("PNOKR-900101-1234567")
)

type world struct {
	database *store.Store
	log      *ledger.Log
	events   *audit.Events
	verifier note.Verifier
}

func newWorld(t testing.TB, database *store.Store) *world {
	t.Helper()
	err := database.Migrate(t.Context(), map[string]fs.FS{"ledger": ledger.Migrations, "audit": audit.Migrations})
	if err != nil {
		t.Fatal(err)
	}
	secret, public, err := note.GenerateKey(rand.Reader, "audit.test")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{database: database}
	if w.verifier, err = note.NewVerifier(public); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	w.log, err = ledger.Open(t.Context(), ledger.Options{
		Database: database, Tiles: filepath.Join(dir, "tiles"), HeadFile: filepath.Join(dir, "head"),
		Signer: signer, Verifier: w.verifier, Node: "one", CheckpointEvery: 100 * time.Millisecond,
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { w.log.Run(ctx); close(done) }()
	t.Cleanup(func() {
		cancel()
		<-done
		w.log.Close()
	})
	w.events = audit.New(audit.Options{Database: database, Ledger: w.log, Pepper: [32]byte{7}, Random: rand.Reader})
	return w
}

func reading(of certs.Identifier) audit.Event {
	return audit.Event{
		Kind: audit.Exchange, Action: "exchange.answered",
		Actor: audit.Actor{
			Person: minji, PersonName: "김민지 Õ Щ", Organisation: "DEMO/GOV/70000001", OrganisationName: "Tax Board",
			System: "DEMO/GOV/70000001/tax", Authentication: "xroad",
		},
		Subject: of, Service: "population/person", Fields: []string{"address", "name"},
		Purpose: "Taxation of 2026", LegalBasis: "TaxA § 59", Case: "T-1", Result: audit.Done,
		Evidence: audit.Evidence{Message: "m-1", Hash: "sha-256:00"},
	}
}

func (w *world) record(t *testing.T, event audit.Event) string {
	t.Helper()
	var id string
	err := w.database.Tx(t.Context(), func(tx db.Querier) error {
		var err error
		id, err = w.events.Record(t.Context(), tx, event)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.log.Wake()
	return id
}

func (w *world) proof(t *testing.T, id string) []byte {
	t.Helper()
	for {
		file, err := w.events.Proof(t.Context(), id)
		if err == nil {
			return file
		}
		if !errors.Is(err, ledger.ErrPending) {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// A person sees what was read about her, whole, with a proof that holds
// offline, and nothing about anybody else.
func TestPersonSeesHerEvents(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		id := w.record(t, reading(jaak))
		denied := reading(jaak)
		denied.Result, denied.Code = audit.Denied, "AccessDenied"
		w.record(t, denied)
		other := w.record(t, reading(minji))
		file := w.proof(t, id)
		w.proof(t, other)

		entries, total, err := w.events.OfPerson(t.Context(), jaak, audit.Filter{})
		if err != nil || total != 2 || len(entries) != 2 {
			t.Fatalf("%d of %d, %v", len(entries), total, err)
		}
		first := entries[1] // the oldest
		if first.ID != id || !first.Intact || !first.Ledger.Signed || first.Purpose != "Taxation of 2026" || first.Actor.PersonName != "김민지 Õ Щ" {
			t.Errorf("%+v", first)
		}
		if entries[0].Result != audit.Denied || entries[0].Code != "AccessDenied" {
			t.Errorf("%+v", entries[0])
		}
		included, err := proof.Verify(file, w.verifier)
		if err != nil || !bytes.Contains(included.Record, []byte("TaxA § 59")) {
			t.Errorf("%s, %v", included.Record, err)
		}
		if _, err := w.events.ProofFor(t.Context(), jaak, other); !errors.Is(err, audit.ErrUnknown) {
			t.Error("somebody else's event was proven to her:", err)
		}
		if _, err := w.events.ProofFor(t.Context(), jaak, id); err != nil {
			t.Error(err)
		}
		if err := w.events.Check(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// No personal code stands in the tables or in a proof.
func TestNoPersonalCodes(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	id := w.record(t, reading(jaak))
	if file := w.proof(t, id); bytes.Contains(file, []byte("38001085718")) {
		t.Error("the proof has a personal code")
	}
	var all string
	err := w.database.QueryRowContext(t.Context(),
		`SELECT id || kind || subject || actor || organisation || result || CAST(record AS TEXT) FROM audit_event`).Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"38001085718", "900101", "PNO"} {
		if strings.Contains(all, code) {
			t.Errorf("the table has %s: %s", code, all)
		}
	}
}

// Whatever is changed in the tables is seen on the page and named by Check.
func TestChangedEvents(t *testing.T) {
	for name, statement := range map[string]string{
		"one byte of the record": `UPDATE audit_event SET record = CAST(REPLACE(CAST(record AS TEXT), '2026', '2027') AS BLOB)`,
		"the salt":               `UPDATE audit_event SET salt = zeroblob(32)`,
		"a short salt":           `UPDATE audit_event SET salt = zeroblob(31)`,
		"the time":               `UPDATE audit_event SET at = at + 1`,
		"the kind":               `UPDATE audit_event SET kind = 'login'`,
		"the actor":              `UPDATE audit_event SET actor = 'ps_other'`,
		"the organisation":       `UPDATE audit_event SET organisation = 'DEMO/GOV/1'`,
		"the result":             `UPDATE audit_event SET result = 'denied'`,
		"no record":              `UPDATE audit_event SET record = CAST('' AS BLOB)`,
		"the leaf":               `UPDATE ledger_leaf SET leaf = zeroblob(33)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
			id := w.record(t, reading(jaak))
			w.proof(t, id)
			if _, err := w.database.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
			entry, err := w.events.Get(t.Context(), id)
			if err != nil || entry.Intact {
				t.Errorf("shown as intact: %+v, %v", entry, err)
			}
			err = w.events.Check(t.Context())
			if !errors.Is(err, audit.ErrChanged) && !errors.Is(err, ledger.ErrChanged) {
				t.Error(err)
			}
			if _, err := w.events.Proof(t.Context(), id); err == nil && !isCopy(name) {
				t.Error("a changed event was proven")
			}
		})
	}
}

// isCopy says that the record itself is whole and stands in the tiles: it may
// be proven, and only what was copied from it is wrong.
func isCopy(name string) bool {
	return slices.Contains([]string{"the time", "the kind", "the actor", "the organisation", "the result", "the leaf"}, name)
}

func TestCheckFindsAddedAndRemovedEvents(t *testing.T) {
	for name, statement := range map[string]string{
		"the subject": `UPDATE audit_event SET subject = 'ps_other'`,
		"removed":     `DELETE FROM audit_event`,
		"added":       `INSERT INTO audit_event SELECT 'ev_added', at, kind, subject, actor, organisation, result, salt, record FROM audit_event`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
			w.proof(t, w.record(t, reading(jaak)))
			if _, err := w.database.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
			if err := w.events.Check(t.Context()); !errors.Is(err, audit.ErrChanged) {
				t.Error(err)
			}
		})
	}
}

func TestRecordRefuses(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	large := reading(jaak)
	large.Purpose = strings.Repeat("x", audit.MaxRecord)
	for name, c := range map[string]struct {
		event audit.Event
		want  error
	}{
		"nothing":   {audit.Event{}, audit.ErrIncomplete},
		"no action": {audit.Event{Kind: audit.Login, Result: audit.Done}, audit.ErrIncomplete},
		"no result": {audit.Event{Kind: audit.Login, Action: "login"}, audit.ErrIncomplete},
		"too large": {large, audit.ErrTooLarge},
	} {
		err := w.database.Tx(t.Context(), func(tx db.Querier) error {
			_, err := w.events.Record(t.Context(), tx, c.event)
			return err
		})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := w.events.OfPerson(t.Context(), certs.Identifier{}, audit.Filter{}); !errors.Is(err, audit.ErrNotYours) {
		t.Error(err)
	}
	if _, err := w.events.Get(t.Context(), "ev_none"); !errors.Is(err, audit.ErrUnknown) {
		t.Error(err)
	}
	if _, err := w.events.Proof(t.Context(), "ev_none"); !errors.Is(err, audit.ErrUnknown) {
		t.Error(err)
	}
}

// An official finds events by person, organisation and period, and each look
// is an event that the person sees.
func TestReviewIsAnEvent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		id := w.record(t, reading(jaak))
		w.record(t, reading(minji))
		by := audit.Reviewer{Person: minji, Name: "Official", Role: audit.Role{
			Name: audit.Official, Organisation: "70004235", OrganisationName: "Inspectorate", LegalBasis: "GDPR Art. 58",
		}}
		for name, c := range map[string]struct {
			query audit.Query
			want  int
		}{
			"everything":           {audit.Query{Filter: audit.Filter{Kind: audit.Exchange}}, 2},
			"a person":             {audit.Query{Person: jaak, Filter: audit.Filter{Kind: audit.Exchange}}, 1},
			"an organisation":      {audit.Query{Filter: audit.Filter{Organisation: "DEMO/GOV/70000001"}}, 2},
			"another organisation": {audit.Query{Filter: audit.Filter{Organisation: "DEMO/GOV/7"}}, 0},
			"a past period":        {audit.Query{Filter: audit.Filter{To: time.Now().Add(-time.Hour)}}, 0},
			"this period":          {audit.Query{Filter: audit.Filter{Kind: audit.Exchange, From: time.Now().Add(-time.Hour)}}, 2},
			"one at a time":        {audit.Query{Filter: audit.Filter{Kind: audit.Exchange, Limit: 1, Offset: 1}}, 2},
		} {
			c.query.Reason = "Case 7"
			entries, total, err := w.events.Search(t.Context(), by, c.query)
			if err != nil || total != c.want || (c.query.Limit == 1 && len(entries) != 1) {
				t.Errorf("%s: %d, %v", name, total, err)
			}
		}
		if _, err := w.events.Open(t.Context(), by, id, "Case 7"); err != nil {
			t.Error(err)
		}
		w.proof(t, id)
		file, err := w.events.Prove(t.Context(), by, id, "Case 7")
		if included, err2 := proof.Verify(file, w.verifier); err != nil || err2 != nil || !strings.Contains(string(included.Record), id) {
			t.Error(err, err2)
		}
		if _, err := w.events.Prove(t.Context(), by, id, "x"); !errors.Is(err, audit.ErrPurpose) {
			t.Error(err)
		}
		if _, err := w.events.Prove(t.Context(), by, "ev_none", "Case 7"); !errors.Is(err, audit.ErrUnknown) {
			t.Error(err)
		}
		hers, _, err := w.events.OfPerson(t.Context(), jaak, audit.Filter{Kind: audit.Review})
		if err != nil || len(hers) != 3 || hers[0].Action != "review.proved" || !slices.Equal(hers[2].Fields, []string{"kind=exchange"}) {
			t.Fatalf("%d looks at her, %+v, %v", len(hers), hers, err)
		}
		for _, look := range hers {
			if look.Purpose != "Case 7" || look.Actor.Organisation != "70004235" || !look.Intact {
				t.Errorf("%+v", look)
			}
		}
		if _, _, err := w.events.Search(t.Context(), by, audit.Query{}); !errors.Is(err, audit.ErrPurpose) {
			t.Error(err)
		}
		if _, err := w.events.Open(t.Context(), by, id, ""); !errors.Is(err, audit.ErrPurpose) {
			t.Error(err)
		}
	})
}

func TestRoles(t *testing.T) {
	roles, err := audit.ParseRoles([]byte("roles:\n  - person: PNOEE-38001085718\n    role: official\n    organisation: '1'\n    organisation-name: Inspectorate\n"))
	if err != nil {
		t.Fatal(err)
	}
	if role, ok := roles.Of(jaak); !ok || role.OrganisationName != "Inspectorate" {
		t.Error(role, ok)
	}
	if _, ok := roles.Of(minji); ok {
		t.Error("a role for everybody")
	}
	if _, ok := (audit.Roles{}).Of(jaak); ok {
		t.Error("a role from nothing")
	}
	entry := "  - {person: PNOEE-1, role: official, organisation: '1', organisation-name: x}\n"
	for name, text := range map[string]string{
		"unknown key":     "roles:\n  - {person: PNOEE-1, role: official, organisation: '1', organisation-name: x, admin: true}\n",
		"unknown role":    strings.ReplaceAll("roles:\n"+entry, "official", "king"),
		"twice":           "roles:\n" + entry + entry,
		"no person":       strings.ReplaceAll("roles:\n"+entry, "PNOEE-1", ""),
		"no organisation": strings.ReplaceAll("roles:\n"+entry, "'1'", "''"),
		"not YAML":        "roles: [",
		"too large":       strings.Repeat("#", 1<<20+1),
	} {
		if _, err := audit.ParseRoles([]byte(text)); !errors.Is(err, audit.ErrRoles) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnotherPepperIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for range 2 {
			if err := w.events.CheckPepper(t.Context()); err != nil {
				t.Error(err)
			}
		}
		other := audit.New(audit.Options{Database: s, Ledger: w.log, Pepper: [32]byte{8}, Random: rand.Reader})
		if err := other.CheckPepper(t.Context()); !errors.Is(err, audit.ErrOtherPepper) {
			t.Error(err)
		}
		// Nor does it become right because the database forgot the first.
		w.record(t, reading(jaak))
		if _, err := s.ExecContext(t.Context(), `DELETE FROM audit_pepper`); err != nil {
			t.Fatal(err)
		}
		if err := other.CheckPepper(t.Context()); !errors.Is(err, audit.ErrOtherPepper) {
			t.Errorf("a database of events without a pepper: %v", err)
		}
	})
}
