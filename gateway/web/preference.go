package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A preference is something the visitor chooses by a link that keeps the page:
// ?NAME=VALUE, remembered in a cookie. The prefix keeps other hosts and paths
// from setting it (RFC 6265bis section 4.1.3.2).
type preference struct {
	name   string
	values []string
}

// preferences are all there is to choose.
type preferences struct{ language, theme preference }

func newPreferences() preferences {
	return preferences{
		language: preference{"lang", Languages()},
		theme:    preference{"theme", []string{"auto", "light", "dark"}},
	}
}

func (p preference) cookie() string { return "__Host-" + p.name }

// remembered is what the visitor chose before, or "".
func (p preference) remembered(r *http.Request) string {
	cookie, err := r.Cookie(p.cookie())
	if err != nil || !slices.Contains(p.values, cookie.Value) {
		return ""
	}
	return cookie.Value
}

// asked takes the choice out of a query.
func (p preference) asked(query url.Values) string {
	value := query.Get(p.name)
	query.Del(p.name)
	if !slices.Contains(p.values, value) {
		return ""
	}
	return value
}

// remember keeps a choice for a year.
func (p preference) remember(w http.ResponseWriter, value string) {
	http.SetCookie(w, &http.Cookie{
		Name: p.cookie(), Value: value, Path: "/", MaxAge: 365 * 24 * 3600,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// link is the address of the same page with another choice.
func (p preference) link(r *http.Request, value string) string {
	query := r.URL.Query()
	query.Set(p.name, value)
	return "?" + query.Encode()
}

// chosen handles a link that chooses: the choice is remembered and the same
// page shown under its own address.
func (p preferences) chosen(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead || r.URL.RawQuery == "" {
		return false
	}
	query := r.URL.Query()
	found := false
	for _, p := range []preference{p.language, p.theme} {
		if value := p.asked(query); value != "" {
			p.remember(w, value)
			found = true
		}
	}
	if found {
		// One slash: a path that begins with two would name another host.
		here := url.URL{Path: "/" + strings.TrimLeft(r.URL.Path, "/"), RawQuery: query.Encode()}
		http.Redirect(w, r, here.String(), http.StatusSeeOther)
	}
	return found
}

// Language is the language of a request: what the visitor chose, else the best
// of the browser's, else English.
func Language(r *http.Request) string {
	if chosen := newPreferences().language.remembered(r); chosen != "" {
		return chosen
	}
	return accepted(r.Header.Get("Accept-Language"))
}

// accepted chooses from an Accept-Language header (RFC 9110 section 12.5.4).
func accepted(header string) string {
	best, quality := Languages()[0], 0.0
	if len(header) > 1024 {
		return best
	}
	for part := range strings.SplitSeq(header, ",") {
		tag, parameter, _ := strings.Cut(strings.TrimSpace(part), ";")
		primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if !slices.Contains(Languages(), primary) {
			continue
		}
		q := 1.0
		if value, ok := strings.CutPrefix(strings.TrimSpace(parameter), "q="); ok {
			q, _ = strconv.ParseFloat(value, 64) // 0, not wanted, when unreadable
		}
		if q > quality && q <= 1 {
			best, quality = primary, q
		}
	}
	return best
}
