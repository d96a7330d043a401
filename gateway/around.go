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
	ErrCrossOrigin = fault.New("request.cross-origin", "the request comes from another website", "Do it on this site's own page.")
)

// exchangePath is where exchange messages come; their paths are signed as they
// were sent and no router may clean them.
const exchangePath = "/r1/"

// around is what every request goes through, outermost first: its id, log and
// measures; a panic's end; headers; limits; the cross-origin check. Exchange
// messages leave before gin.
func (s *Server) around(inner http.Handler) http.Handler {
	guarded := s.sameOrigin(inner)
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

// sameOrigin refuses requests that another website makes a browser send.
// Requests with an API key are let through: no browser adds one by itself, and
// they never use a session.
func (s *Server) sameOrigin(inner http.Handler) http.Handler {
	check := http.NewCrossOriginProtection()
	check.AddInsecureBypassPattern("POST " + reportPath) // browsers send reports without a user's doing
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
			if err := check.Check(r); err != nil {
				problem.Write(w, r, ErrCrossOrigin)
				return
			}
		}
		inner.ServeHTTP(w, r)
	})
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
