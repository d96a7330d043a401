package xroad

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// settle is how long logging an outcome may take after the caller has gone.
const settle = 30 * time.Second

// Consumer serves the members' own information systems: requests to
// /r1/{instance}/{class}/{member}/{subsystem}/{service}[/{path}]. Path and query
// are taken as they were sent, so it must not stand behind a multiplexer that
// cleans paths.
func (g *Gateway) Consumer() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		accept := r.Header.Values("Accept")
		x := &outgoing{gateway: g}
		defer x.close()
		if f := x.serve(w, r); f != nil {
			g.fault(r.Context(), f, &x.access)
			f.write(w, accept, g.o.Spelling)
		}
	})
}

// outgoing is one exchange at the consumer's side.
type outgoing struct {
	gateway *Gateway
	access  Access
	request *request
	body    *spool
	digests digests
	logged  bool // the request is in the log
}

func (x *outgoing) close() { x.body.close() }

// serve answers the information system unless it returns a fault.
func (x *outgoing) serve(w http.ResponseWriter, r *http.Request) *Fault {
	ctx := r.Context()
	if f := x.read(r); f != nil {
		return f
	}
	if f := x.allowed(r); f != nil {
		return x.refuse(ctx, Denied, f)
	}
	if f := x.readBody(w, r); f != nil {
		return x.refuse(ctx, Denied, f)
	}
	sent, f := x.prepare(ctx)
	if f != nil {
		return f
	}
	answer, f := x.call(ctx, sent)
	// What was asked for is settled in the log even when nobody waits for it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settle)
	defer cancel()
	if f != nil {
		return x.refuse(ctx, stageOf(f), f)
	}
	defer answer.body.close()
	return x.release(ctx, w, answer)
}

// stageOf tells a refusal by the provider's rules from a failure.
func stageOf(f *Fault) Stage {
	for _, code := range []string{
		codeAccessDenied, codeUnknownService, codeUnknownMember, codeServiceDisabled, codeServiceType, codeInvalidServer,
		codeMissingHeader,
		codeCertificate, codeSignature, codeInvalidSignature,
	} {
		if strings.HasPrefix(f.Type, atProvider) && strings.HasSuffix(f.Type, "."+code) {
			return Denied
		}
	}
	return Failed
}

// read takes the message out of the HTTP request.
func (x *outgoing) read(r *http.Request) *Fault {
	if !slices.Contains(verbs, r.Method) {
		return newFault(atConsumer, codeInvalidMethod, "Request method is not supported")
	}
	m := &request{verb: r.Method, headers: withoutRepeated(messageHeaders(r.Header, ownInRequests))}
	m.path, m.query = cutQuery(r.RequestURI)
	x.request = m
	if !soundTarget(r.RequestURI) {
		return newFault(atConsumer, codeInvalidRequest, "Invalid request URI")
	}
	for _, read := range []func() error{m.readPath, m.readHeaders, func() error { return checkHeaders(m.headers) }} {
		if f := asFault(read(), atConsumer, codeInvalidRequest); f != nil {
			return f
		}
	}
	return x.identify()
}

func checkHeaders(headers []header) error {
	if len(headers) > maxHeaders {
		return newFault(atConsumer, codeInvalidRequest, "The request has more than %d headers", maxHeaders)
	}
	for _, h := range headers {
		if !soundHeader(h.name, h.value) || disguised(h.name) {
			return newFault(atConsumer, codeInvalidRequest, "The request has an invalid header")
		}
	}
	return nil
}

// asFault makes a fault of an error that is none.
func asFault(err error, where, code string) *Fault {
	var f *Fault
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		f = &Fault{Type: f.Type, Message: f.Message, cause: f.cause}
		if where == atProvider { // the same rule, found on the other side
			f.Type = strings.Replace(f.Type, atConsumer, atProvider, 1)
		}
		return f
	}
	return newFault(where, code, "%s", clip(err.Error())).because(err)
}

