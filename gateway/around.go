package gateway

import (
	"context"
	"net/http"
	"strings"

	"eidgate/gateway/limits"
	"eidgate/gateway/problem"
	"eidgate/internal/fault"
)

// Refusals of the server itself.
var (
	ErrNotFound    = fault.New("request.not-found", "there is nothing at this address", "Check the address.")
	ErrMethod      = fault.New("request.method", "this address does not take this method", "")
	ErrEncoding    = fault.New("request.content-encoding", "the request's body is compressed, and this service takes it only as it is", "Send it without Content-Encoding.")
	ErrCrossOrigin = fault.New("request.cross-origin", "the request comes from another website", "Do it on this site's own page.")
)

// exchangePath is where exchange messages come; their paths are signed as they
// were sent and no router may clean them.
const exchangePath = "/r1/"

// around is what every request goes through, outermost first: its id, log and
// measures; a panic's end; headers; limits; the cross-origin check. Exchange
// messages leave before gin.
func (s *Server) around(inner http.Handler) http.Handler {
	guarded := s.sameOrigin(plain(inner))
	rules := s.limitRules()
	routed := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.EscapedPath(), exchangePath) && s.exchange != nil {
			noteRoute(r.Context(), exchangePath)
			s.exchange.ServeHTTP(limits.Guard(w, r, s.exchangeLimits()))
			return
		}
		guarded.ServeHTTP(limits.Guard(w, r, rules))
	})
	return s.observe(s.secureHeaders(s.recovering(routed)))
}

func (s *Server) limitRules() limits.Rules {
	c := s.config.Limits
	return limits.Rules{Body: c.Body, Pause: c.Pause, Rate: c.Rate, Grace: c.Grace}
}

// plain refuses bodies that are compressed: they would be signed or judged as
// they came (RFC 9110 §15.5.16). HEAD is answered as GET is, for those who watch
// the service, but for the API, whose document has no such requests.
func plain(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if encoding := r.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
			w.Header().Set("Accept-Encoding", "identity")
			problem.Write(w, r, ErrEncoding)
			return
		}
		if r.Method == http.MethodHead && !strings.HasPrefix(r.URL.Path, "/v1/") {
			asked := *r // the server knows the request's own method, and sends no body
			asked.Method = http.MethodGet
			r = &asked
		}
		inner.ServeHTTP(w, r)
	})
}

// sameOrigin refuses requests that another website makes a browser send. An
// origin that a browser names must be the service's own, too, whatever name the
// request was sent to: a name that is made to lead here is not this service, and
// its certificate is not for it. Requests with an API key are let through: no
// browser adds one by itself, and they never use a session.
func (s *Server) sameOrigin(inner http.Handler) http.Handler {
	check := http.NewCrossOriginProtection()
	check.AddInsecureBypassPattern("POST " + reportPath) // browsers send reports without a user's doing
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
			if err := check.Check(r); err != nil || s.stranger(r) {
				problem.Write(w, r, problem.From(ErrCrossOrigin).WithHint("Open "+s.origin+" and do it there."))
				return
			}
		}
		inner.ServeHTTP(w, r)
	})
}

// stranger says that a page of another origin sends a request that may change
// something. Our own forms name none, "null", because pages say no-referrer; then
// Sec-Fetch-Site decides. Reports come from wherever the browser sends them.
func (s *Server) stranger(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	safe := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
	return origin != "" && origin != "null" && !safe && origin != s.origin && r.URL.Path != reportPath
}

// recovering turns a panic into an answer. http.ErrAbortHandler is a handler's
// way to cut the connection.
func (s *Server) recovering(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if cause := recover(); cause != nil {
				s.panicked(w, r, cause)
			}
		}()
		inner.ServeHTTP(w, r)
	})
}

func (s *Server) panicked(w http.ResponseWriter, r *http.Request, cause any) {
	if cause == http.ErrAbortHandler { //nolint:errorlint // net/http compares it like this
		panic(cause)
	}
	s.seen.panics.Inc()
	s.log.ErrorContext(r.Context(), "a handler panicked", "request", problem.RequestID(r.Context()), "cause", cause, "stack", stack())
	if begun(w) {
		panic(http.ErrAbortHandler)
	}
	problem.Write(w, r, problem.New(http.StatusInternalServerError, "internal", "the service made a mistake").
		WithHint("Try again. If it happens again, tell the operator the request's number."))
}

type routeKey struct{}

// noteRoute tells the log and the measures which route answers a request.
func noteRoute(ctx context.Context, route string) {
	if o, ok := ctx.Value(routeKey{}).(*observed); ok {
		o.route = route
	}
}
