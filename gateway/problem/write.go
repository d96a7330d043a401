package problem

import (
	"context"
	"encoding/json"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// Pages shows problems to people.
type Pages interface {
	ProblemPage(w http.ResponseWriter, r *http.Request, p *Problem)
}

// Scene is what answers need to know of the request they are to; the server
// puts it into the request's context.
type Scene struct {
	RequestID string
	Pages     func() Pages // nil, or a nil result, is the built-in page
	Log       *slog.Logger
	// Seen hears the code of each problem, for the access log and metrics.
	Seen func(code string)
}

type sceneKey struct{}

// Set gives a context its scene.
func Set(ctx context.Context, s *Scene) context.Context {
	return context.WithValue(ctx, sceneKey{}, s)
}

func sceneOf(ctx context.Context) *Scene {
	if s, ok := ctx.Value(sceneKey{}).(*Scene); ok {
		return s
	}
	return &Scene{}
}

// RequestID is the id of the request that a context belongs to, or empty.
func RequestID(ctx context.Context) string { return sceneOf(ctx).RequestID }

// Abort answers a request of gin with an error and runs no further handler.
func Abort(c *gin.Context, err error) {
	Write(c.Writer, c.Request, err)
	c.Abort()
}

// Write answers a request with an error. It must come before the first byte of
// another answer.
func Write(w http.ResponseWriter, r *http.Request, err error) {
	p, scene := From(err), sceneOf(r.Context())
	p.RequestID = scene.RequestID
	if scene.Log != nil && p.Status >= http.StatusInternalServerError {
		scene.Log.ErrorContext(r.Context(), "answering with a problem", "code", p.Code, "status", p.Status, "error", err)
	}
	if scene.Seen != nil {
		scene.Seen(p.Code)
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Del("Content-Length")
	if p.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	if p.Status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", "Bearer") // RFC 9110 §15.5.2; browsers ask nobody for it
	}
	if WantsJSON(r) {
		writeJSON(w, p)
		return
	}
	if scene.Pages != nil {
		if pages := scene.Pages(); pages != nil {
			pages.ProblemPage(w, r, p)
			return
		}
	}
	writePage(w, p)
}

func writeJSON(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", MediaType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

var page = template.Must(template.New("problem").Parse( //nolint:gochecknoglobals // parsed once, never written
	`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title>` +
		`<h1>{{.Title}}</h1><p>{{.Error}}.{{with .Hint}} {{.}}{{end}}</p><p>{{.Code}} {{.RequestID}}</p></html>` + "\n"))

func writePage(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(p.Status)
	_ = page.Execute(w, p)
}

// apiPaths are answered in JSON whatever the client prefers.
//
//nolint:gochecknoglobals // a table that is never written
var apiPaths = []string{"/v1/", "/v2/", "/auth/challenge", "/auth/login", "/csp", "/healthz", "/readyz", "/openapi", "/.well-known/", "/statuslists/", "/vct/"}

// IsAPI says whether a path is for programs.
func IsAPI(path string) bool {
	for _, prefix := range apiPaths {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

// WantsJSON says whether a request is answered in JSON: it is for the API, or
// its client prefers JSON to HTML.
func WantsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return IsAPI(r.URL.Path) || strings.Contains(accept, "json") && !strings.Contains(accept, "text/html")
}
