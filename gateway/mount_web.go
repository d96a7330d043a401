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
	uses, err := pages.NewAudit(pages.AuditOptions{Renderer: renderer, Sessions: s.sessions, Events: s.events, Roles: s.roles})
	if err != nil {
		return err
	}
	limits, c := s.config.Limits, s.config.Signing
	p, err := pages.New(pages.Options{
		Renderer: renderer, Sessions: s.sessions,
		Judge: s.newValidator(), API: view, Links: uses.Links,
		SignLimit: min(c.Request, limits.Upload), ValidateLimit: min(c.Validate, limits.Upload),
	})
	if err != nil {
		return err
	}
	r.Use(pages.Visitors())
	p.Mount(r)
	uses.Mount(r)
	return s.mountConsent(r, renderer)
}

// mountConsent serves the page where persons consent, where somebody attests.
func (s *Server) mountConsent(r gin.IRouter, renderer *web.Renderer) error {
	if s.kyc == nil {
		return nil
	}
	consent, err := pages.NewConsent(pages.ConsentOptions{Renderer: renderer, Verifications: s.kyc, Now: s.now, Random: s.random})
	if err != nil {
		return err
	}
	consent.Mount(r)
	return nil
}
