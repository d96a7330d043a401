package gateway

import (
	"crypto/rand"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/mod/sumdb/note"

	"eidgate/certs"
	"eidgate/gateway/audit"
	"eidgate/gateway/ledger"
	"eidgate/gateway/session"
	"eidgate/gateway/signing"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
	"eidgate/kyc"
	"eidgate/xroad"
)

// Codes that may stand nowhere in the tables.
const (
	mariCode = "47101010033"
	jaakCode = "38001085718"
)

var (
	mari = certs.Person{GivenName: "MARI", Surname: "TAMM", Country: "EE", Identifier: certs.NewIdentifier("PNOEE-" + mariCode)}
	jaak = certs.Person{GivenName: "JAAK-KRISTJAN", Surname: "JÕEORG", Country: "EE", Identifier: certs.NewIdentifier("PNOEE-" + jaakCode)}
	noon = time.Date(2026, 11, 23, 12, 0, 0, 123456000, time.UTC)

	company  = kyc.Client{ID: "cl_1", Name: "Näidis OÜ"}
	register = xroad.ServiceID{Provider: xroad.ClientID{Instance: "DEMO", Class: "GOV", Code: "70000001", Subsystem: "population"}, Code: "persons"}
	taxBoard = xroad.ClientID{Instance: "DEMO", Class: "GOV", Code: "70000002", Subsystem: "tax"}
)

// recording is a server as far as its recorder functions need one.
func recording(t *testing.T, database *store.Store) *Server {
	t.Helper()
	if err := database.Migrate(t.Context(), map[string]fs.FS{"ledger": ledger.Migrations, "audit": audit.Migrations}); err != nil {
		t.Fatal(err)
	}
	private, public, err := note.GenerateKey(rand.Reader, "events.test")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{store: database}
	s.ledger, err = ledger.Open(t.Context(), ledger.Options{
		Database: database, Tiles: filepath.Join(t.TempDir(), "tiles"), Signer: signer, Verifier: verifier,
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.ledger.Close(); err != nil {
			t.Error(err)
		}
	})
	s.events = audit.New(audit.Options{Database: database, Ledger: s.ledger, Pepper: [32]byte{1}, Random: rand.Reader})
	return s
}

