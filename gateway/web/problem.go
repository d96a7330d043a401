package web

import (
	"net/http"
	"strconv"

	"eidgate/gateway/problem"
)

var _ problem.Pages = (*Renderer)(nil)

// ProblemPage shows a problem in the visitor's language, with what to do next.
// The sentence of the problem itself is English and says so.
func (r *Renderer) ProblemPage(w http.ResponseWriter, req *http.Request, p *problem.Problem) {
	r.Write(w, req, p.Status, "problem", ProblemView{
		Status: p.Status, Code: p.Code, Detail: p.Error(), Hint: p.Hint,
		Back: back(req), Key: r.problemKey(req, p.Status),
	})
}

// problemKey chooses the texts: those of the status, else of its class.
func (r *Renderer) problemKey(req *http.Request, status int) string {
	key := strconv.Itoa(status)
	if r.languages[Language(req)].texts.has("problem." + key) {
		return key
	}
	if status >= http.StatusInternalServerError {
		return "500"
	}
	return "400"
}

// back is where trying again begins: the same page, which for a form is the
// page that holds it.
func back(req *http.Request) string {
	switch req.URL.Path {
	case "/auth/persona", "/auth/logout":
		return "/login"
	}
	return req.URL.EscapedPath()
}
