package xroad

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"eidgate/certs"
	"eidgate/internal/db"
	"eidgate/sign"
)

// DefaultMaxBody is how large a body may be, in bytes, when options do not say.
const DefaultMaxBody = 64 << 20

// Options of a gateway.
type Options struct {
	// Instance says who takes part; it must be set.
	Instance *Instance
	// Keys sign for the members this gateway serves, by member; each fits one of
	// the member's signing certificates in the instance. A gateway without keys
	// is an error.
	Keys map[ClientID]crypto.Signer
	// TLS is this gateway's certificate towards others, registered in the
	// instance for every member it serves. It may be nil when all members are
	// served here.
	TLS *tls.Certificate
	// Database has the message log ([Migrations]); it must be set.
	Database db.Database
	// Record writes accesses down; it must be set.
	Record Recorder
	// Verifier checks members' certificates, revocation included; it must be
	// set, with a Revocation.
	Verifier *certs.Verifier
	// Handlers are services in this process, by the name that "handler" has in
	// the instance file.
	Handlers map[string]http.Handler
	// Timestamper, when set, lifts what Export writes to level LT, so that it can
	// be judged after the certificate's end; without it evidence is at level B.
	Timestamper sign.Timestamper
	// MaxBody bounds bodies, in bytes; zero is DefaultMaxBody.
	MaxBody int64
	// TempDir is for bodies over 64 KiB; empty is the system's.
	TempDir string
	// Spelling of the types of faults; X-Road 7's own when zero.
	Spelling Spelling
	// Now, Random and Log default to the system's clock, crypto/rand and
	// silence.
	Now    func() time.Time
	Random io.Reader
	Log    *slog.Logger
}

// Gateway exchanges signed messages for the members it has keys of, as
// consumer's side and as provider's. It is safe for concurrent use.
type Gateway struct {
	o     Options
	in    *Instance
	own   map[ClientID]*ownKey
	log   *messageLog
	trust *trust

	mu         sync.Mutex // guards transports
	transports map[ClientID]*http.Transport
	services   map[ServiceID]*http.Transport // built once
}

// ownKey signs for a member.
type ownKey struct {
	signer *signer
	key    crypto.Signer
}

// New makes a gateway.
func New(o Options) (*Gateway, error) {
	if o.Instance == nil || o.Database == nil || o.Record == nil || o.Verifier == nil || o.Verifier.Revocation == nil || len(o.Keys) == 0 {
		return nil, errors.New("making an exchange gateway: instance, keys, database, recorder and verifier with revocation are needed")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxBody <= 0 {
		o.MaxBody = DefaultMaxBody
	}
	g := &Gateway{
		o: o, in: o.Instance, own: map[ClientID]*ownKey{},
		log:        &messageLog{database: o.Database, record: o.Record, now: o.Now},
		trust:      &trust{verifier: o.Verifier, now: o.Now, verdicts: map[verdictKey]*verdict{}},
		transports: map[ClientID]*http.Transport{}, services: map[ServiceID]*http.Transport{},
	}
	for id, key := range o.Keys {
		own, err := g.ownKey(id, key)
		if err != nil {
			return nil, err
		}
		g.own[id] = own
	}
	return g, g.prepareServices()
}

func (g *Gateway) ownKey(id ClientID, key crypto.Signer) (*ownKey, error) {
	m := g.in.members[id]
	if m == nil {
		return nil, fmt.Errorf("making an exchange gateway: %s is no member of the instance", id)
	}
	if g.o.TLS != nil && (g.o.TLS.Leaf == nil || m.connection(fingerprintOf(g.o.TLS.Leaf)) == nil) {
		return nil, fmt.Errorf("making an exchange gateway: its TLS certificate is not registered for %s", id)
	}
	for _, s := range m.signers {
		if s.public.Equal(key.Public()) {
			return &ownKey{s, key}, nil
		}
	}
	return nil, fmt.Errorf("making an exchange gateway: the key fits no signing certificate of %s", id)
}

// prepareServices sees that every service of a member served here can be
// called, so that a mistake shows at the start.
func (g *Gateway) prepareServices() error {
	for _, sub := range g.in.subsystems {
		if g.own[sub.member.id] == nil {
			continue
		}
		for _, s := range sub.services {
			if s.handler != "" && g.o.Handlers[s.handler] == nil {
				return fmt.Errorf("making an exchange gateway: %s wants the handler %q, which is not there", s.id, s.handler)
			}
			if s.url != nil {
				g.services[s.id] = serviceTransport(s)
			}
		}
	}
	return nil
}

// Close ends idle connections. Exchanges on their way go on.
func (g *Gateway) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range g.transports {
		t.CloseIdleConnections()
	}
	for _, t := range g.services {
		t.CloseIdleConnections()
	}
}

