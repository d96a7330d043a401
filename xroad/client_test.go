package xroad_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// answer is what an information system gets.
type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request as an information system does. Headers are name, value.
func (w *world) do(method, target, body string, headers ...string) answer {
	w.t.Helper()
	r, err := http.NewRequest(method, w.url, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.URL.Opaque = target
	if body == "" {
		r.Body = nil
	}
	if !slices.Contains(headers, "X-Road-Client") {
		headers = append(headers, "X-Road-Client", client)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] != "" {
			r.Header.Add(headers[i], headers[i+1])
		}
	}
	a, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return read(w.t, a)
}

func read(t testing.TB, a *http.Response) answer {
	t.Helper()
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{a.StatusCode, a.Header, string(text)}
}

// wantFault checks a refusal by its type and its message's beginning.
func (a answer) wantFault(t testing.TB, kind, message string) {
	t.Helper()
	if got := a.header.Get("X-Road-Error"); a.status != 500 || got != kind {
		t.Errorf("status %d, X-Road-Error %q, want 500 and %q\n%s", a.status, got, kind, a.body)
	}
	if !strings.Contains(a.body, `"type":"`+kind+`"`) || !strings.Contains(a.body, `"message":"`+message) {
		t.Errorf("body %s, want message %q", a.body, message)
	}
}
