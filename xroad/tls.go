package xroad

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"

	"eidgate/certs"
)

// Why a connection is not kept.
var (
	errNoPeer     = errors.New("the other gateway shows no TLS certificate")
	errPeer       = errors.New("the TLS certificate is not registered for the member")
	errConnection = errors.New("the TLS certificate is not accepted")
)

// ServerTLS is the configuration of the listener that [Gateway.Provider]
// stands behind: TLS 1.3, and a client certificate that is registered for some
// member of the instance, leads to an anchor and is not revoked. It is nil when
// the gateway has no certificate for others.
func (g *Gateway) ServerTLS() *tls.Config {
	if g.o.TLS == nil {
		return nil
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{*g.o.TLS}, Time: g.o.Now,
		ClientAuth: tls.RequireAnyClientCert, NextProtos: []string{"http/1.1"},
		VerifyConnection: func(c tls.ConnectionState) error { // on resumption, too
			peer, err := peerOf(&c)
			if err != nil {
				return err
			}
			registered := g.in.connection(peer)
			if registered == nil {
				return errPeer
			}
			return g.checkConnection(context.Background(), registered)
		},
	}
}

// clientTLS talks to one member's gateway and to nobody else.
func (g *Gateway) clientTLS(to *member) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{*g.o.TLS}, Time: g.o.Now,
		ClientSessionCache: tls.NewLRUClientSessionCache(16), NextProtos: []string{"http/1.1"},
		InsecureSkipVerify: true, // #nosec G402 -- VerifyConnection is stricter: the registered certificate, verified
		VerifyConnection: func(c tls.ConnectionState) error {
			peer, err := peerOf(&c)
			if err != nil {
				return err
			}
			registered := to.connection(peer)
			if registered == nil {
				return errPeer
			}
			return g.checkConnection(context.Background(), registered)
		},
	}
}

func peerOf(c *tls.ConnectionState) ([32]byte, error) {
	if len(c.PeerCertificates) == 0 {
		return [32]byte{}, errNoPeer
	}
	return fingerprintOf(c.PeerCertificates[0]), nil
}

func (g *Gateway) checkConnection(ctx context.Context, c *connectionCertificate) error {
	if err := g.trust.check(ctx, c.certificate, c.chain, c.fingerprint, certs.ExchangeTLS); err != nil {
		return fmt.Errorf("%w: %w", errConnection, err)
	}
	return nil
}

// authenticate checks what an information system shows to its own gateway.
func (s *subsystem) authenticate(state *tls.ConnectionState) *Fault {
	refuse := func(format string) *Fault { return newFault(atConsumer, codeTLS, format, s.id) }
	switch {
	case s.authentication == PlainHTTP:
		return nil
	case state == nil:
		return refuse(plaintextConnection)
	case s.authentication == AnyHTTPS:
		return nil
	case len(state.PeerCertificates) == 0:
		return refuse(noClientCertificate)
	case len(s.certificates) == 0:
		return refuse(noRegisteredCertificate)
	}
	for _, known := range s.certificates {
		if state.PeerCertificates[0].Equal(known) {
			return nil
		}
	}
	return refuse(otherCertificate)
}

// Provider serves other gateways: one POST per exchange, behind [ServerTLS].
func (g *Gateway) Provider() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, f := g.accept(w, r)
		if f != nil {
			g.fault(r.Context(), f, nil)
			f.write(w, nil, CamelCase) // between gateways there is one spelling
			return
		}
		defer answer.body.close()
		w.Header().Set("Content-Type", wireType)
		w.Header().Set("Content-Length", contentLength(answer))
		_, _ = copyAll(w, answer) // the consumer is gone or not; the response is logged
	})
}
