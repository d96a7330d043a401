package pages

import (
	"errors"
	"net/http"
	"regexp"
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
		var ok bool
		if query.Person, ok = readPerson(view.Person); !ok {
			return query, "person-unreadable"
		}
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
	reason := strings.TrimSpace(c.PostForm("reason"))
	entry, err := a.Events.Open(c.Request.Context(), by, c.PostForm("id"), reason)
	if err != nil {
		problem.Abort(c, err)
		return
	}
	view := web.EventView{AccessView: accessView(&entry, ""), Official: true, Back: "/review"}
	if view.Proof == "signed" {
		view.Prove, view.Reason = "/review/proof", reason
	}
	a.Renderer.Page(c, http.StatusOK, "event", view)
}

// prove gives an official the proof of one event; that is on record as well.
func (a *Audit) prove(c *gin.Context) {
	by, ok := a.reviewer(c)
	if !ok {
		return
	}
	id := c.PostForm("id")
	file, err := a.Events.Prove(c.Request.Context(), by, id, strings.TrimSpace(c.PostForm("reason")))
	if err != nil {
		problem.Abort(c, err)
		return
	}
	sendProof(c, id, file)
}

// Forms in which an official may write a person: as certificates do, with the
// country before the code, and an Estonian code alone.
var (
	personWhole   = regexp.MustCompile(`^(?i:(PNO|IDC|PAS|TIN|TAX)([A-Z]{2}))-([0-9A-Za-z][0-9A-Za-z-]{0,40})$`)
	personCountry = regexp.MustCompile(`^(?i:([A-Z]{2}))([0-9][0-9A-Za-z-]{2,40})$`)
	personCode    = regexp.MustCompile(`^[0-9]{11}$`)
)

// readPerson reads a person; ok is false for what names none, which would find
// nothing and look like an answer.
func readPerson(text string) (person certs.Identifier, ok bool) {
	if m := personWhole.FindStringSubmatch(text); m != nil {
		return certs.NewIdentifier(strings.ToUpper(m[1]+m[2]) + "-" + m[3]), true
	}
	if m := personCountry.FindStringSubmatch(text); m != nil {
		return certs.NewIdentifier("PNO" + strings.ToUpper(m[1]) + "-" + m[2]), true
	}
	if personCode.MatchString(text) {
		return certs.NewIdentifier("PNOEE-" + text), true
	}
	return certs.Identifier{}, false
}
