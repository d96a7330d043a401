package gateway

import (
	"github.com/gin-gonic/gin"

	"eidgate/gateway/problem"
)

// newEngine is gin without its own logger, recovery and guesses: a path is
// what it is.
func (s *Server) newEngine() (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash, engine.RedirectFixedPath = false, false
	engine.ForwardedByClientIP = false
	engine.UseRawPath, engine.UnescapePathValues = true, true
	engine.Use(func(c *gin.Context) {
		if route := c.FullPath(); route != "" {
			noteRoute(c.Request.Context(), route)
		}
	})
	if err := s.limitClients(engine); err != nil { // before anything asks the database
		return nil, err
	}
	engine.Use(s.sessions.Load())
	engine.NoRoute(func(c *gin.Context) { problem.Abort(c, ErrNotFound) })
	engine.NoMethod(func(c *gin.Context) { problem.Abort(c, ErrMethod) })
	return engine, nil
}
