package pages

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"eidgate/gateway/problem"
	"eidgate/gateway/session"
	"eidgate/gateway/web"
	"eidgate/kyc"
)

// Verifications are the requests of companies; *kyc.Service has them.
type Verifications interface {
	Look(ctx context.Context, link, browser string) (kyc.Request, error)
	Open(ctx context.Context, link, browser string, viewer kyc.Login) (kyc.Request, error)
	Decide(ctx context.Context, link, browser string, login kyc.Login, granted []string) (string, error)
}

// ConsentOptions of the page where somebody consents. All are required.
type ConsentOptions struct {
	Renderer      *web.Renderer
	Verifications Verifications
	Now           func() time.Time
	Random        io.Reader
}

// Consent is the page /verify/LINK: who asks for what and why, the login, the
// decision claim by claim, and what became of it. It needs no JavaScript once
// somebody is logged in. The page belongs to the browser in which somebody
// logged in opened it first, by a cookie of its own: a link that went astray
// after that opens nothing, and a program that previews links takes no page from
// its person.
type Consent struct{ ConsentOptions }

// NewConsent makes the page.
func NewConsent(o ConsentOptions) (*Consent, error) {
	if o.Renderer == nil || o.Verifications == nil || o.Now == nil || o.Random == nil {
		return nil, errors.New("pages: the consent page lacks what it needs")
	}
	return &Consent{o}, nil
}

// Mount serves it.
func (p *Consent) Mount(r gin.IRouter) {
	r.GET("/verify/:link", p.show)
	r.POST("/verify/:link", p.decide)
}

const (
	browserCookie = "__Host-verify-"
	// browserSecret is its entropy in bytes.
	browserSecret = 32
	// browserMemory is how long a browser can see what was decided in it.
	browserMemory = 24 * time.Hour
)

// cookieOf names the cookie of one page. Each page has its own: of two that are
// opened at once in a browser without cookies, one would lose its browser to the
// other's answer.
func cookieOf(c *gin.Context) string {
	hash := sha256.Sum256([]byte(c.Param("link")))
	return browserCookie + base64.RawURLEncoding.EncodeToString(hash[:12])
}

// by is who looks or decides.
func by(login *session.Login) kyc.Login {
	return kyc.Login{Person: login.Person, Certificate: login.Certificate, Method: string(login.Method)}
}

// browserOf is the secret that a browser has for this page, or empty.
func browserOf(c *gin.Context) string {
	cookie, err := c.Request.Cookie(cookieOf(c))
	if err != nil || len(cookie.Value) != base64.RawURLEncoding.EncodedLen(browserSecret) {
		return ""
	}
	return cookie.Value
}

