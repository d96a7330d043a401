package xroad

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

func contentLength(e *envelope) string { return strconv.FormatInt(e.size(), 10) }

func copyAll(w io.Writer, e *envelope) (int64, error) {
	n, err := io.Copy(w, e.reader())
	if err != nil {
		return n, fmt.Errorf("sending a message: %w", err)
	}
	return n, nil
}

// accept takes an exchange from another gateway's connection.
func (g *Gateway) accept(w http.ResponseWriter, r *http.Request) (*envelope, *Fault) {
	if r.URL.Path != wirePath || r.Method != http.MethodPost || r.Header.Get("Content-Type") != wireType {
		return nil, newFault(atProvider, codeInvalidRequest, "This is the address of an exchange gateway")
	}
	if r.TLS == nil {
		return nil, newFault(atProvider, codeTLS, "Gateways talk TLS").because(errNoPeer)
	}
	peer, err := peerOf(r.TLS)
	if err != nil {
		return nil, newFault(atProvider, codeTLS, "Gateways show certificates").because(err)
	}
	in := http.MaxBytesReader(w, r.Body, wireHeader+maxMessage+g.o.MaxBody+1)
	e, err := readEnvelope(in, g.o.MaxBody, g.o.TempDir)
	switch {
	case errors.Is(err, errBodySize):
		w.Header().Set("Connection", "close")
		return nil, bodyTooLarge(atProvider, g.o.MaxBody)
	case err != nil:
		return nil, newFault(atProvider, codeInvalidRest, "The request is not a message").because(err)
	}
	defer e.body.close()
	return g.provide(r.Context(), e, &peer)
}

// incoming is one exchange at the provider's side.
type incoming struct {
	gateway *Gateway
	access  Access
	request *request
	service *service // nil for the services that every subsystem has
	digests digests
	signed  *stamp
	in      *envelope
}

// provide answers a signed request with a signed response. peer is the other
// gateway's TLS certificate, nil when that is this gateway.
func (g *Gateway) provide(ctx context.Context, e *envelope, peer *[32]byte) (*envelope, *Fault) {
	m, err := parseRequest(e.message)
	if err != nil {
		return nil, asFault(err, atProvider, codeInvalidRest)
	}
	x := &incoming{gateway: g, request: m, in: e, access: g.accessOf(Provider, m), digests: digestsOf(e.message, e.body)}
	if f := x.authenticate(ctx, peer); f != nil {
		return nil, x.deny(ctx, f)
	}
	if f := x.authorize(); f != nil {
		return nil, x.deny(ctx, f)
	}
	if f := x.log(ctx); f != nil {
		return nil, f
	}
	return x.execute(ctx)
}

// authenticate checks who sent and signed the message.
func (x *incoming) authenticate(ctx context.Context, peer *[32]byte) *Fault {
	g, client := x.gateway, x.request.client
	sub := g.in.subsystems[client]
	if sub == nil {
		return newFault(atProvider, codeUnknownMember, clientNotFound, client)
	}
	if peer != nil {
		c := sub.member.connection(*peer)
		if c == nil {
			return newFault(atProvider, codeTLS, "Client (%s) TLS certificate is not registered for its member", client).because(errPeer)
		}
		if err := g.checkConnection(ctx, c); err != nil { // a connection may outlive its certificate
			return newFault(atProvider, codeTLS, "Client (%s) TLS certificate is not accepted", client).because(err)
		}
	}
	var f *Fault
	x.signed, _, f = g.verify(ctx, x.in, sub.member.id, atProvider)
	return f
}

// authorize finds the service and checks the client's right to the endpoint.
func (x *incoming) authorize() *Fault {
	g, m := x.gateway, x.request
	provider := g.in.subsystems[m.service.Provider]
	if provider == nil || g.own[provider.member.id] == nil {
		return newFault(atProvider, codeUnknownService, unknownService, m.service)
	}
	if isMetaService(m.service.Code) {
		if m.verb != http.MethodGet {
			return newFault(atProvider, codeInvalidMethod, "Must use GET request method instead of %s", m.verb)
		}
		return nil // everybody may ask what there is
	}
	s := provider.services[m.service.Code]
	if s == nil {
		return newFault(atProvider, codeUnknownService, unknownService, m.service)
	}
	if s.kind == kindSOAP {
		return newFault(atProvider, codeServiceType, soapService)
	}
	if !s.allows(m.client, m.verb, m.servicePath) {
		return newFault(atProvider, codeAccessDenied, notAllowed, m.service)
	}
	if s.disabled != "" {
		return newFault(atProvider, codeServiceDisabled, serviceDisabled, m.service, s.disabled)
	}
	for _, name := range s.require {
		if value, _ := last(m.headers, name); strings.TrimSpace(value) == "" {
			return newFault(atProvider, codeMissingHeader, "Service %s requires the header %s", m.service, name)
		}
	}
	if _, err := s.subject.of(m); err != nil {
		return newFault(atProvider, codeInvalidRequest, "The request must name one person in one way").because(err)
	}
	if s.url == nil && s.handler == "" {
		return newFault(atProvider, codeServiceMissingURL, noServiceAddress, m.service)
	}
	x.service = s
	return nil
}

