package web

import (
	"net/http"
	"strconv"
	"strings"

	"eidgate/gateway/problem"
)

var _ problem.Pages = (*Renderer)(nil)

// ProblemPage shows a problem in the visitor's language, with what to do next.
// A code with texts of its own is told by them; else the sentence of the problem
// itself is added, which is English and says so.
func (r *Renderer) ProblemPage(w http.ResponseWriter, req *http.Request, p *problem.Problem) {
	view := ProblemView{Status: p.Status, Code: p.Code, Back: back(req, p.Status), Key: p.Code}
	if p.Status == http.StatusTooManyRequests {
		view.Wait = p.RetryAfter
	}
	if !r.languages[Language(req)].texts.has("problem." + p.Code) {
		view.Key, view.Detail, view.Hint = r.problemKey(req, p.Status), sentence(p.Error()), p.Hint
	}
	r.Write(w, req, p.Status, "problem", view)
}

// sentence gives a phrase its capital and its full stop.
func sentence(phrase string) string {
	if phrase == "" {
		return ""
	}
	return strings.ToUpper(phrase[:1]) + strings.TrimSuffix(phrase[1:], ".") + "."
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
// page that holds it; nowhere when there is no page.
func back(req *http.Request, status int) string {
	switch {
	case status == http.StatusNotFound, status == http.StatusGone:
		return ""
	case strings.HasPrefix(req.URL.Path, "/auth/"):
		return "/login"
	}
	return req.URL.EscapedPath()
}
