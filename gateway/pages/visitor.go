package pages

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"eidgate/gateway/session"
	"eidgate/gateway/web"
)

type visitorKey struct{}

// Visitors lets pages, those of problems too, tell who asks. It goes before
// every handler; the session is looked up only when a page is made.
func Visitors() gin.HandlerFunc {
	return func(c *gin.Context) {
		ask := func() web.Visitor {
			login, ok := session.Current(c)
			if !ok {
				return web.Visitor{}
			}
			return web.Visitor{Name: login.Person.FullName(), Persona: login.Method == session.Persona}
		}
		c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), visitorKey{}, ask))
	}
}

// Visitor is who asks, for web.Options.
func Visitor(r *http.Request) web.Visitor {
	if ask, ok := r.Context().Value(visitorKey{}).(func() web.Visitor); ok {
		return ask()
	}
	return web.Visitor{}
}
