package web

import (
	"net/http"

	"eidgate/gateway/problem"
)

// sheet is what the layout reads: the page's own view is in View.
type sheet struct {
	Page     string
	Language string
	Theme    string // "auto", "light" or "dark"
	Sandbox  bool
	Visitor  Visitor
	Request  string // its id, for pages that report trouble

	Languages []choice
	Themes    []choice
	View      any
}

// choice is a link that chooses a language or a theme.
type choice struct {
	Value   string
	Name    string // of a language, in itself
	Link    string
	Current bool
}

// names are those of the languages in themselves.
func names() map[string]string {
	return map[string]string{"en": "English", "et": "Eesti", "ko": "한국어"}
}

func (r *Renderer) sheet(req *http.Request, page string, view any) *sheet {
	s := &sheet{
		Page: page, Language: Language(req), Theme: r.preferences.theme.remembered(req),
		Sandbox: r.options.Sandbox, View: view, Request: problem.RequestID(req.Context()),
	}
	if s.Theme == "" {
		s.Theme = "auto"
	}
	if r.options.Visitor != nil {
		s.Visitor = r.options.Visitor(req)
	}
	s.Languages = choices(r.preferences.language, req, s.Language)
	s.Themes = choices(r.preferences.theme, req, s.Theme)
	return s
}

func choices(p preference, req *http.Request, current string) []choice {
	var all []choice
	for _, value := range p.values {
		all = append(all, choice{value, names()[value], p.link(req, value), value == current})
	}
	return all
}
