// Package fetch asks a service over HTTP the way trust services are asked: one
// request, one answer of a known media type and bounded size, under the
// caller's deadline, from the host that was meant.
//
// [Do] is all there is. Its error is a [*Problem], which the caller turns into
// a refusal of its own.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
)

// Kind is what went wrong.
type Kind int

// The kinds there are.
const (
	Unreachable Kind = iota + 1 // no connection, or it broke
	Timeout                     // the deadline passed
	Redirected                  // sent to another host, or in a circle
	BadStatus                   // an HTTP status other than 200
	BadMedia                    // another media type: not the service that was meant
	TooLarge                    // more than the limit
)

// Problem is why there is no answer.
type Problem struct {
	Kind   Kind
	Status int // with BadStatus
	cause  error
}

// Error is the cause.
func (p *Problem) Error() string { return p.cause.Error() }

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.cause }

func problem(k Kind, format string, args ...any) *Problem {
	return &Problem{Kind: k, cause: fmt.Errorf(format, args...)}
}

var errRedirect = errors.New("redirected to another host")

// maxRedirects on the same host.
const maxRedirects = 2

// Do sends a request with client, nil meaning one of this package, and reads
// the whole answer: status 200, the media type (any when empty), at most limit
// bytes. Redirects to another host or scheme are refused whatever the client
// allows.
func Do(client *http.Client, req *http.Request, mediaType string, limit int64) ([]byte, *Problem) {
	resp, err := guarded(client).Do(req) //nolint:gosec // addresses come from certificates whose path holds, or from settings; callers limit hosts
	if err != nil {
		return nil, broken(req.Context(), err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		p := problem(BadStatus, "HTTP status %d", resp.StatusCode)
		p.Status = resp.StatusCode
		return nil, p
	}
	if media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); mediaType != "" && (err != nil || media != mediaType) {
		return nil, problem(BadMedia, "not of media type %s", mediaType)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, broken(req.Context(), err)
	}
	if int64(len(body)) > limit {
		return nil, problem(TooLarge, "more than %d bytes", limit)
	}
	return body, nil
}

// guarded is the client with our rule on redirects.
func guarded(client *http.Client) *http.Client {
	var c http.Client
	if client != nil {
		c = *client
	}
	c.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if first := via[0].URL; len(via) > maxRedirects || req.URL.Host != first.Host || req.URL.Scheme != first.Scheme {
			return errRedirect
		}
		return nil
	}
	return &c
}

func broken(ctx context.Context, err error) *Problem {
	var t interface{ Timeout() bool }
	switch {
	case errors.Is(err, errRedirect):
		return &Problem{Kind: Redirected, cause: err}
	case ctx.Err() != nil, errors.As(err, &t) && t.Timeout():
		return &Problem{Kind: Timeout, cause: err}
	}
	return &Problem{Kind: Unreachable, cause: err}
}
