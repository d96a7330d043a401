package fetch_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"eidgate/certs/internal/fetch"
)

const media = "application/x-answer"

func answer(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		_, _ = io.WriteString(w, body)
	}
}

func TestDo(t *testing.T) {
	other := httptest.NewServer(answer("other"))
	defer other.Close()
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		kind    fetch.Kind
	}{
		"exactly the limit": {answer(strings.Repeat("x", 100)), 0},
		"one byte more":     {answer(strings.Repeat("x", 101)), fetch.TooLarge},
		"parameters of the media type": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", media+"; charset=binary")
		}, 0},
		"another media type": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", media+"s") }, fetch.BadMedia},
		"created":            {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }, fetch.BadStatus},
		"another host":       {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) }, fetch.Redirected},
		"another scheme": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://"+r.Host+"/", http.StatusFound)
		}, fetch.Redirected},
		"the same host": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/there" {
				answer("here")(w, r)
				return
			}
			http.Redirect(w, r, "/there", http.StatusFound)
		}, 0},
		"in a circle": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }, fetch.Redirected},
		"cut short": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "50")
			answer("short")(w, r)
		}, fetch.Unreachable},
		"silent": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, fetch.Timeout},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(test.handler)
			defer s.Close()
			ctx := t.Context()
			if test.kind == fetch.Timeout {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
				defer cancel()
			}
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			// What the caller's client allows does not count.
			client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
			body, problem := fetch.Do(client, req, media, 100)
			switch {
			case test.kind == 0 && problem != nil:
				t.Errorf("%v", problem)
			case test.kind != 0 && (problem == nil || problem.Kind != test.kind || body != nil):
				t.Errorf("%v, %q, want kind %d", problem, body, test.kind)
			case problem != nil && (problem.Error() == "" || problem.Unwrap() == nil):
				t.Error("a problem without cause")
			}
		})
	}
}