// newID makes a random identifier that begins with the time (RFC 9562 §5.7):
// the indexes of the message log grow at their end.
func (g *Gateway) newID() (string, error) {
	id, err := uuid.NewV7FromReader(g.o.Random)
	if err != nil {
		return "", fmt.Errorf("making an identifier: %w", err)
	}
	return id.String(), nil
}

// sign signs a message for a member.
func (g *Gateway) sign(id ClientID, message []byte, body *spool) (*envelope, *stamp, digests, error) {
	own := g.own[id]
	if own == nil {
		return nil, nil, digests{}, fmt.Errorf("no key of %s", id)
	}
	d := digestsOf(message, body)
	at := g.o.Now().UTC().Truncate(time.Second)
	value, err := own.signer.sign(own.key, g.o.Random, d, at)
	if err != nil {
		return nil, nil, d, err
	}
	return &envelope{message, body, at, own.signer.fingerprint, value}, &stamp{at, value, own.signer}, d, nil
}

// clockSkew is how far a signing time may be from this gateway's clock.
const clockSkew = 5 * time.Minute

// verify checks that a member signed what came, now, with a certificate that
// is registered and good.
func (g *Gateway) verify(ctx context.Context, e *envelope, by ClientID, where string) (*stamp, digests, *Fault) {
	d := digestsOf(e.message, e.body)
	m := g.in.members[by]
	if m == nil {
		return nil, d, newFault(where, codeUnknownMember, clientNotFound, by)
	}
	s := m.signer(e.signer)
	if s == nil {
		return nil, d, newFault(where, codeSignature, "The signing certificate is not registered for %s", by)
	}
	if !s.verify(d, e.at, e.value) {
		return nil, d, newFault(where, codeInvalidSignature, "Signature is not valid")
	}
	if away := g.o.Now().Sub(e.at); away > clockSkew || away < -clockSkew {
		return nil, d, newFault(where, codeSignature, "Signing time is more than %v from this server's clock", clockSkew)
	}
	if err := g.trust.check(ctx, s.certificate, s.chain, s.fingerprint, certs.ExchangeSigning); err != nil {
		return nil, d, newFault(where, codeCertificate, "The signing certificate of %s is not accepted", by).because(err)
	}
	return &stamp{e.at, e.value, s}, d, nil
}

// fault gives every fault a detail, under which the log has the cause: the
// request id of the exchange that it ends, or a new identifier.
func (g *Gateway) fault(ctx context.Context, f *Fault, a *Access) {
	if f.Detail != "" {
		return
	}
	if a != nil && a.RequestID != "" {
		f.Detail = a.RequestID // the message log has it as well
	} else {
		f.Detail, _ = g.newID() // an empty detail is better than no fault
	}
	attrs := []any{"type", f.Type, "message", f.Message, "detail", f.Detail}
	if a != nil {
		attrs = append(attrs, "request", a.RequestID, "side", string(a.Side))
	}
	if f.cause != nil {
		attrs = append(attrs, "cause", f.cause.Error())
	}
	g.o.Log.WarnContext(ctx, "exchange fault", attrs...)
}
