package gateway

import (
	"fmt"

	"github.com/gin-gonic/gin"

	"eidgate/gateway/api"
	"eidgate/gateway/pages"
	"eidgate/gateway/web"
)

// mountWeb serves the pages.
func (s *Server) mountWeb(r gin.IRouter) error {
	renderer, err := web.New(web.Options{Sandbox: s.config.Mode == Sandbox, Visitor: pages.Visitor, Log: s.log})
	if err != nil {
		return fmt.Errorf("reading the pages: %w", err)
	}
	s.pages = renderer
	document, err := api.Document()
	if err != nil {
		return err
	}
	view, err := web.NewAPIView(document)
	if err != nil {
		return err
	}
	limits, c := s.config.Limits, s.config.Signing
	p, err := pages.New(pages.Options{
		Renderer: renderer, Sessions: s.sessions,
		Judge: s.newValidator(), API: view,
		SignLimit: min(c.Request, limits.Upload), ValidateLimit: min(c.Validate, limits.Upload),
	})
	if err != nil {
		return err
	}
	r.Use(pages.Visitors())
	p.Mount(r)
	return nil
}
