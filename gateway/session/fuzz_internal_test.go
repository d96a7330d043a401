package session

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"eidgate/gateway/problem"
)

// FuzzReadLogin: whatever comes is read or refused as malformed.
func FuzzReadLogin(f *testing.F) {
	f.Add(`{"token":{"format":"web-eid:1.0"},"return":"/sign"}`)
	f.Add(`{"token":null}`)
	f.Fuzz(func(t *testing.T, body string) {
		request, err := readLogin(httptest.NewRequest(http.MethodPost, "/auth/login", strings.NewReader(body)))
		if (err == nil) == (request == nil) || err != nil && problem.From(err).Code != "request.malformed" {
			t.Errorf("%+v, %v", request, err)
		}
	})
}

// FuzzCookies: only the value of 32 bytes that was given is one.
func FuzzCookies(f *testing.F) {
	f.Add("__Host-session=" + strings.Repeat("A", 43))
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.Header.Set("Cookie", header)
		s, ok := secretOf(r, sessionCookie)
		if !ok && s != (secret{}) {
			t.Error("a cookie that is none has a value")
		}
	})
}
