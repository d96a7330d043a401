package session

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"eidgate/certs"
	"eidgate/gateway/problem"
)

const lookupKey = "eidgate/gateway/session"

// lookup finds a request's session once, when somebody asks.
type lookup struct {
	manager *Manager
	done    bool
	login   *Login
	err     error
}

// Load lets the handlers behind it ask [Current]. The database is asked when
// they do and not before.
func (m *Manager) Load() gin.HandlerFunc {
	return func(c *gin.Context) { c.Set(lookupKey, &lookup{manager: m}) }
}

func find(c *gin.Context) (*Login, error) {
	value, ok := c.Get(lookupKey)
	l, isLookup := value.(*lookup)
	if !ok || !isLookup {
		return nil, errConfiguration
	}
	if !l.done {
		l.done = true
		// Requests with an API key are never those of a browser's session.
		if s := cookie(c, sessionCookie); s != nil && c.GetHeader("Authorization") == "" {
			l.login, l.err = l.manager.find(c.Request.Context(), *s)
		}
	}
	return l.login, l.err
}

// Current is the session of a request. Nobody is there when the database is
// away; RequireLogin tells the difference.
func Current(c *gin.Context) (*Login, bool) {
	login, err := find(c)
	return login, err == nil && login != nil
}

// Person is who is logged in.
func Person(c *gin.Context) (certs.Person, bool) {
	login, ok := Current(c)
	if !ok {
		return certs.Person{}, false
	}
	return login.Person, true
}

// RequireLogin lets nobody pass who is not logged in: people are sent to the
// login page and come back, programs get "session.login-required".
func (m *Manager) RequireLogin() gin.HandlerFunc {
	return func(c *gin.Context) {
		login, err := find(c)
		switch {
		case err != nil:
			problem.Abort(c, err)
		case login != nil:
			c.Next()
		case problem.WantsJSON(c.Request):
			problem.Abort(c, ErrLoginRequired)
		default:
			c.Redirect(http.StatusSeeOther, "/login?"+url.Values{"return": {returnTo(c.Request)}}.Encode())
			c.Abort()
		}
	}
}

// returnTo is where a request's person wants to be after the login.
func returnTo(r *http.Request) string {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return "/"
	}
	return SafeReturn(r.URL.RequestURI())
}
