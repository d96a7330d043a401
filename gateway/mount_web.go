package gateway

import (
	"fmt"
	"os"
	"runtime"

	"github.com/gin-gonic/gin"

	"eidgate/gateway/api"
	"eidgate/gateway/pages"
	"eidgate/gateway/signing"
	"eidgate/gateway/web"
	"eidgate/sign"
)

// What the pages take of one visitor, in bytes: the defaults of signing and
// validating, unless the operator allows less.
const (
	signLimit     = 512 << 20
	validateLimit = 256 << 20
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
	upload := s.config.Limits.Upload
	trust := sign.Trust{Store: s.trust.Store, Revocation: s.trust.Verifier.Revocation, Now: s.now}
	p, err := pages.New(pages.Options{
		Renderer: renderer, Sessions: s.sessions,
		Judge:     signing.NewValidator(trust, min(validateLimit, upload), os.TempDir(), runtime.GOMAXPROCS(0)),
		SignLimit: min(signLimit, upload), ValidateLimit: min(validateLimit, upload), API: view,
	})
	if err != nil {
		return err
	}
	r.Use(pages.Visitors())
	p.Mount(r)
	return nil
}
