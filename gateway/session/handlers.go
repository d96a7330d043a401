package session

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"eidgate/gateway/problem"
)

// Mount serves the requests of the login.
func (m *Manager) Mount(r gin.IRouter) {
	r.GET("/auth/challenge", m.challenge)
	r.POST("/auth/login", m.login)
	r.POST("/auth/persona", m.loginAsPersona)
	r.POST("/auth/logout", m.logout)
}

type challengeAnswer struct {
	Nonce string `json:"nonce"`
}

func (m *Manager) challenge(c *gin.Context) {
	browser, ok := secretOf(c.Request, loginCookie)
	if !ok {
		var err error
		if browser, err = newSecret(m.config.Random); err != nil {
			problem.Abort(c, err)
			return
		}
	}
	nonce, err := m.issue(c.Request.Context(), browser)
	if err != nil {
		problem.Abort(c, err)
		return
	}
	setCookie(c.Writer, loginCookie, browser, http.SameSiteStrictMode)
	c.JSON(http.StatusOK, challengeAnswer{nonce})
}

type loginRequest struct {
	Token  json.RawMessage `json:"token"`
	Return string          `json:"return"`
}

type loginAnswer struct {
	Return string `json:"return"`
}

func (m *Manager) login(c *gin.Context) {
	request, err := readLogin(c.Request)
	if err != nil {
		problem.Abort(c, err)
		return
	}
	s, err := m.withCard(c.Request.Context(), cookie(c, loginCookie), request.Token, cookie(c, sessionCookie))
	if err != nil {
		problem.Abort(c, err)
		return
	}
	m.loggedIn(c, s)
	c.JSON(http.StatusOK, loginAnswer{SafeReturn(request.Return)})
}

// readLogin reads the page's request. The token itself is card/webeid's to
// read.
func readLogin(r *http.Request) (*loginRequest, error) {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	var request loginRequest
	err := decoder.Decode(&request)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil && len(request.Token) > 0 && !decoder.More():
		return &request, nil
	case err == nil, errors.As(err, &syntax), errors.As(err, &kind):
		return nil, ErrRequest
	}
	if problem.From(err).Code != "internal" {
		return nil, err // the body's own: too large, too slow, cut off
	}
	return nil, ErrRequest
}

func (m *Manager) loginAsPersona(c *gin.Context) {
	s, err := m.asPersona(c.Request.Context(), c.PostForm("persona"), cookie(c, sessionCookie))
	if err != nil {
		problem.Abort(c, err)
		return
	}
	m.loggedIn(c, s)
	c.Redirect(http.StatusSeeOther, SafeReturn(c.PostForm("return")))
}

func (m *Manager) loggedIn(c *gin.Context, s secret) {
	setCookie(c.Writer, sessionCookie, s, http.SameSiteLaxMode)
	dropCookie(c.Writer, loginCookie)
}

func (m *Manager) logout(c *gin.Context) {
	end := m.end
	if c.PostForm("everywhere") != "" {
		end = m.endAll
	}
	if s := cookie(c, sessionCookie); s != nil {
		if err := end(c.Request.Context(), *s); err != nil {
			problem.Abort(c, err)
			return
		}
	}
	dropCookie(c.Writer, sessionCookie)
	c.Redirect(http.StatusSeeOther, "/")
}

func cookie(c *gin.Context, name string) *secret {
	if s, ok := secretOf(c.Request, name); ok {
		return &s
	}
	return nil
}
