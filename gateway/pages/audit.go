package pages

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"eidgate/certs"
	"eidgate/gateway/audit"
	"eidgate/gateway/problem"
	"eidgate/gateway/session"
	"eidgate/gateway/web"
	"eidgate/internal/fault"
)

// Events are the access events; *audit.Events are.
type Events interface {
	PseudonymOf(person certs.Identifier) audit.Pseudonym
	OfPerson(ctx context.Context, person certs.Identifier, filter audit.Filter) ([]audit.Entry, int, error)
	Get(ctx context.Context, id string) (audit.Entry, error)
	ProofFor(ctx context.Context, person certs.Identifier, id string) ([]byte, error)
	Search(ctx context.Context, by audit.Reviewer, query audit.Query) ([]audit.Entry, int, error)
	Open(ctx context.Context, by audit.Reviewer, id, reason string) (audit.Entry, error)
	Prove(ctx context.Context, by audit.Reviewer, id, reason string) ([]byte, error)
}

// AuditOptions of the pages about uses of data. All but Roles are required.
type AuditOptions struct {
	Renderer *web.Renderer
	Sessions *session.Manager
	Events   Events
	// Roles says who may review: nobody when it is zero.
	Roles audit.Roles
}

// Audit are the pages about uses of data: /usage for everybody's own, /review
// for officials. None needs JavaScript.
type Audit struct{ AuditOptions }

// NewAudit makes them.
func NewAudit(o AuditOptions) (*Audit, error) {
	if o.Renderer == nil || o.Sessions == nil || o.Events == nil {
		return nil, errors.New("pages: the renderer, the sessions and the events are required")
	}
	return &Audit{o}, nil
}

// Mount serves them.
func (a *Audit) Mount(r gin.IRouter) {
	own := r.Group("/usage", a.Sessions.RequireLogin())
	own.GET("", a.usage)
	own.GET("/:id", a.event)
	own.GET("/:id/proof", a.proof)
	review := r.Group("/review", a.Sessions.RequireLogin())
	review.GET("", a.reviewForm)
	review.POST("", a.search)
	review.POST("/open", a.open)
	review.POST("/proof", a.prove)
}

// Links are those of somebody's account page, for Options.Links.
func (a *Audit) Links(login *session.Login) []web.Link {
	links := []web.Link{{Page: "usage", Address: "/usage"}}
	if _, ok := a.Roles.Of(login.Person.Identifier); ok {
		links = append(links, web.Link{Page: "review", Address: "/review"})
	}
	return links
}

// perPage is how many accesses a page lists.
const perPage = 20

func (a *Audit) usage(c *gin.Context) {
	me, ok := session.Person(c)
	if !ok {
		problem.Abort(c, session.ErrLoginRequired)
		return
	}
	offset := offsetOf(c.Query("offset"))
	entries, total, err := a.Events.OfPerson(c.Request.Context(), me.Identifier, audit.Filter{Offset: offset, Limit: perPage})
	if err != nil {
		problem.Abort(c, err)
		return
	}
	view := web.UsageView{Pager: pager(offset, len(entries), total)}
	for i := range entries {
		access := accessView(&entries[i], a.Events.PseudonymOf(me.Identifier))
		access.Detail = "/usage/" + access.ID
		access.Download = downloadOf(access)
		view.Accesses = append(view.Accesses, access)
	}
	for _, address := range []*string{&view.Pager.Newer, &view.Pager.Older} {
		if *address != "" {
			*address = "?offset=" + *address
		}
	}
	a.Renderer.Page(c, http.StatusOK, "usage", view)
}

// event shows one access to the person whom it is about; to others it does not
// exist.
func (a *Audit) event(c *gin.Context) {
	me, _ := session.Person(c)
	entry, err := a.Events.Get(c.Request.Context(), c.Param("id"))
	pseudonym := a.Events.PseudonymOf(me.Identifier)
	if err == nil && (me.Identifier.IsZero() || entry.Subject != pseudonym) {
		err = audit.ErrUnknown
	}
	if err != nil {
		problem.Abort(c, err)
		return
	}
	view := web.EventView{AccessView: accessView(&entry, pseudonym), Back: "/usage"}
	view.Download = downloadOf(view.AccessView)
	a.Renderer.Page(c, http.StatusOK, "event", view)
}

// proof gives the file that proves an access, for "eid audit verify".
func (a *Audit) proof(c *gin.Context) {
	me, _ := session.Person(c)
	file, err := a.Events.ProofFor(c.Request.Context(), me.Identifier, c.Param("id"))
	if err != nil {
		problem.Abort(c, err)
		return
	}
	sendProof(c, c.Param("id"), file)
}

func sendProof(c *gin.Context, id string, file []byte) {
	c.Header("Content-Disposition", `attachment; filename="`+safeName(id)+`.tlog-proof"`)
	c.Data(http.StatusOK, "application/octet-stream", file)
}

// safeName keeps what a file name and a header can hold.
func safeName(id string) string {
	name := []byte(id)
	for i, b := range name {
		if b != '_' && b != '-' && (b < '0' || b > '9') && (b < 'a' || b > 'z') && (b < 'A' || b > 'Z') {
			name[i] = '_'
		}
	}
	return string(name)
}

func downloadOf(access web.AccessView) string {
	if access.Proof != "signed" {
		return ""
	}
	return "/usage/" + access.ID + "/proof"
}

// offsetOf reads where a page begins; nonsense is the beginning.
func offsetOf(text string) int {
	offset, err := strconv.ParseInt(text, 10, 32)
	if err != nil || offset < 0 {
		return 0
	}
	return int(offset)
}

// pager gives offsets as Newer and Older.
func pager(offset, shown, total int) web.Pager {
	p := web.Pager{Total: total, From: offset + 1, To: offset + shown}
	if shown == 0 {
		p.From = 0
	}
	if offset > 0 {
		p.Newer = strconv.Itoa(max(offset-perPage, 0))
	}
	if offset+shown < total && shown > 0 {
		p.Older = strconv.Itoa(offset + perPage)
	}
	return p
}

// accessView shows an entry to the person with that pseudonym.
func accessView(e *audit.Entry, reader audit.Pseudonym) web.AccessView {
	v := web.AccessView{
		ID: e.ID, At: e.At, Kind: string(e.Kind), Action: e.Action,
		PersonName: e.Actor.PersonName, Role: e.Actor.Role, Organisation: e.Actor.Organisation,
		OrganisationName: e.Actor.OrganisationName, System: e.Actor.System, Authentication: e.Actor.Authentication,
		Own:     reader != "" && e.Actor.Person == reader && e.Actor.Organisation == "",
		Service: e.Service, Fields: e.Fields, Purpose: e.Purpose, LegalBasis: e.LegalBasis, Case: e.Case,
		Result: string(e.Result), Code: e.Code, Message: e.Evidence.Message, Hash: e.Evidence.Hash,
		Proof: "waiting",
	}
	switch {
	case !e.Intact:
		v.Proof = "changed"
	case e.Ledger.Signed:
		v.Proof, v.Index = "signed", e.Ledger.Index
	}
	return v
}

// errNotOfficial refuses who has no role.
var errNotOfficial = fault.New("audit.not-official", "this page is for officials", "Ask the operator for a role.")
