package problem

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"eidgate/internal/fault"
)

// MediaType of problem documents (RFC 9457 §6.1).
const MediaType = "application/problem+json"

// Problem is a problem document (RFC 9457 §3.1) with this service's extensions:
// a stable code, what to do next, and the request's id for asking the operator.
// It is an error, so that handlers may return one.
type Problem struct {
	Type      string  `json:"type"`
	Title     string  `json:"title"`
	Status    int     `json:"status"`
	Detail    string  `json:"detail,omitempty"`
	Instance  string  `json:"instance,omitempty"`
	Code      string  `json:"code"`
	Hint      string  `json:"hint,omitempty"`
	RequestID string  `json:"request_id,omitempty"`
	Errors    []Field `json:"errors,omitempty"`

	// RetryAfter, in seconds, becomes the header of that name.
	RetryAfter int `json:"-"`
	cause      error
}

// Field is one member of a request that was refused.
type Field struct {
	Pointer string `json:"pointer"` // JSON Pointer (RFC 6901) into the request's body
	Detail  string `json:"detail"`
}

// New makes a problem. detail is a phrase for people.
func New(status int, code, detail string, fields ...Field) *Problem {
	return &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Code: code, Detail: detail, Errors: fields,
	}
}

// Error is the detail.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return p.Title
	}
	return p.Detail
}

// Unwrap is what the problem was made from.
func (p *Problem) Unwrap() error { return p.cause }

// WithHint adds what to do next.
func (p *Problem) WithHint(hint string) *Problem {
	p.Hint = hint
	return p
}

// internal is what is shown of an error that nobody foresaw.
const internal = "internal"

// From finds the problem that an error is: the Problem in its tree, else by its
// code.
func From(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		copied := *p
		return &copied
	}
	code := codeOf(err)
	status, known := statusOf(code)
	if !known {
		p := New(http.StatusInternalServerError, internal, "the service made a mistake").
			WithHint("Try again. If it happens again, tell the operator the request's number.")
		p.cause = err
		return p
	}
	p = New(status, code, sentence(err)).WithHint(fault.HintOf(err))
	p.cause = err
	if slices.Contains([]int{http.StatusServiceUnavailable, http.StatusTooManyRequests}, status) {
		p.RetryAfter = retryAfter
	}
	return p
}

// retryAfter is the pause asked for when the service is away, in seconds.
const retryAfter = 5

// codeOf is fault.CodeOf for errors of the standard library, too.
func codeOf(err error) string {
	var tooLarge *http.MaxBytesError
	code := fault.CodeOf(err)
	switch {
	case code != "":
		return code
	case errors.As(err, &tooLarge):
		return "request.too-large"
	case errors.Is(err, context.DeadlineExceeded):
		return "request.deadline"
	case errors.Is(err, context.Canceled):
		return "request.cancelled"
	}
	return ""
}

// sentence is the text of the coded error alone: what wraps it may name files,
// addresses and other things of the inside.
func sentence(err error) string {
	var coded fault.Coded
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &coded):
		return coded.Error()
	case errors.As(err, &tooLarge):
		return "the request is too large"
	case errors.Is(err, context.DeadlineExceeded):
		return "the request took too long"
	}
	return "the request ended early"
}
