package audit_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"eidgate/gateway/audit"
	"eidgate/gateway/store/storetest"
)

// The answers keep to the data tracker's contract.
func TestFindUsage(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	for range 3 {
		w.record(t, reading(jaak))
	}
	denied := reading(jaak)
	denied.Result = audit.Denied
	w.record(t, denied) // nobody used her data
	denied.Result = audit.Fault
	w.record(t, denied)
	w.record(t, audit.Event{Kind: audit.Login, Action: "login", Subject: jaak, Actor: audit.Actor{Person: jaak}, Result: audit.Done}) // her own
	by := audit.Reviewer{Person: minji, Role: audit.Role{Name: audit.Official, Organisation: "70004235", OrganisationName: "Inspectorate"}}
	if _, _, err := w.events.Search(t.Context(), by, audit.Query{Person: minji, Reason: "Case 8"}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.events.UsageHandler())
	defer server.Close()
	ask := func(target, user string) (int, map[string]any) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+target, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Road-UserId", user)
		response, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var body map[string]any
		if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
			t.Error(target, err)
		}
		return response.StatusCode, body
	}
	status, body := ask("/v2/findUsage?userCode=EE38001085718&limit=2&periodStart=2020-01-31T10:20:30Z", "EE38001085718")
	rows, _ := body["usages"].([]any)
	if status != http.StatusOK || body["totalUsages"] != 3.0 || len(rows) != 2 {
		t.Fatal(status, body)
	}
	if _, inspected := ask("/v2/findUsage?userCode=KR900101-1234567", "KR900101-1234567"); !strings.Contains(fmt.Sprint(inspected), "action:Inspection of the record of accesses: Case 8") {
		t.Error(inspected)
	}
	row, _ := rows[0].(map[string]any)
	if row["receiverCode"] != "DEMO/GOV/70000001" || row["receiverName"] != "Tax Board" || row["receiverSystem"] != "DEMO/GOV/70000001/tax" || row["action"] != "Taxation of 2026" {
		t.Error(row)
	}
	if _, err := time.Parse(time.RFC3339, row["logtime"].(string)); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		target, user string
		want         int
	}{
		{"/v2/findUsage?userCode=EE38001085718", "", http.StatusBadRequest},
		{"/v2/findUsage", "EE38001085718", http.StatusBadRequest},
		{"/v2/findUsage?userCode=x", "EE38001085718", http.StatusBadRequest},
		{"/v2/findUsage?userCode=EE38001085718&limit=-1", "EE38001085718", http.StatusBadRequest},
		{"/v2/findUsage?userCode=EE38001085718&userCode=EE60102030007", "EE38001085718", http.StatusBadRequest},
		{"/v2/findUsage?userCode=EE38001085718;userCode=EE60102030007", "EE38001085718", http.StatusBadRequest},
		{"/v2/findUsage?userCode=EE38001085718&limit=1&limit=2", "EE38001085718", http.StatusBadRequest},
		{"/v2/findUsage?userCode=ee38001085718", "EE38001085718", http.StatusBadRequest},
		{"/v2/findUsage?userCode=EE38001085718&offset=x", "EE38001085718", http.StatusBadRequest},
		{"/v2/findUsage?userCode=EE38001085718&periodEnd=today", "EE38001085718", http.StatusBadRequest},
		{"/v2/findUsage?userCode=EE38001085718&periodEnd=2020-01-01T00:00:00Z", "EE38001085718", http.StatusOK},
		{"/v2/usagePeriod", "", http.StatusOK},
		{"/v2/heartbeat", "", http.StatusOK},
	} {
		if status, body := ask(c.target, c.user); status != c.want || strings.Contains(strings.Join(keys(body), " "), "38001085718") {
			t.Errorf("%s: %d %v", c.target, status, body)
		}
	}
}

func keys(body map[string]any) []string {
	var text []string
	for key, value := range body {
		s, _ := value.(string)
		text = append(text, key, s)
	}
	return text
}