// open takes the page for this browser, which gets a secret when it has none.
// The cookie is Lax, because people come here from the company's site.
func (p *Consent) open(c *gin.Context, browser string, login *session.Login) (kyc.Request, error) {
	if browser == "" {
		secret := make([]byte, browserSecret)
		if _, err := io.ReadFull(p.Random, secret); err != nil {
			return kyc.Request{}, fmt.Errorf("making a secret for the browser: %w", err)
		}
		browser = base64.RawURLEncoding.EncodeToString(secret)
		http.SetCookie(c.Writer, &http.Cookie{
			Name: cookieOf(c), Value: browser, Path: "/", MaxAge: int(browserMemory.Seconds()),
			Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
	}
	return p.Verifications.Open(c.Request.Context(), c.Param("link"), browser, by(login))
}

func (p *Consent) show(c *gin.Context) {
	login, known := session.Current(c)
	browser := browserOf(c)
	request, err := p.Verifications.Look(c.Request.Context(), c.Param("link"), browser)
	if err == nil && known && !decided(request) {
		request, err = p.open(c, browser, login)
	}
	switch {
	case err != nil:
		problem.Abort(c, err)
	case decided(request):
		p.Renderer.Page(c, http.StatusOK, "consented", consented(request))
	default:
		p.Renderer.Page(c, http.StatusOK, "consent", p.view(here(c), request, login))
	}
}

func decided(r kyc.Request) bool { return r.Status == kyc.Verified || r.Status == kyc.Failed }

// consented tells what became of a request. The way back to the company is a
// link: the policy lets no form lead to another site.
func consented(r kyc.Request) web.ConsentedView {
	view := web.ConsentedView{Client: r.Client, Granted: r.Status == kyc.Verified, Return: r.Return, ReturnHost: r.ReturnHost}
	if r.Error != declined {
		view.Refusal = r.Error
	}
	return view
}

// declined is the code of sessions whose person gave nothing.
const declined = "kyc.declined"

// here is the page's own address without the choice of a language.
func here(c *gin.Context) string { return "/verify/" + url.PathEscape(c.Param("link")) }

// view describes a request; login is nil for somebody nobody knows yet.
func (p *Consent) view(address string, r kyc.Request, login *session.Login) web.ConsentView {
	view := web.ConsentView{
		Client: r.Client, Purpose: r.Purpose, ReturnHost: r.ReturnHost, Expires: r.ExpiresAt, Assurance: r.MinimumAssurance, TooLow: r.TooLow,
		Action: address, Return: address,
	}
	values := map[string]any{}
	if login != nil {
		values = kyc.Preview(login.Person, r.Claims, p.Now())
	}
	for _, name := range r.Claims {
		claim := web.NewClaimView(name)
		value, available := values[name]
		claim.Unavailable = login != nil && !available
		claim.Value, _ = value.(string) // ages are yes or no; the label says enough
		view.Claims = append(view.Claims, claim)
	}
	return view
}

// decide takes the answer and goes back to the page, which tells what became of
// it, also when the answer is sent twice.
func (p *Consent) decide(c *gin.Context) {
	login, ok := session.Current(c)
	if !ok {
		c.Redirect(http.StatusSeeOther, "/login?"+url.Values{"return": {here(c)}}.Encode())
		return
	}
	granted, grants, err := readDecision(c.Request)
	if err == nil && grants && len(granted) == 0 {
		p.nothingChosen(c, login) // not declining, which ends the request
		return
	}
	if err == nil {
		_, err = p.Verifications.Decide(c.Request.Context(), c.Param("link"), browserOf(c), by(login), granted)
	}
	if err != nil && !p.ended(c) {
		problem.Abort(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, here(c))
}

// ended says that this browser's request was decided, by a refusal of the card
// or before.
func (p *Consent) ended(c *gin.Context) bool {
	request, err := p.Verifications.Look(c.Request.Context(), c.Param("link"), browserOf(c))
	return err == nil && decided(request)
}

func (p *Consent) nothingChosen(c *gin.Context, login *session.Login) {
	request, err := p.Verifications.Open(c.Request.Context(), c.Param("link"), browserOf(c), by(login))
	if err != nil {
		problem.Abort(c, err)
		return
	}
	view := p.view(here(c), request, login)
	view.NothingChosen = true
	p.Renderer.Page(c, http.StatusUnprocessableEntity, "consent", view)
}

// readDecision gives the claims that are granted, and whether any are: who
// declines grants none, whatever is chosen.
func readDecision(r *http.Request) (granted []string, grants bool, err error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, false, ErrForm
	}
	if err := r.ParseForm(); err != nil {
		if problem.From(err).Code != "internal" {
			return nil, false, err // the body's own: too large, too slow, cut off
		}
		return nil, false, fmt.Errorf("%w: %w", ErrField, err)
	}
	for name := range r.PostForm {
		if name != "claim" && name != "decision" {
			return nil, false, ErrField
		}
	}
	switch decision := r.PostForm["decision"]; {
	case slices.Equal(decision, []string{"decline"}):
		return nil, false, nil
	case slices.Equal(decision, []string{"grant"}):
		return r.PostForm["claim"], true, nil
	}
	return nil, false, ErrField
}
