package pages

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"eidgate/certs"
	"eidgate/gateway/audit"
	"eidgate/gateway/problem"
	"eidgate/gateway/session"
	"eidgate/gateway/web"
)

// reviewer is the official at the browser; anybody else is refused.
func (a *Audit) reviewer(c *gin.Context) (audit.Reviewer, bool) {
	login, ok := session.Current(c)
	if !ok {
		problem.Abort(c, session.ErrLoginRequired)
		return audit.Reviewer{}, false
	}
	role, ok := a.Roles.Of(login.Person.Identifier)
	if !ok || role.Name != audit.Official {
		problem.Abort(c, problem.New(http.StatusForbidden, errNotOfficial.Code(), errNotOfficial.Error()).WithHint(errNotOfficial.Hint()))
		return audit.Reviewer{}, false
	}
	return audit.Reviewer{
		Person: login.Person.Identifier, Name: login.Person.FullName(), Role: role, Authentication: string(login.Method),
	}, true
}

// newReview is the form before anything was asked.
func newReview() web.ReviewView {
	return web.ReviewView{
		Action: "/review", Open: "/review/open",
		Kinds: []string{
			string(audit.Login), string(audit.Signature), string(audit.Attestation), string(audit.Exchange), string(audit.Review),
		},
		Results: []string{string(audit.Done), string(audit.Denied), string(audit.Fault)},
	}
}

func (a *Audit) reviewForm(c *gin.Context) {
	if _, ok := a.reviewer(c); ok {
		a.Renderer.Page(c, http.StatusOK, "review", newReview())
	}
}

func (a *Audit) search(c *gin.Context) {
	by, ok := a.reviewer(c)
	if !ok {
		return
	}
	view := newReview()
	query, trouble := readReview(c, &view)
	if trouble != "" {
		view.Trouble = trouble
		a.Renderer.Page(c, http.StatusUnprocessableEntity, "review", view)
		return
	}
	entries, total, err := a.Events.Search(c.Request.Context(), by, query)
	if errors.Is(err, audit.ErrPurpose) {
		view.Trouble = "reason-missing"
		a.Renderer.Page(c, http.StatusUnprocessableEntity, "review", view)
		return
	}
	if err != nil {
		problem.Abort(c, err)
		return
	}
	view.Searched, view.Pager = true, pager(query.Offset, len(entries), total)
	for i := range entries {
		view.Accesses = append(view.Accesses, accessView(&entries[i], ""))
	}
	a.Renderer.Page(c, http.StatusOK, "review", view)
}

// readReview reads the form into the view, to be shown again, and the query.
// trouble is the text about what cannot be read.
func readReview(c *gin.Context, view *web.ReviewView) (query audit.Query, trouble string) {
	view.Person = strings.TrimSpace(c.PostForm("person"))
	view.Organisation = strings.TrimSpace(c.PostForm("organisation"))
	view.From, view.To = c.PostForm("from"), c.PostForm("to")
	view.Kind, view.Result = c.PostForm("kind"), c.PostForm("result")
	view.Reason = strings.TrimSpace(c.PostForm("reason"))
	query = audit.Query{Reason: view.Reason, Filter: audit.Filter{
		Organisation: view.Organisation, Kind: audit.Kind(view.Kind), Result: audit.Result(view.Result),
		Offset: offsetOf(c.PostForm("offset")), Limit: perPage,
	}}
	if view.Person != "" {
		query.Person = certs.NewIdentifier(view.Person)
	}
	for _, day := range []struct {
		text string
		into *time.Time
		add  int // the last day counts to its end
	}{{view.From, &query.From, 0}, {view.To, &query.To, 1}} {
		if day.text == "" {
			continue
		}
		at, err := time.Parse(time.DateOnly, day.text)
		if err != nil {
			return query, "day-unreadable"
		}
		*day.into = at.AddDate(0, 0, day.add)
	}
	return query, ""
}

// open shows an official one event; the look is on record before.
func (a *Audit) open(c *gin.Context) {
	by, ok := a.reviewer(c)
	if !ok {
		return
	}
	entry, err := a.Events.Open(c.Request.Context(), by, c.PostForm("id"), strings.TrimSpace(c.PostForm("reason")))
	if err != nil {
		problem.Abort(c, err)
		return
	}
	a.Renderer.Page(c, http.StatusOK, "event", web.EventView{AccessView: accessView(&entry, ""), Official: true, Back: "/review"})
}
