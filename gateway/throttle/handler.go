package throttle

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"eidgate/gateway/problem"
)

const (
	code   = "request.too-many"
	detail = "too many requests of this kind came from this client"
	hint   = "Wait as many seconds as Retry-After says, then send the request again; nothing was done."
)

// Handler refuses the requests of clients who send too many. classOf tells the
// class of a request by its method and its route.
func (t *Throttle) Handler(classOf func(method, route string) Class) gin.HandlerFunc {
	return func(c *gin.Context) {
		class := classOf(c.Request.Method, c.FullPath())
		wait := t.take(class, t.addressOf(c.Request), holderOf(c.Request))
		if wait <= 0 {
			return
		}
		p := problem.New(http.StatusTooManyRequests, code, detail).WithHint(hint)
		p.RetryAfter = int((wait + time.Second - 1) / time.Second)
		problem.Abort(c, p)
	}
}
