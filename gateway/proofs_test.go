package gateway_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"eidgate/gateway/gatewaytest"
	"eidgate/gateway/ledger/proof"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/testtool"
)

func fetched(t *testing.T, n *gatewaytest.Node, path string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := n.Client.Do(request)
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

// Every node of a service gives the proof of an access that another recorded,
// and they show the same ledger.
func TestEveryNodeGivesProofs(t *testing.T) {
	testtool.Need(t, "/usr/lib/postgresql/15/bin/postgres")
	address := storetest.Postgres(t)
	a := gatewaytest.Start(t, gatewaytest.Options{Database: address})
	b := gatewaytest.Start(t, gatewaytest.Options{Database: address, Beside: a, Origin: a.URL})
	b.Client = a.Client // one browser; cookies do not know ports
	for _, n := range []*gatewaytest.Node{a, b} {
		if status, body := n.PostLogin(t, n.Token(t, a.URL, n.Challenge(t))); status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
	}
	_, key := fetched(t, b, "/ledger/key")
	if _, other := fetched(t, a, "/ledger/key"); key != other {
		t.Fatalf("the nodes have two keys, %q and %q", key, other)
	}
	ledger, err := note.NewVerifier(strings.TrimSpace(key))
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`/usage/ev_[^"/]+/proof`)
	for name, n := range map[string]*gatewaytest.Node{"a": a, "b": b} {
		links := map[string]bool{}
		for deadline := time.Now().Add(5 * time.Minute); len(links) < 2 && time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
			_, page := fetched(t, n, "/usage")
			for _, found := range link.FindAllString(page, -1) {
				links[found] = true
			}
		}
		if len(links) != 2 {
			t.Fatalf("node %s proves %d of 2 logins", name, len(links))
		}
		for path := range links {
			status, file := fetched(t, n, path)
			if included, err := proof.Verify([]byte(file), ledger); status != http.StatusOK || err != nil || !strings.Contains(string(included.Record), `"login"`) {
				t.Errorf("node %s: %d, %v", name, status, err)
			}
		}
		if status, text := fetched(t, n, "/ledger/checkpoint"); status != http.StatusOK || !strings.HasPrefix(text, ledger.Name()+"\n2\n") {
			t.Errorf("node %s shows %d %s", name, status, text)
		}
	}
}
