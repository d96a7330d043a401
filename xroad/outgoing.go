package xroad

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
)

// prepare signs the request and logs it; only then may it be sent.
func (x *outgoing) prepare(ctx context.Context) (*envelope, *Fault) {
	text := x.request.bytes()
	if len(text) > maxMessage {
		return nil, newFault(atConsumer, codeInvalidRequest, "The request line and headers are larger than %d bytes", maxMessage)
	}
	e, s, d, err := x.gateway.sign(x.request.client.Member(), text, x.body)
	if err != nil {
		return nil, newFault(atConsumer, codeCannotSign, "The request could not be signed").because(err)
	}
	x.digests = d
	a := x.access
	a.Stage, a.Evidence = Requested, d.message
	if err := x.gateway.log.write(ctx, a, entry{part: Request, message: text, digests: d, size: x.body.length(), signed: s}); err != nil {
		return nil, newFault(atConsumer, codeLogging, "The request could not be logged").because(err)
	}
	x.logged = true
	return e, nil
}

// refuse logs the fault that ends the exchange. When that is not possible the
// caller learns nothing else.
func (x *outgoing) refuse(ctx context.Context, stage Stage, f *Fault) *Fault {
	x.gateway.fault(ctx, f, &x.access)
	if err := x.gateway.logFault(ctx, x.access, stage, f); err != nil {
		return newFault(atConsumer, codeLogging, "The refusal could not be logged").because(err)
	}
	return f
}

// logFault writes a refusal or failure down, also for a caller who has gone:
// hanging up is no way to try something unseen.
func (g *Gateway) logFault(ctx context.Context, a Access, stage Stage, f *Fault, before ...entry) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settle)
	defer cancel()
	a.Stage, a.Fault = stage, f.Type
	return g.log.write(ctx, a, append(before, entry{part: faultPart, fault: f})...)
}

// release checks that the response is to this request, logs it, and only then
// gives it to the information system.
func (x *outgoing) release(ctx context.Context, w http.ResponseWriter, e *envelope) *Fault {
	s, d, f := x.gateway.verify(ctx, e, x.request.service.Provider.Member(), atConsumer)
	if f != nil {
		return x.refuse(ctx, Failed, f)
	}
	m, err := parseResponse(e.message)
	if err != nil {
		return x.refuse(ctx, Failed, newFault(atConsumer, codeInvalidRest, "The response is not a message").because(err))
	}
	if f := x.consistent(m); f != nil {
		return x.refuse(ctx, Failed, f)
	}
	a := x.access
	a.Stage, a.Status, a.Evidence = Answered, m.status, d.message
	if err := x.gateway.log.write(ctx, a, entry{part: Response, message: e.message, digests: d, size: e.body.length(), signed: s}); err != nil {
		return newFault(atConsumer, codeLogging, "The response could not be logged").because(err)
	}
	m.write(w, x.request.verb, e.body)
	return nil
}

// consistent compares what binds a response to its request (pr-rest §4.3).
func (x *outgoing) consistent(m *response) *Fault {
	if name := repeated(m.headers, ownInResponses); name != "" {
		return newFault(atConsumer, codeInconsistentAnswer, "Response has %s more than once", name)
	}
	for _, c := range []struct{ header, want, what string }{
		{headerClient, x.request.client.Encoded(), "client id"},
		{headerID, x.request.id, "message id"},
		{headerService, x.request.service.Encoded(), "service id"},
		{headerRequestID, x.request.requestID, "message request id"},
		{headerRequestHash, x.digests.requestHash(), "message hash"},
	} {
		if got, _ := last(m.headers, c.header); got != c.want {
			what := fmt.Sprintf("Response %s does not match request message", c.what)
			return newFault(atConsumer, codeInconsistentAnswer, "%s", what)
		}
	}
	return nil
}

// write gives a response to an information system. Date replaces the gateway's
// own; the reason phrase is not reproduced.
func (m *response) write(w http.ResponseWriter, verb string, body *spool) {
	h := w.Header()
	h["Content-Type"] = nil // what the service did not say is not guessed
	for _, line := range m.headers {
		switch name := http.CanonicalHeaderKey(line.name); {
		case ofConnection(name), name == headerError:
		case name == "Date":
			h.Set(name, line.value)
		default:
			h[name] = append(h[name], line.value)
		}
	}
	if mayHaveBody(verb, m.status) {
		h.Set("Content-Length", strconv.FormatInt(body.length(), 10))
	}
	w.WriteHeader(m.status)
	if body != nil && mayHaveBody(verb, m.status) {
		_, _ = copyBody(w, body) // the caller is gone or not; the response is logged
	}
}
