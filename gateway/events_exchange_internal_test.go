package gateway

import (
	"strings"
	"testing"

	"eidgate/gateway/audit"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
	"eidgate/xroad"
)

func exchanged(side xroad.Side, stage xroad.Stage) xroad.Access {
	return xroad.Access{
		Side: side, Stage: stage, At: noon, RequestID: "r-1", MessageID: "m-1", Client: taxBoard, Service: register,
		UserID: "EE" + mariCode, Issue: "T-1", Represented: "COM/12345678", Authenticated: "NOSSL", Subject: jaak.Identifier,
		Purpose: "Look-up", LegalBasis: "Act § 12", Fields: []string{"address"}, Evidence: make([]byte, 64),
	}
}

// TestEventsOfExchange: each side has its event, and the person one line for
// each access, whether the provider is here or elsewhere.
func TestEventsOfExchange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database *store.Store) {
		s := recording(t, database)
		subject := s.events.PseudonymOf(jaak.Identifier)
		want := audit.Entry{
			At: noon, Kind: audit.Exchange, Service: "DEMO/GOV/70000001/population/persons", Fields: []string{"address"},
			Purpose: "Look-up", LegalBasis: "Act § 12", Case: "T-1", Intact: true,
			Actor: audit.EntryActor{
				Person: s.events.PseudonymOf(mari.Identifier), Organisation: "DEMO/GOV/70000002", OrganisationName: "Tax Board",
				System: "DEMO/GOV/70000002/tax", Role: "COM/12345678", Authentication: "NOSSL",
			},
			Evidence: audit.Evidence{Message: "r-1", Hash: "sha-512:" + strings.Repeat("00", 64)},
		}
		for _, test := range []struct {
			side    xroad.Side
			stage   xroad.Stage
			here    bool // the provider
			subject audit.Pseudonym
			result  audit.Result
			fault   string
		}{
			{xroad.Consumer, xroad.Requested, true, "", audit.Done, ""},
			{xroad.Provider, xroad.Requested, true, subject, audit.Done, ""},
			{xroad.Consumer, xroad.Requested, false, subject, audit.Done, ""},
			{xroad.Provider, xroad.Denied, true, subject, audit.Denied, "Server.ServerProxy.AccessDenied"},
			{xroad.Consumer, xroad.Denied, true, "", audit.Denied, "Server.ClientProxy.UnknownMember"},
			{xroad.Consumer, xroad.Failed, false, subject, audit.Fault, "Server.ClientProxy.NetworkError"},
		} {
			want.Action = "exchange." + string(test.side) + "." + string(test.stage)
			want.Subject, want.Result, want.Code = test.subject, test.result, test.fault
			a := exchanged(test.side, test.stage)
			a.Fault = test.fault
			t.Run(want.Action, func(t *testing.T) {
				compareEvent(t, want, s.one(t, func(tx db.Querier) error { return s.exchangeRecorder(test.here)(t.Context(), tx, a) }))
				s.withoutCodes(t)
			})
		}
	})
}

func (s *Server) exchangeRecorder(here bool) xroad.Recorder {
	return s.recordExchange(func(xroad.ClientID) bool { return here }, func(xroad.ClientID) string { return "Tax Board" })
}

// TestAnswerIsNoAccess: it was recorded when it was asked for.
func TestAnswerIsNoAccess(t *testing.T) {
	s := recording(t, storetest.Open(t, storetest.SQLite(t)))
	err := s.store.Tx(t.Context(), func(tx db.Querier) error {
		return s.exchangeRecorder(true)(t.Context(), tx, exchanged(xroad.Provider, xroad.Answered))
	})
	if _, total, findErr := s.events.Find(t.Context(), audit.Filter{}); err != nil || findErr != nil || total != 0 {
		t.Errorf("%d events, %v, %v", total, err, findErr)
	}
}

// TestNamesInHeaders: persons named in the exchange's headers become
// pseudonyms, however they are written; what names nobody stays out.
func TestNamesInHeaders(t *testing.T) {
	s := recording(t, storetest.Open(t, storetest.SQLite(t)))
	pseudonym := s.events.PseudonymOf(mari.Identifier)
	for user, want := range map[string]audit.Pseudonym{
		"EE" + mariCode: pseudonym, "PNOEE-" + mariCode: pseudonym, "": "", "EE": "", "ee" + mariCode: "", "EE 47101010033": "",
		strings.Repeat("1", 41): "", "Mari Tamm": "",
	} {
		a := exchanged(xroad.Provider, xroad.Requested)
		a.UserID = user
		got := s.one(t, func(tx db.Querier) error { return s.exchangeRecorder(true)(t.Context(), tx, a) })
		if got.Actor.Person != want {
			t.Errorf("user %q became %q", user, got.Actor.Person)
		}
		s.withoutCodes(t)
	}
	for _, party := range []string{mariCode, "EE" + mariCode, "PERSON/" + mariCode, "PERSON/EE" + mariCode, "A/B/" + mariCode, mariCode + "/", "EE" + mariCode + "/X"} {
		a := exchanged(xroad.Provider, xroad.Requested)
		a.Represented = party
		got := s.one(t, func(tx db.Querier) error { return s.exchangeRecorder(true)(t.Context(), tx, a) })
		if !strings.Contains(got.Actor.Role, "ps_") || strings.Contains(got.Actor.Role, "10033") {
			t.Errorf("party %q became %q", party, got.Actor.Role)
		}
		s.withoutCodes(t)
	}
	if got := s.represented("PERSON/EE" + mariCode); got != "PERSON/"+string(pseudonym) {
		t.Errorf("a person with a country became %q", got)
	}
	for _, party := range []string{"", "COM/12345678", "12345678"} {
		if got := s.represented(party); got != party {
			t.Errorf("the organisation %q became %q", party, got)
		}
	}
}
