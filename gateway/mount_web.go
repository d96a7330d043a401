package gateway

import "github.com/gin-gonic/gin"

// mountWeb serves the pages.
func (s *Server) mountWeb(gin.IRouter) error { return nil }
