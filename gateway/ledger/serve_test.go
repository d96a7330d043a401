package ledger_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"eidgate/gateway/store/storetest"

	"github.com/transparency-dev/formats/log"
)

// The folder shows its checkpoint and tiles and nothing else.
func TestOnlyPublicFilesAreServed(t *testing.T) {
	w := newWorld(t, storetest.Open(t, storetest.SQLite(t)))
	l, _ := w.open(t)
	w.record(t, 0, 3)
	proofOf(t, l, "ev_00002")
	handler, err := l.Handler()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{
		"/checkpoint":               http.StatusOK,
		"/tile/0/000.p/3":           http.StatusOK,
		"/tile/entries/000.p/3":     http.StatusOK,
		"/":                         http.StatusNotFound,
		"/tile/":                    http.StatusNotFound,
		"/.state/treeState":         http.StatusNotFound,
		"/tile/0/../../.state/x":    http.StatusNotFound,
		"/tile/0/000.p":             http.StatusNotFound,
		"/tile/0/000.p/3.tmp":       http.StatusNotFound,
		"/tile/99/000":              http.StatusNotFound,
		"/tile/0/000.p/%2e%2e/000":  http.StatusNotFound,
		"/checkpoint/../checkpoint": http.StatusNotFound,
	} {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if answer.Code != want {
			t.Errorf("%s: %d, want %d", path, answer.Code, want)
		}
		if path == "/checkpoint" {
			if _, _, _, err := log.ParseCheckpoint(answer.Body.Bytes(), "ledger.test/log", w.options.Verifier); err != nil {
				t.Error(err)
			}
		}
	}
}
