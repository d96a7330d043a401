package xroad

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"eidgate/internal/fault"
)

// errServiceMessage: a service's answer cannot be a message.
var errServiceMessage = errors.New("the answer is not HTTP, or its headers are too many or too large")

// answer asks the service.
func (x *incoming) answer(ctx context.Context) (*response, *spool, *Fault) {
	if x.service == nil {
		return x.metadata()
	}
	ctx, cancel := context.WithTimeout(ctx, x.service.timeout)
	defer cancel()
	if x.service.handler != "" {
		return x.local(ctx)
	}
	return x.remote(ctx)
}

// bodiless are the methods whose bodies are signed and logged but not handed
// to the service, as X-Road has it.
const bodiless = "DELETE GET HEAD OPTIONS TRACE"

// outgoingRequest is the HTTP request to the service: the message's lines and
// nothing of the gateway's own.
func (x *incoming) outgoingRequest(ctx context.Context) *http.Request {
	m := x.request
	r := (&http.Request{Method: m.verb, Header: http.Header{"User-Agent": {""}}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}).WithContext(ctx)
	for _, h := range m.headers {
		if !ofConnection(h.name) {
			r.Header.Add(h.name, h.value)
		}
	}
	if x.in.body != nil && !strings.Contains(bodiless, m.verb) {
		r.Body, r.ContentLength = io.NopCloser(x.in.body.reader()), x.in.body.size
	}
	return r
}

func (x *incoming) remote(ctx context.Context) (*response, *spool, *Fault) {
	r := x.outgoingRequest(ctx)
	r.URL = serviceURL(x.service.url, x.request)
	r.Host = r.URL.Host
	answer, err := x.gateway.services[x.service.id].RoundTrip(r)
	if err != nil {
		return nil, nil, serviceDown(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode < 200 { // 101: what follows is no answer and may never end
		return nil, nil, newFault(atProvider, codeServiceFailedHTTP, "The service's answer is not one of HTTP").because(errServiceMessage)
	}
	m := &response{status: answer.StatusCode, headers: messageHeaders(answer.Header, ownInResponses)}
	m.reason = strings.TrimPrefix(strings.TrimPrefix(answer.Status, fmt.Sprint(answer.StatusCode)), " ")
	if !mayHaveBody(x.request.verb, m.status) {
		return x.checked(m, nil)
	}
	body, err := newSpool(answer.Body, answer.ContentLength, x.gateway.o.MaxBody, x.gateway.o.TempDir)
	if errors.Is(err, errBodySize) {
		return nil, nil, bodyTooLarge(atProvider, x.gateway.o.MaxBody)
	}
	if err != nil {
		return nil, nil, serviceDown(err)
	}
	return x.checked(m, body)
}

func serviceDown(err error) *Fault {
	err = withoutContent(err)
	if errors.Is(err, context.DeadlineExceeded) {
		return newFault(atProvider, codeServiceFailedNet, "Read timed out").because(err)
	}
	return newFault(atProvider, codeServiceFailedNet, "The service could not be reached").because(err)
}

// withoutContent keeps what was received out of logs: net/http quotes answers
// that are not HTTP.
func withoutContent(err error) error {
	var network net.Error
	if errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, context.Canceled) {
		return err
	}
	return errServiceMessage
}

// checked refuses an answer that cannot be a message.
func (x *incoming) checked(m *response, body *spool) (*response, *spool, *Fault) {
	size := len(m.reason)
	sound := m.status >= 200 && m.status <= 599 && !strings.ContainsAny(m.reason, "\r\n\x00") && len(m.headers) < maxHeaders-len(ownInResponses)
	for _, h := range m.headers {
		size += len(h.name) + len(h.value) + 3
		sound = sound && soundHeader(h.name, h.value)
	}
	if !sound || size > maxMessage-4<<10 {
		body.close()
		return nil, nil, newFault(atProvider, codeServiceFailedHTTP, "The service's answer is not one of HTTP").because(errServiceMessage)
	}
	return m, body, nil
}

// local asks a handler in this process. A panic in it is a failed service.
func (x *incoming) local(ctx context.Context) (m *response, body *spool, f *Fault) {
	r := x.outgoingRequest(ctx)
	path := x.request.servicePath
	if path == "" {
		path = "/"
	}
	u, err := parseTarget(path + x.request.query)
	if err != nil {
		return nil, nil, newFault(atProvider, codeInvalidRequest, "Invalid request URI").because(err)
	}
	r.URL, r.RequestURI = u, path+x.request.query
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := &collector{header: http.Header{}, limit: x.gateway.o.MaxBody}
	if err := runHandler(x.gateway.o.Handlers[x.service.handler], w, r); err != nil {
		return nil, nil, newFault(atProvider, codeServiceFailedHTTP, "The service failed").because(err)
	}
	if w.over {
		return nil, nil, bodyTooLarge(atProvider, w.limit)
	}
	w.WriteHeader(http.StatusOK)
	m = &response{status: w.status, reason: http.StatusText(w.status), headers: messageHeaders(w.sent, ownInResponses)}
	if mayHaveBody(x.request.verb, m.status) {
		if body, err = newSpool(&w.body, int64(w.body.Len()), w.limit, x.gateway.o.TempDir); err != nil {
			return nil, nil, newFault(atProvider, codeInternal, "The answer could not be kept").because(err)
		}
	}
	return x.checked(m, body)
}

// errPanic keeps what a handler panicked with out of answers.
var errPanic = fault.New("xroad.handler-panic", "a service in this process panicked", "")

func runHandler(h http.Handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		if recover() != nil {
			err = errPanic
		}
	}()
	h.ServeHTTP(w, r)
	return r.Context().Err()
}

// collector keeps what a handler writes.
type collector struct {
	header, sent http.Header
	status       int
	body         bytes.Buffer
	limit        int64
	over         bool
}

// Header is what the handler may still change.
func (c *collector) Header() http.Header { return c.header }

// WriteHeader fixes status and headers, the first time.
func (c *collector) WriteHeader(status int) {
	if c.status == 0 && status >= 200 {
		c.status, c.sent = status, c.header.Clone()
	}
}

// Write keeps the body up to the limit.
func (c *collector) Write(b []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	if int64(c.body.Len()+len(b)) > c.limit {
		c.over = true
		return 0, errBodySize
	}
	return c.body.Write(b)
}
