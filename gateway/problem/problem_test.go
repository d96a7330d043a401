package problem_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"eidgate/gateway/problem"
	"eidgate/internal/fault"
)

func TestFrom(t *testing.T) {
	away := fault.New("store.unavailable", "the database cannot be reached", "Try again in a minute.")
	for name, test := range map[string]struct {
		err          error
		status       int
		code, detail string
	}{
		"a code":              {fmt.Errorf("dial /run/secret.sock: %w", away), 503, "store.unavailable", "the database cannot be reached"},
		"a code by its room":  {fault.New("webeid.brand-new", "something new", ""), 403, "webeid.brand-new", "something new"},
		"a code nobody knows": {fault.New("kitchen.fire", "the kitchen burns", ""), 500, "internal", "the service made a mistake"},
		"no code":             {errors.New("password is geheim"), 500, "internal", "the service made a mistake"},
		"too large":           {fmt.Errorf("x: %w", &http.MaxBytesError{Limit: 1}), 413, "request.too-large", "the request is too large"},
		"deadline":            {context.DeadlineExceeded, 504, "request.deadline", "the request took too long"},
		"cancelled":           {context.Canceled, 499, "request.cancelled", "the request ended early"},
		"a problem, wrapped":  {fmt.Errorf("x: %w", problem.New(422, "a.b", "no", problem.Field{Pointer: "/a", Detail: "bad"})), 422, "a.b", "no"},
	} {
		p := problem.From(test.err)
		if p.Status != test.status || p.Code != test.code || p.Detail != test.detail {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// TestWrite: in the form the client wants, without a word of the inside.
func TestWrite(t *testing.T) {
	err := fmt.Errorf("dial /run/secret.sock: %w", fault.New("store.unavailable", "the <database> cannot be reached", "Try again."))
	for name, test := range map[string]struct {
		path, accept, mediaType string
	}{
		"API":                 {"/v1/signatures", "text/html", problem.MediaType},
		"browser":             {"/sign", "text/html,application/xhtml+xml,*/*", "text/html; charset=utf-8"},
		"fetch":               {"/sign", "application/json", problem.MediaType},
		"nothing said":        {"/sign", "", "text/html; charset=utf-8"},
		"browser, json later": {"/sign", "text/html,application/json;q=0.5", "text/html; charset=utf-8"},
	} {
		r := httptest.NewRequest(http.MethodGet, test.path, http.NoBody)
		r.Header.Set("Accept", test.accept)
		var seen string
		r = r.WithContext(problem.Set(r.Context(), &problem.Scene{RequestID: "req_1", Seen: func(code string) { seen = code }}))
		w := httptest.NewRecorder()
		problem.Write(w, r, err)
		if w.Code != 503 || w.Header().Get("Content-Type") != test.mediaType || w.Header().Get("Retry-After") == "" || seen != "store.unavailable" {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
		if body := w.Body.String(); strings.Contains(body, "secret") || !strings.Contains(body, "req_1") || strings.Contains(body, "<database>") {
			t.Errorf("%s: %s", name, body)
		}
		if test.mediaType == problem.MediaType {
			var p problem.Problem
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Code != "store.unavailable" || p.RequestID != "req_1" || p.Hint == "" {
				t.Errorf("%s: %+v, %v", name, p, err)
			}
		}
	}
}
