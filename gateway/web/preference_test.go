package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"eidgate/gateway/web"
)

func TestLanguageOfARequest(t *testing.T) {
	for header, want := range map[string]string{
		"": "en", "et": "et", "ko-KR,ko;q=0.9,en;q=0.8": "ko", "de, et;q=0.3, en;q=0.2": "et",
		"en;q=0, ko;q=0.1": "ko", "fr": "en", "ET-ee": "et", "ko;q=7, et;q=0.1": "et", "ko;q=x": "en",
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Accept-Language", header)
		if got := web.Language(r); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
		r.AddCookie(&http.Cookie{Name: "__Host-lang", Value: "ko"})
		if got := web.Language(r); got != "ko" {
			t.Errorf("%q with a cookie: %s", header, got)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: "__Host-lang", Value: "../en"})
	if got := web.Language(r); got != "en" {
		t.Errorf("an odd cookie: %s", got)
	}
}

// Choosing a language or theme remembers it and keeps the page and its query.
func TestChoosingKeepsThePage(t *testing.T) {
	r := renderer(t, web.Options{})
	for at, want := range map[string]struct{ location, cookie string }{
		"/login?return=%2Fsign&lang=ko": {"/login?return=%2Fsign", "__Host-lang=ko; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax"},
		"/sign?theme=dark":              {"/sign", "__Host-theme=dark; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax"},
		"/?lang=xx":                     {"", ""},
		"//evil.example/?lang=et":       {"/evil.example/", "__Host-lang=et; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax"},
	} {
		w := httptest.NewRecorder()
		r.Write(w, httptest.NewRequest(http.MethodGet, "https://localhost"+at, nil), http.StatusOK, "home", nil)
		if w.Header().Get("Location") != want.location || w.Header().Get("Set-Cookie") != want.cookie {
			t.Errorf("%s: to %q with %q", at, w.Header().Get("Location"), w.Header().Get("Set-Cookie"))
		}
	}
}
