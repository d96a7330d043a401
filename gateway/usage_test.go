package gateway_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/testtool"
)

// The data tracker's own description judges what the portal gets.
type tracker struct {
	node   *gatewaytest.Node
	router routers.Router
}

const trackerService = "/r1/DEMO/GOV/70000001/population/usage"

func newTracker(t *testing.T, database string) *tracker {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromFile(testtool.Shared(t, "datatracker", "dumonitor-openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	document.Servers = nil
	router, err := legacy.NewRouter(document)
	if err != nil {
		t.Fatal(err)
	}
	return &tracker{gatewaytest.Start(t, gatewaytest.Options{Database: database}), router}
}

// ask calls the tracker through the exchange as a subsystem of the tax board.
func (w *tracker) ask(t *testing.T, subsystem, path string) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.node.URL+trackerService+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Road-Client", "DEMO/GOV/70000002/"+subsystem)
	request.Header.Set("X-Road-UserId", "EE38001085718")
	response, err := w.node.Client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, body
}

// judge validates question and answer against the description.
func (w *tracker) judge(t *testing.T, path string, response *http.Response, body []byte) error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Road-UserId", "EE38001085718")
	route, parameters, err := w.router.FindRoute(request)
	if err != nil {
		return err
	}
	input := &openapi3filter.RequestValidationInput{Request: request, PathParams: parameters, Route: route}
	if err := openapi3filter.ValidateRequest(t.Context(), input); err != nil {
		return fmt.Errorf("the question: %w", err)
	}
	return openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: response.StatusCode, Header: response.Header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
}

// read makes the tax board, or another subsystem of it, read about jaak.
func (w *tracker) read(t *testing.T, subsystem string, want int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.node.URL+"/r1/DEMO/GOV/70000001/population/persons/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"X-Road-Client": "DEMO/GOV/70000002/" + subsystem, "X-Road-UserId": "EE47101010033", "X-Road-Issue": "T-2026-7", "X-Person": "PNOEE-38001085718",
	} {
		request.Header.Set(name, value)
	}
	response, err := w.node.Client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != want {
		t.Fatalf("%s: %d", subsystem, response.StatusCode)
	}
}

type usages struct {
	TotalUsages int
	Usages      []struct {
		Logtime                                            time.Time
		Action, ReceiverCode, ReceiverName, ReceiverSystem string
	}
}

// TestPortalFindsUsage: the state portal asks through the exchange who read a
// person's data and gets each access once; nobody else is answered.
func TestPortalFindsUsage(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newTracker(t, address)
		for range 3 {
			w.read(t, "tax", http.StatusOK)
		}
		w.read(t, "statistics", http.StatusInternalServerError) // denied: nobody saw anything
		begin := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
		for path, want := range map[string]int{
			"/v2/findUsage?userCode=EE38001085718":                                           3,
			"/v2/findUsage?userCode=EE38001085718&limit=2&offset=2":                          1,
			"/v2/findUsage?userCode=EE38001085718&periodStart=" + begin:                      3,
			"/v2/findUsage?userCode=EE38001085718&periodEnd=" + begin:                        0,
			"/v2/findUsage?userCode=EE60001019906":                                           0,
			"/v2/findUsage?userCode=EE38001085718&limit=1000&periodEnd=2099-01-01T00:00:00Z": 3,
		} {
			response, body := w.ask(t, "portal", path)
			if response.StatusCode != http.StatusOK {
				t.Errorf("%s: %d %s", path, response.StatusCode, body)
				continue
			}
			if err := w.judge(t, path, response, body); err != nil {
				t.Errorf("%s: %v\n%s", path, err, body)
			}
			if err := w.judge(t, path, response, bytes.ReplaceAll(body, []byte("receiverCode"), []byte("receiver"))); (err == nil) != (want == 0) {
				t.Errorf("%s: without the receiver's code: %v", path, err) // the judge judges
			}
			var found usages
			if err := json.Unmarshal(body, &found); err != nil || len(found.Usages) != want {
				t.Errorf("%s: %s, %v", path, body, err)
			}
			for _, u := range found.Usages {
				if got := fmt.Sprint(u.Action, "|", u.ReceiverCode, "|", u.ReceiverName, "|", u.ReceiverSystem); got !=
					"Look-up of a person in the population register|DEMO/GOV/70000002|Sandbox Tax Board|DEMO/GOV/70000002/tax" {
					t.Errorf("%s: %s", path, got)
				}
			}
		}
		for _, path := range []string{"/v2/usagePeriod", "/v2/heartbeat"} {
			response, body := w.ask(t, "portal", path)
			if err := w.judge(t, path, response, body); err != nil || response.StatusCode != http.StatusOK {
				t.Errorf("%s: %d, %v\n%s", path, response.StatusCode, err, body)
			}
		}
		for _, stranger := range []string{"tax", "statistics"} {
			response, body := w.ask(t, stranger, "/v2/findUsage?userCode=EE38001085718")
			if response.StatusCode != http.StatusInternalServerError || !strings.Contains(response.Header.Get("X-Road-Error"), "AccessDenied") ||
				bytes.Contains(body, []byte("usages")) {
				t.Errorf("%s was told %d %q %s", stranger, response.StatusCode, response.Header.Get("X-Road-Error"), body)
			}
		}
	})
}

// TestPersonSeesEachAccessOnce, where both sides of the exchange are here.
func TestPersonSeesEachAccessOnce(t *testing.T) {
	n := newTracker(t, "")
	n.read(t, "tax", http.StatusOK)
	n.node.LoginPersona(t, "jaak")
	response, err := n.node.Client.Get(n.node.URL + "/usage")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%d, %v", response.StatusCode, err)
	}
	if got := strings.Count(string(page), "T-2026-7"); got != 1 {
		t.Errorf("the page tells the case %d times:\n%s", got, page)
	}
}

// TestLedgerShowsItsTreeOnly: key, checkpoint and tiles, to anybody.
func TestLedgerShowsItsTreeOnly(t *testing.T) {
	n := gatewaytest.Start(t, gatewaytest.Options{})
	n.LoginPersona(t, "jaak")
	visitor := n.NewClient(t)
	status := func(path string) (int, string) {
		response, err := visitor.Get(n.URL + "/ledger" + path)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if got, _ := status("/tile/0/000.p/1"); got == http.StatusOK {
			break
		}
	}
	for path, want := range map[string]int{
		"/key": http.StatusOK, "/checkpoint": http.StatusOK, "/tile/0/000.p/1": http.StatusOK, "/tile/entries/000.p/1": http.StatusOK,
		"": http.StatusNotFound, "/": http.StatusNotFound, "/tile/": http.StatusNotFound, "/head": http.StatusNotFound, "/.state/treeState": http.StatusNotFound,
		"/../head": http.StatusNotFound, "/tile/%2e%2e/%2e%2e/head": http.StatusNotFound, "/tile/0/..%2f..%2f..%2fhead": http.StatusNotFound, "/ledger.key": http.StatusNotFound,
		"/key/": http.StatusNotFound, "/checkpoint/": http.StatusNotFound,
	} {
		got, body := status(path)
		if got != want {
			t.Errorf("%q: %d, want %d", path, got, want)
		}
		if strings.Contains(body, "PRIVATE+KEY") || strings.Contains(body, "38001085718") || strings.Contains(body, "JÕEORG") {
			t.Errorf("%q shows %q", path, body)
		}
	}
	if _, key := status("/key"); !strings.HasPrefix(key, "localhost/ledger+") || !strings.HasSuffix(key, "\n") {
		t.Errorf("key %q", key)
	}
}
