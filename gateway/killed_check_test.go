package gateway_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"eidgate/gateway"
	"eidgate/gateway/ledger/proof"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
)

const proofsLookedAt = 40

// check compares what was acknowledged with the events and the signed tree.
func (l *load) check(t *testing.T, c gateway.Config) {
	t.Helper()
	address := c.Database
	if address == "" {
		address = "sqlite:" + c.Data + "/eidgate.db"
	}
	database := storetest.Open(t, address)
	events := readEvents(t, database)
	l.signed(t, len(events))
	l.compare(t, events, deniedRequests(t, database))
	l.compareTables(t, database, events)
	l.proofs(t, events)
	l.process.Stop(t)
	if err := gateway.CheckEvents(t.Context(), c, nil); err != nil {
		t.Errorf("checking every event: %v", err)
	}
	t.Logf("acknowledged: %d attestations, %d exchanges, %d denials, %d logins; %d events in the signed tree",
		len(l.attestations), len(l.exchanges), len(l.denials), l.logins, len(events))
}

type event struct {
	ID, Kind, Action, Message, Result, Code string
	Subject                                 string
}

func readEvents(t *testing.T, database *store.Store) []event {
	t.Helper()
	rows, err := database.QueryContext(t.Context(), `SELECT record FROM audit_event ORDER BY at, id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var events []event
	for rows.Next() {
		var record []byte
		if err := rows.Scan(&record); err != nil {
			t.Fatal(err)
		}
		var e event
		if err := json.Unmarshal(record, &e); err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return events
}

// signed waits until the checkpoint covers every event and no leaf more.
func (l *load) signed(t *testing.T, events int) {
	t.Helper()
	size := -1
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		lines := strings.Split(l.get(t, "/ledger/checkpoint"), "\n")
		if len(lines) < 3 {
			t.Fatalf("checkpoint %q", lines)
		}
		var err error
		if size, err = strconv.Atoi(lines[1]); err != nil {
			t.Fatal(err)
		}
		if size >= events {
			break
		}
	}
	if size != events {
		t.Errorf("the signed tree has %d leaves, there are %d events", size, events)
	}
}

func (l *load) get(t *testing.T, path string) string {
	t.Helper()
	_, body, err := ask(l.browsers[0], l.request(http.MethodGet, path, "", ""), http.StatusOK)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// compare: each acknowledged access has one event of its kind.
func (l *load) compare(t *testing.T, events []event, denied map[string]string) {
	t.Helper()
	count := map[string]map[string]int{}
	for _, e := range events {
		if count[e.Action] == nil {
			count[e.Action] = map[string]int{}
		}
		count[e.Action][e.Message]++
	}
	for action, messages := range count {
		for message, n := range messages {
			if n != 1 && action != "verification.read" {
				t.Errorf("%s of %s is there %d times", action, message, n)
			}
		}
	}
	var denials []string
	for _, message := range l.denials {
		denials = append(denials, denied[message])
	}
	for action, acknowledged := range map[string][]string{
		"attestation.issued": l.attestations, "exchange.provider.requested": l.exchanges, "exchange.consumer.requested": l.exchanges,
		"exchange.provider.denied": denials,
	} {
		if len(acknowledged) == 0 {
			t.Errorf("nothing was acknowledged for %s", action)
		}
		for _, id := range acknowledged {
			if id == "" || count[action][id] != 1 {
				t.Errorf("acknowledged %q has %d events %s", id, count[action][id], action)
			}
		}
	}
	if n := len(count["login"]); n < l.logins {
		t.Errorf("%d logins were acknowledged, there are %d events", l.logins, n)
	}
}

// compareTables: what the rooms keep has its event too, acknowledged or not.
func (l *load) compareTables(t *testing.T, database *store.Store, events []event) {
	t.Helper()
	for actions, query := range map[string]string{
		"attestation.issued": `SELECT id FROM kyc_attestation`,
		"exchange.provider.requested exchange.provider.denied": `SELECT request_id FROM xroad_message WHERE side = 'provider' AND part = 'request'`,
	} {
		var recorded []string
		for _, e := range events {
			if slices.Contains(strings.Fields(actions), e.Action) {
				recorded = append(recorded, e.Message)
			}
		}
		kept := column(t, database, query)
		slices.Sort(recorded)
		slices.Sort(kept)
		if !slices.Equal(recorded, kept) {
			t.Errorf("%s: %d events, %d rows", actions, len(recorded), len(kept))
		}
	}
}

// deniedRequests gives the gateway's identifiers of what was refused by those of
// the asking system.
func deniedRequests(t *testing.T, database *store.Store) map[string]string {
	t.Helper()
	denied := map[string]string{}
	for _, pair := range column(t, database, `SELECT message_id || ' ' || request_id FROM xroad_message WHERE side = 'provider' AND part = 'fault'`) {
		message, request, _ := strings.Cut(pair, " ")
		denied[message] = request
	}
	return denied
}

func column(t *testing.T, database *store.Store, query string) []string {
	t.Helper()
	rows, err := database.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var values []string
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}

// proofs: the person gets proofs that hold, of accesses from all rounds.
func (l *load) proofs(t *testing.T, events []event) {
	t.Helper()
	key, err := note.NewVerifier(strings.TrimSpace(l.get(t, "/ledger/key")))
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string]bool{}
	for _, id := range slices.Concat(l.attestations, l.exchanges) {
		acknowledged[id] = true
	}
	var mine []event
	for _, e := range events {
		if acknowledged[e.Message] && (e.Action == "attestation.issued" || e.Action == "exchange.provider.requested") {
			mine = append(mine, e)
		}
	}
	for i := 0; i < len(mine); i += 1 + len(mine)/proofsLookedAt {
		proven, err := proof.Verify([]byte(l.get(t, "/usage/"+mine[i].ID+"/proof")), key)
		if err != nil || !strings.Contains(string(proven.Record), mine[i].Message) {
			t.Errorf("the proof of %s %s: %v", mine[i].Action, mine[i].Message, err)
		}
	}
}
