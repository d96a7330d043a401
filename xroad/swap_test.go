package xroad_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"eidgate/xroad"
)

// TestSwappedResponses: two exchanges of one client to one service at the same
// time, with the same x-road-id, get each other's response. Neither is released.
func TestSwappedResponses(t *testing.T) {
	w := newWorld(t)
	w.handler = func(rw http.ResponseWriter, r *http.Request) { fmt.Fprintf(rw, "secret of %s", r.URL.Path) }
	var mu sync.Mutex
	var met sync.WaitGroup
	met.Add(2)
	var answers []*httptest.ResponseRecorder
	w.wire = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(text))
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			mu.Lock()
			mine := len(answers)
			answers = append(answers, rec)
			mu.Unlock()
			met.Done()
			met.Wait()
			mu.Lock()
			other := answers[1-mine]
			mu.Unlock()
			for name, values := range other.Header() {
				rw.Header()[name] = values
			}
			rw.WriteHeader(other.Code)
			_, _ = rw.Write(other.Body.Bytes())
		})
	}
	w.sqlite()
	var wait sync.WaitGroup
	for _, path := range []string{"/one", "/two"} {
		wait.Go(func() {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+whole+path, nil)
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set("X-Road-Client", client)
			r.Header.Set("X-Road-Id", "same")
			a, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				t.Error(err)
				return
			}
			defer a.Body.Close()
			text, err := io.ReadAll(a.Body)
			if err != nil || a.Header.Get("X-Road-Error") != "Server.ClientProxy.InconsistentResponse" || strings.Contains(string(text), "secret") {
				t.Errorf("%s: %s %s, %v", path, a.Header.Get("X-Road-Error"), text, err)
			}
		})
	}
	wait.Wait()
	for _, stage := range w.consumerLog.stages() {
		if stage == xroad.Answered {
			t.Error("a response to another request was logged as an answer")
		}
	}
}

// TestExpired: certificates that were good when the gateways started and are
// not any more.
func TestExpired(t *testing.T) {
	w, _, calls := attacked(t)
	w.do("GET", whole, "")
	calls.Store(0)
	w.ahead.Store(int64(20 * 365 * 24 * time.Hour))
	a := w.do("GET", whole, "")
	if calls.Load() != 0 || a.status != http.StatusInternalServerError || !strings.HasPrefix(a.header.Get("X-Road-Error"), "Server.") {
		t.Errorf("%d calls, %+v", calls.Load(), a)
	}
	if err := w.provider.Check(t.Context()); err == nil {
		t.Error("the check finds nothing")
	}
}
