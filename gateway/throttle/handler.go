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

// busy is how long to wait when an address has too many requests under way: one
// of them may have ended.
const busy = 5 * time.Second

// Handler refuses the requests of clients who send too many. classOf tells the
// class of a request by its method and its route.
func (t *Throttle) Handler(classOf func(method, route string) Class) gin.HandlerFunc {
	return func(c *gin.Context) {
		class := classOf(c.Request.Method, c.FullPath())
		address := t.addressOf(c.Request)
		wait := t.take(class, address, holderOf(c.Request))
		if wait <= 0 {
			leave, ok := t.enter(class, address)
			if ok {
				defer leave()
				c.Next()
				return
			}
			wait = busy
		}
		p := problem.New(http.StatusTooManyRequests, code, detail).WithHint(hint)
		p.RetryAfter = int((wait + time.Second - 1) / time.Second)
		problem.Abort(c, p)
	}
}
