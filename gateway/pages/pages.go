package pages

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"eidgate/certs"
	"eidgate/gateway/problem"
	"eidgate/gateway/session"
	"eidgate/gateway/signing"
	"eidgate/gateway/web"
	"eidgate/sign"
)

// Judge validates documents; *signing.Validator is one.
type Judge interface {
	Receive(name string, body io.Reader) (*signing.Spool, error)
	Validate(ctx context.Context, document, content *signing.Spool) (*sign.Report, error)
}

// Options of the pages. Renderer, Sessions and Judge are required.
type Options struct {
	Renderer *web.Renderer
	Sessions *session.Manager
	Judge    Judge
	// SignLimit and ValidateLimit are the most bytes that may be uploaded for
	// one signature and for one validation. They are shown, and the second is
	// kept to.
	SignLimit, ValidateLimit int64
	// API is what the page about the interface shows.
	API web.APIView
	// Links gives the links of somebody's account page; nil is none.
	Links func(*session.Login) []web.Link
}

// Pages are the handlers.
type Pages struct{ Options }

// New makes the pages.
func New(o Options) (*Pages, error) {
	if o.Renderer == nil || o.Sessions == nil || o.Judge == nil || o.SignLimit <= 0 || o.ValidateLimit <= 0 {
		return nil, errors.New("pages: the renderer, the sessions, the judge and the limits are required")
	}
	return &Pages{o}, nil
}

// Mount serves the pages and their static files.
func (p *Pages) Mount(r gin.IRouter) {
	p.Renderer.Mount(r)
	for path, handler := range map[string]gin.HandlerFunc{
		"/": p.home, "/login": p.login, "/sign": p.sign, "/validate": p.validateForm, "/api": p.api,
	} {
		r.GET(path, handler)
		r.HEAD(path, handler)
	}
	account := r.Group("/account", p.Sessions.RequireLogin())
	account.GET("", p.account)
	account.HEAD("", p.account)
	r.POST("/validate", p.validate)
}

func (p *Pages) home(c *gin.Context) {
	p.Renderer.Page(c, http.StatusOK, "home", nil)
}

func (p *Pages) login(c *gin.Context) {
	view := web.LoginView{Return: session.SafeReturn(c.Query("return"))}
	if view.Return == "/" {
		view.Return = "/account"
	}
	for _, persona := range p.Sessions.Personas() {
		view.Personas = append(view.Personas, web.Persona{Key: persona.Name, Name: persona.Person.FullName()})
	}
	p.Renderer.Page(c, http.StatusOK, "login", view)
}

func (p *Pages) account(c *gin.Context) {
	login, ok := session.Current(c)
	if !ok {
		problem.Abort(c, session.ErrLoginRequired)
		return
	}
	view := web.AccountView{
		Name: login.Person.FullName(), Identifier: login.Person.Identifier.Reveal(), Country: login.Person.Country,
		Persona: login.Method == session.Persona, Since: login.At, Until: login.Expires,
	}
	if login.Person.Document != certs.UnknownDocument {
		view.Document = login.Person.Document.String()
	}
	if p.Links != nil {
		view.Links = p.Links(login)
	}
	p.Renderer.Page(c, http.StatusOK, "account", view)
}

func (p *Pages) sign(c *gin.Context) {
	p.Renderer.Page(c, http.StatusOK, "sign", web.SignView{Limit: p.SignLimit})
}

func (p *Pages) api(c *gin.Context) {
	p.Renderer.Page(c, http.StatusOK, "api", p.API)
}
