package gateway

import (
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"

	"eidgate/gateway/problem"
)

// observed is what is noted of a request: no path, no query and no address of
// the client, since these may tell of a person.
type observed struct {
	http.ResponseWriter
	id, route, code string
	status          int
	bytes           int64
}

func (o *observed) WriteHeader(status int) {
	if o.status == 0 && status >= http.StatusOK {
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

func (o *observed) Write(p []byte) (int, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	n, err := o.ResponseWriter.Write(p)
	o.bytes += int64(n)
	return n, err
}

func (o *observed) ReadFrom(r io.Reader) (int64, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	n, err := io.Copy(o.ResponseWriter, r)
	o.bytes += n
	return n, err
}

// Unwrap is for http.ResponseController.
func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// begun says whether an answer has begun, so that no other can be given.
func begun(w http.ResponseWriter) bool {
	for {
		if o, ok := w.(*observed); ok {
			return o.status != 0
		}
		wrapped, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return false
		}
		w = wrapped.Unwrap()
	}
}

// observe gives each request an id and notes how it ended.
func (s *Server) observe(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.now()
		o := &observed{ResponseWriter: w, id: s.requestID(r), route: "none"}
		w.Header().Set(requestIDHeader, o.id)
		scene := &problem.Scene{
			RequestID: o.id, Log: s.log.With("request", o.id), Pages: func() problem.Pages { return s.pages },
			Seen: func(code string) { o.code = code },
		}
		ctx := context.WithValue(problem.Set(r.Context(), scene), routeKey{}, o)
		defer func() {
			took := s.now().Sub(began)
			s.seen.request(o, r.Method, took)
			level := slog.LevelInfo
			if o.route == "/healthz" || o.route == "/readyz" {
				level = slog.LevelDebug
			}
			s.log.Log(ctx, level, "request", "request", o.id, "method", knownMethod(r.Method), "route", o.route,
				"status", o.status, "code", o.code, "bytes", o.bytes, "took", took)
		}()
		inner.ServeHTTP(o, r.WithContext(ctx))
	})
}

const requestIDHeader = "Request-Id"

// requestID takes the id that a proxy gave, when it looks like one, else makes
// one of 96 random bits.
func (s *Server) requestID(r *http.Request) string {
	if id := r.Header.Get(requestIDHeader); validRequestID(id) {
		return id
	}
	var b [12]byte
	if _, err := io.ReadFull(s.random, b[:]); err != nil {
		return "req_" + strconv.FormatInt(s.now().UnixNano(), 36)
	}
	return "req_" + hex.EncodeToString(b[:])
}

// validRequestID: 8 to 64 letters, digits, '-', '_' and '.', so that it can be
// written anywhere.
func validRequestID(id string) bool {
	if len(id) < 8 || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

// knownMethod keeps invented methods out of logs and labels.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

func stack() string { return string(debug.Stack()) }