func (x *incoming) requestEntry() entry {
	return entry{part: Request, message: x.in.message, digests: x.digests, size: x.in.body.length(), signed: x.signed}
}

// log writes the request down before it is acted on. A request id that was
// seen is refused: what was allowed once is executed once.
func (x *incoming) log(ctx context.Context) *Fault {
	a := x.access
	a.Stage, a.Evidence = Requested, x.digests.message
	err := x.gateway.log.write(ctx, a, x.requestEntry())
	switch {
	case errors.Is(err, errReplayed):
		return x.replayed(ctx, err)
	case err != nil:
		return newFault(atProvider, codeLogging, "The request could not be logged").because(err)
	}
	return nil
}

// replayed refuses a message whose evidence is in the log already.
func (x *incoming) replayed(ctx context.Context, cause error) *Fault {
	x.signed = nil
	return x.deny(ctx, newFault(atProvider, codeInvalidRequest, "A request with this request id was received before").because(cause))
}

// deny logs a refusal; with the signed request as evidence of the attempt when
// its signature holds.
func (x *incoming) deny(ctx context.Context, f *Fault) *Fault {
	a := x.access
	var before []entry
	if x.signed != nil {
		a.Evidence = x.digests.message
		before = append(before, x.requestEntry())
	} else {
		// Nothing proves that the client said any of this: the refusal gets an
		// identifier of its own, so that nobody can occupy another's.
		id, err := x.gateway.newID()
		if err != nil {
			return newFault(atProvider, codeInternal, "No identifier could be made").because(err)
		}
		a.RequestID, a.Authenticated = id, ""
	}
	x.gateway.fault(ctx, f, &a)
	err := x.gateway.logFault(ctx, a, Denied, f, before...)
	switch {
	case errors.Is(err, errReplayed) && x.signed != nil:
		return x.replayed(ctx, err)
	case err != nil:
		return newFault(atProvider, codeLogging, "The refusal could not be logged").because(err)
	}
	return f
}

// execute calls the service, signs and logs the response.
func (x *incoming) execute(ctx context.Context) (*envelope, *Fault) {
	m, body, f := x.answer(ctx)
	// What was executed is settled in the log even when nobody waits for it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settle)
	defer cancel()
	if f != nil {
		return nil, x.fail(ctx, f)
	}
	m.headers = append(m.headers,
		header{headerID, x.request.id}, header{headerClient, x.request.client.Encoded()},
		header{headerService, x.request.service.Encoded()}, header{headerRequestID, x.request.requestID},
		header{headerRequestHash, x.digests.requestHash()})
	text := m.bytes()
	e, s, d, err := x.gateway.sign(x.request.service.Provider.Member(), text, body)
	if err != nil {
		body.close()
		return nil, x.fail(ctx, newFault(atProvider, codeCannotSign, "The response could not be signed").because(err))
	}
	a := x.access
	a.Stage, a.Status, a.Evidence = Answered, m.status, d.message
	if err := x.gateway.log.write(ctx, a, entry{part: Response, message: text, digests: d, size: body.length(), signed: s}); err != nil {
		body.close()
		return nil, x.fail(ctx, newFault(atProvider, codeLogging, "The response could not be logged").because(err))
	}
	return e, nil
}

// fail logs that an accepted request has no response.
func (x *incoming) fail(ctx context.Context, f *Fault) *Fault {
	x.gateway.fault(ctx, f, &x.access)
	if err := x.gateway.logFault(ctx, x.access, Failed, f); err != nil {
		return newFault(atProvider, codeLogging, "The failure could not be logged").because(err)
	}
	return f
}