// identify gives the exchange its identifiers, after the sender's headers: the
// request id always, the message id when the sender has none.
func (x *outgoing) identify() *Fault {
	m := x.request
	var err error
	if m.requestID, err = x.gateway.newID(); err != nil {
		return newFault(atConsumer, codeInternal, "No identifier could be made").because(err)
	}
	m.headers = append(m.headers, header{headerRequestID, m.requestID})
	if m.id == "" {
		id, err := x.gateway.newID()
		if err != nil {
			return newFault(atConsumer, codeInternal, "No identifier could be made").because(err)
		}
		m.id = x.gateway.in.Name + "-" + id
		m.headers = append(m.headers, header{headerID, m.id})
	}
	x.access = x.gateway.accessOf(Consumer, m)
	return nil
}

// accessOf is what a request says about itself.
func (g *Gateway) accessOf(side Side, m *request) Access {
	a := Access{
		Side: side, RequestID: m.requestID, MessageID: m.id, Client: m.client, UserID: m.userID, Issue: m.issue,
		Represented: m.represented, Service: m.service, Method: m.verb, Authenticated: "signature",
	}
	a.ClientName, _ = g.in.Client(m.client)
	if s := g.in.service(m.service); s != nil {
		a.Subject, _ = s.subject.of(m) // the provider's side refuses what is ambiguous
		a.Purpose, a.LegalBasis, a.Fields = s.purpose, s.legalBasis, s.fields
	}
	if side == Consumer {
		a.Authenticated = "" // until it has shown what it must
	}
	return a
}

// allowed checks that the client is served here, shows what it must, and that
// somebody offers the service.
func (x *outgoing) allowed(r *http.Request) *Fault {
	g, m := x.gateway, x.request
	client := g.in.subsystems[m.client]
	if client == nil || g.own[client.member.id] == nil {
		return newFault(atConsumer, codeUnknownMember, clientNotFound, m.client)
	}
	if f := client.authenticate(r.TLS); f != nil {
		return f
	}
	x.access.Authenticated = string(client.authentication)
	provider := g.in.members[m.service.Provider.Member()]
	if provider == nil {
		return newFault(atConsumer, codeUnknownMember, noAddress, m.service.Provider)
	}
	if f := checkServer(g.in, provider, m.server); f != nil {
		return f
	}
	if g.own[provider.id] == nil && (provider.gateway == nil || g.o.TLS == nil) {
		return newFault(atConsumer, codeUnknownMember, noAddress, m.service.Provider)
	}
	return nil
}

// checkServer is about X-Road-Security-Server, which names the gateway that
// must answer.
func checkServer(in *Instance, provider *member, wanted string) *Fault {
	if wanted == "" || wanted == provider.serverID() {
		return nil
	}
	parts, err := decodeParts(wanted, 4, 4)
	if err != nil {
		return newFault(atConsumer, codeInvalidServer, "Invalid security server %q", clip(wanted))
	}
	wanted = encodeParts(parts) // the same, however it was encoded
	if wanted == provider.serverID() {
		return nil
	}
	for _, m := range in.members {
		if wanted == m.serverID() {
			return newFault(atConsumer, codeInvalidServer, "Invalid security server %q", wanted)
		}
	}
	return newFault(atConsumer, codeInvalidServer, "Could not find security server %q", wanted)
}

// readBody spools the body; a body exists when there is at least one byte.
func (x *outgoing) readBody(w http.ResponseWriter, r *http.Request) *Fault {
	limit := x.gateway.o.MaxBody
	if r.ContentLength > limit {
		w.Header().Set("Connection", "close")
		return bodyTooLarge(atConsumer, limit)
	}
	body, err := newSpool(r.Body, r.ContentLength, limit, x.gateway.o.TempDir)
	switch {
	case errors.Is(err, errBodySize):
		return bodyTooLarge(atConsumer, limit)
	case err != nil:
		return newFault(atConsumer, codeInvalidBody, "The request's body could not be read").because(err)
	}
	if body.size > 0 {
		x.body = body
	}
	return nil
}

func bodyTooLarge(where string, limit int64) *Fault {
	return newFault(where, codeInvalidBody, "Message body is larger than %d bytes", limit)
}
