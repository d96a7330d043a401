package xroad

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// grace is what a provider's gateway may need beyond its service's time.
const grace = 15 * time.Second

// maxIdle connections to one gateway or service are kept: one is busy for as
// long as an exchange waits for two commits.
const maxIdle = 512

// call hands the signed request to the provider's gateway, which may be this
// one, and gives what it answered.
func (x *outgoing) call(ctx context.Context, e *envelope) (*envelope, *Fault) {
	provider := x.gateway.in.members[x.request.service.Provider.Member()]
	timeout := DefaultTimeout
	if s := x.gateway.in.service(x.request.service); s != nil {
		timeout = s.timeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout+grace)
	defer cancel()
	if x.gateway.own[provider.id] != nil {
		return x.gateway.provide(ctx, e, nil)
	}
	return x.gateway.post(ctx, provider, e)
}

// post is one round trip to another gateway.
func (g *Gateway) post(ctx context.Context, to *member, e *envelope) (*envelope, *Fault) {
	address := *to.gateway
	address.Path = strings.TrimSuffix(address.Path, "/") + wirePath
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), io.NopCloser(e.reader()))
	if err != nil {
		return nil, newFault(atConsumer, codeInternal, "The provider's address cannot be used").because(err)
	}
	request.ContentLength = e.size()
	request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(e.reader()), nil }
	request.Header.Set("Content-Type", wireType)
	answer, err := g.transport(to).RoundTrip(request) //nolint:contextcheck // a handshake outlives the request that began it
	if err != nil {
		return nil, connectionFault(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != wireType {
		return nil, remoteFault(answer)
	}
	reply, err := readEnvelope(answer.Body, g.o.MaxBody, g.o.TempDir)
	switch {
	case errors.Is(err, errBodySize):
		return nil, bodyTooLarge(atConsumer, g.o.MaxBody)
	case err != nil:
		return nil, newFault(atConsumer, codeNetwork, "The provider's answer could not be read").because(err)
	}
	return reply, nil
}

func connectionFault(err error) *Fault {
	if errors.Is(err, errPeer) || errors.Is(err, errConnection) || strings.Contains(err.Error(), "tls: ") {
		return newFault(atConsumer, codeTLS, "Security server has no valid authentication certificate").because(err)
	}
	return newFault(atConsumer, codeNetwork, "Could not connect to the provider's security server").because(withoutContent(err))
}

// remoteFault passes a provider's fault on unchanged.
func remoteFault(answer *http.Response) *Fault {
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxFault))
	if err == nil {
		if f, ok := readFault(text); ok {
			return f
		}
	}
	return newFault(atConsumer, codeNetwork, "The provider's security server answered with status %d", answer.StatusCode)
}

// transport keeps connections to one member's gateway.
func (g *Gateway) transport(to *member) *http.Transport {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.transports[to.id]
	if t == nil {
		t = &http.Transport{
			TLSClientConfig: g.clientTLS(to), MaxIdleConnsPerHost: maxIdle, IdleConnTimeout: 90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second, DisableCompression: true, TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{},
			WriteBufferSize: 16 << 10, ReadBufferSize: 16 << 10,
		}
		g.transports[to.id] = t
	}
	return t
}

// serviceTransport calls one service, without proxies, redirects, cookies or
// decompression.
func serviceTransport(s *service) *http.Transport {
	t := &http.Transport{
		MaxIdleConnsPerHost: maxIdle, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second,
		DisableCompression: true, MaxResponseHeaderBytes: maxMessage,
		TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{},
	}
	if s.url.Scheme == "https" {
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		if len(s.certificates) > 0 { // pinned, as X-Road has it
			t.TLSClientConfig.InsecureSkipVerify = true // #nosec G402 -- the certificate itself is compared
			t.TLSClientConfig.VerifyConnection = func(c tls.ConnectionState) error {
				for _, known := range s.certificates {
					if len(c.PeerCertificates) > 0 && c.PeerCertificates[0].Equal(known) {
						return nil
					}
				}
				return errors.New("the service's TLS certificate is not a registered one")
			}
		}
	}
	return t
}

// serviceURL is the service's address with the raw path and query of the
// message after it. Opaque keeps net/http from encoding anything again.
func serviceURL(base *url.URL, m *request) *url.URL {
	path := strings.TrimSuffix(base.EscapedPath(), "/")
	if path += m.servicePath; path == "" {
		path = "/"
	}
	u := &url.URL{Scheme: base.Scheme, Host: base.Host, Opaque: path}
	if strings.HasPrefix(path, "//") { // would be read as a host
		u.Opaque = "//" + base.Host + path
	}
	if m.query != "" {
		u.RawQuery, u.ForceQuery = m.query[1:], true
	}
	return u
}

func copyBody(w io.Writer, body *spool) (int64, error) {
	n, err := io.Copy(w, body.reader())
	if err != nil {
		return n, fmt.Errorf("sending a body: %w", err)
	}
	return n, nil
}
