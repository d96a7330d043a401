package gateway

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"eidgate/certs"
	"eidgate/gateway/problem"
)

// unassessed explains the trust framework of results whose card no policy
// table knows.
const unassessed = `The level of assurance of this identification was not assessed: no entry of the
service's policy table speaks of the document that was used, or an invented
person of a sandbox was. Rely on it only for what your own assessment of the
document allows.
`

// mountPolicies shows what results and attestations cite.
func (s *Server) mountPolicies(r gin.IRouter) error {
	r.GET("/trust-frameworks/unassessed", func(c *gin.Context) { c.String(http.StatusOK, unassessed) })
	r.GET("/policies/eid/:version", func(c *gin.Context) {
		version, text := certs.PolicyTable()
		if c.Param("version") != version {
			problem.Abort(c, ErrNotFound)
			return
		}
		c.Data(http.StatusOK, "application/json", text)
	})
	return nil
}
