package gateway

import "github.com/gin-gonic/gin"

// mountSigning serves signing and validation.
func (s *Server) mountSigning(gin.IRouter) error { return nil }