// one runs a recorder and gives the event that it wrote, and the rows as text.
func (s *Server) one(t *testing.T, record func(tx db.Querier) error) audit.Entry {
	t.Helper()
	if _, err := s.store.ExecContext(t.Context(), `DELETE FROM audit_event`); err != nil {
		t.Fatal(err)
	}
	if err := s.store.Tx(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	entries, total, err := s.events.Find(t.Context(), audit.Filter{Limit: 10})
	if err != nil || total != 1 || len(entries) != 1 {
		t.Fatalf("%d events, %v", total, err)
	}
	if !entries[0].Intact {
		t.Error("the event is not the one that was recorded")
	}
	return entries[0]
}

// TestEventsOfRooms: what each room tells becomes one event that says who read
// whose data, for whom, when, why and with what result.
func TestEventsOfRooms(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database *store.Store) {
		s := recording(t, database)
		pMari, pJaak := s.events.PseudonymOf(mari.Identifier), s.events.PseudonymOf(jaak.Identifier)
		self := audit.EntryActor{Person: pMari, PersonName: mari.FullName()}
		byMari := func(authentication string) audit.EntryActor { a := self; a.Authentication = authentication; return a }
		byCompany := audit.EntryActor{Organisation: "cl_1", OrganisationName: "Näidis OÜ", System: "kyc", Authentication: "api-key"}
		login := func(a session.Access) func(db.Querier) error {
			a.At = noon
			return func(tx db.Querier) error { return s.recordLogin(t.Context(), tx, a) }
		}
		sign := func(a signing.Access) func(db.Querier) error {
			a.At = noon
			return func(tx db.Querier) error { return s.recordSigning(t.Context(), tx, a) }
		}
		verify := func(a kyc.Access) func(db.Querier) error {
			a.At, a.Client, a.Person, a.Purpose = noon, company, mari.Identifier, "Opening an account"
			return func(tx db.Querier) error { return s.recordKYC(t.Context(), tx, a) }
		}
		for name, test := range map[string]struct {
			record func(db.Querier) error
			want   audit.Entry
		}{
			"login": {
				login(session.Access{Kind: session.LoggedIn, Method: session.Card, Session: "s-1", Person: mari}),
				audit.Entry{Kind: audit.Login, Action: "login", Actor: byMari("card"), Subject: pMari, Service: "login", Result: audit.Done, Evidence: audit.Evidence{Message: "s-1"}},
			},
			"logout": {
				login(session.Access{Kind: session.LoggedOut, Method: session.Persona, Session: "s-1", Person: mari}),
				audit.Entry{Kind: audit.Logout, Action: "logout", Actor: byMari("persona"), Subject: pMari, Service: "login", Result: audit.Done, Evidence: audit.Evidence{Message: "s-1"}},
			},
			"denied, the token proves nothing": {
				login(session.Access{Kind: session.Denied, Method: session.Card, Person: mari, Code: "webeid.signature"}),
				audit.Entry{Kind: audit.Login, Action: "login-denied", Actor: audit.EntryActor{Authentication: "card"}, Service: "login", Result: audit.Denied, Code: "webeid.signature"},
			},
			"denied, a foreign certificate": {
				login(session.Access{Kind: session.Denied, Method: session.Card, Person: mari, Code: "chain.untrusted"}),
				audit.Entry{Kind: audit.Login, Action: "login-denied", Actor: audit.EntryActor{Authentication: "card"}, Service: "login", Result: audit.Denied, Code: "chain.untrusted"},
			},
			"denied, proven and revoked": {
				login(session.Access{Kind: session.Denied, Method: session.Card, Person: mari, Code: "revocation.revoked"}),
				audit.Entry{Kind: audit.Login, Action: "login-denied", Actor: byMari("card"), Subject: pMari, Service: "login", Result: audit.Denied, Code: "revocation.revoked"},
			},
			"signature by herself": {
				sign(signing.Access{Caller: signing.Caller{Person: mari, Method: "card"}, Action: signing.Signs, Request: "sig_1", Signer: mari, Digest: make([]byte, 32)}),
				audit.Entry{Kind: audit.Signature, Action: "signature.signed", Actor: byMari("card"), Subject: pMari, Service: "signing", Result: audit.Done,
					Evidence: audit.Evidence{Message: "sig_1", Hash: "sha-256:" + strings.Repeat("00", 32)}},
			},
			"signature of another, asked by a company": {
				sign(signing.Access{Caller: signing.Caller{Organisation: "cl_1", Method: "api-key"}, Action: signing.Completes, Request: "sig_1", Signer: jaak, Digest: make([]byte, 48)}),
				audit.Entry{Kind: audit.Signature, Action: "signature.completed", Actor: audit.EntryActor{Organisation: "cl_1", Authentication: "api-key"}, Subject: pJaak, Service: "signing", Result: audit.Done,
					Evidence: audit.Evidence{Message: "sig_1", Hash: "sha-384:" + strings.Repeat("00", 48)}},
			},
			"signature before a certificate, denied": {
				sign(signing.Access{Caller: signing.Caller{Person: mari, Method: "card"}, Action: signing.Prepares, Request: "sig_1", Refusal: "signing.certificate"}),
				audit.Entry{Kind: audit.Signature, Action: "signature.prepared", Actor: byMari("card"), Subject: pMari, Service: "signing", Result: audit.Denied, Code: "signing.certificate",
					Evidence: audit.Evidence{Message: "sig_1"}},
			},
			"consent": {
				verify(kyc.Access{Action: kyc.Granted, PersonName: mari.FullName(), ByPerson: true, Authentication: "card", Session: "vs_1", Message: "vs_1", Fields: []string{"given_name"}}),
				audit.Entry{
					Kind: audit.Attestation, Action: "verification.granted", Subject: pMari, Service: "kyc", Fields: []string{"given_name"}, Purpose: "Opening an account",
					LegalBasis: "consent", Result: audit.Done, Evidence: audit.Evidence{Message: "vs_1"},
					Actor: audit.EntryActor{Person: pMari, PersonName: mari.FullName(), Organisation: "cl_1", OrganisationName: "Näidis OÜ", System: "kyc", Authentication: "card"},
				},
			},
			"attestation": {
				verify(kyc.Access{Action: kyc.Attested, Authentication: "api-key", Session: "vs_1", Message: "at_1", Fields: []string{"given_name"}}),
				audit.Entry{
					Kind: audit.Attestation, Action: "attestation.issued", Subject: pMari, Service: "kyc", Fields: []string{"given_name"}, Purpose: "Opening an account",
					LegalBasis: "consent given in vs_1", Result: audit.Done, Evidence: audit.Evidence{Message: "at_1"}, Actor: byCompany,
				},
			},
			"verification refused": {
				verify(kyc.Access{Action: kyc.Declined, Authentication: "api-key", Session: "vs_1", Message: "vs_1", Code: "kyc.level"}),
				audit.Entry{
					Kind: audit.Attestation, Action: "verification.declined", Subject: pMari, Service: "kyc", Purpose: "Opening an account",
					LegalBasis: "consent given in vs_1", Result: audit.Denied, Code: "kyc.level", Evidence: audit.Evidence{Message: "vs_1"}, Actor: byCompany,
				},
			},
		} {
			t.Run(name, func(t *testing.T) {
				test.want.At, test.want.Intact = noon, true
				compareEvent(t, test.want, s.one(t, test.record))
				s.withoutCodes(t)
			})
		}
	})
}

func compareEvent(t *testing.T, want, got audit.Entry) {
	t.Helper()
	got.At = got.At.UTC()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(audit.Entry{}, "ID", "Ledger"), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// withoutCodes: no personal code stands in the tables of events.
func (s *Server) withoutCodes(t *testing.T) {
	t.Helper()
	rows, err := s.store.QueryContext(t.Context(), `SELECT id, kind, subject, actor, organisation, result, record FROM audit_event`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var columns [6]string
		var record []byte
		if err := rows.Scan(&columns[0], &columns[1], &columns[2], &columns[3], &columns[4], &columns[5], &record); err != nil {
			t.Fatal(err)
		}
		text := strings.Join(columns[:], " ") + string(record)
		for _, code := range []string{mariCode, jaakCode} {
			if strings.Contains(text, code) {
				t.Errorf("a personal code stands in %s", text)
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
