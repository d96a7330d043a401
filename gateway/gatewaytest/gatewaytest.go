// Package gatewaytest runs whole gateways for the length of a test: a sandbox on
// a port of its own, with a demonstration PKI, a card, and a client that keeps
// cookies as a browser does.
//
//	n := gatewaytest.Start(t, gatewaytest.Options{})
//	n.LoginCard(t)
//	resp, err := n.Client.Get(n.URL + "/sign")
//
// Two nodes of one service share the database and the PKI:
//
//	a := gatewaytest.Start(t, gatewaytest.Options{Database: address})
//	b := gatewaytest.Start(t, gatewaytest.Options{Database: address, Beside: a})
package gatewaytest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"eidgate/card/webeid"
	"eidgate/certs/pki/pkitest"
	"eidgate/gateway"
	"eidgate/internal/persofile"
)

// Options of a node. The zero value works.
type Options struct {
	// Database is its address; empty means a SQLite file of the node's own.
	Database string
	// Beside is another node of the same service, or of the same browser's
	// world: it shares the PKI, the card and the TLS certificate.
	Beside *Node
	// Origin is what browsers call the service, when a node in front of this
	// one is meant; URL stays where this node is reached.
	Origin string
	// Config may change what the test is about.
	Config func(*gateway.Config)
	// Now is the clock of the gateway; nil means the system's.
	Now func() time.Time
}

// Node is a running gateway.
type Node struct {
	URL  string
	Data string // its folder
	// Certificate is the file of its TLS certificate.
	Certificate string
	Server      *gateway.Server
	World       *pkitest.World
	Card        *persofile.File
	Client      *http.Client // has cookies, trusts the node, follows no redirect
	Log         *Log

	stop context.CancelFunc
	done chan error
	once sync.Once
}

// Start runs a node until the test ends.
func Start(t testing.TB, o Options) *Node {
	t.Helper()
	n := &Node{Data: t.TempDir(), Log: new(Log), done: make(chan error, 1)}
	if o.Beside != nil {
		n.World = o.Beside.World
	} else {
		n.World = pkitest.Start(t, nil)
	}
	n.Card = n.World.Card
	c := gateway.Defaults()
	c.Listen, c.Metrics.Listen, c.Data, c.Database = "localhost:0", "127.0.0.1:0", n.Data, o.Database
	c.Sandbox.PKI, c.Sandbox.PKIElsewhere = n.World.Dir, true
	c.Stop.Drain = 5 * time.Second
	c.Clients.Unlimited = true // all of a test is one client, who asks faster than people
	c.Origin = o.Origin
	if o.Beside != nil {
		c.TLS.Certificate, c.TLS.Key = o.Beside.Certificate, filepath.Join(filepath.Dir(o.Beside.Certificate), "key.pem")
	}
	if o.Config != nil {
		o.Config(&c)
	}
	log := slog.New(slog.NewJSONHandler(n.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	server, err := gateway.New(t.Context(), c, gateway.Options{Log: log, Now: o.Now})
	if err != nil {
		t.Fatal(err)
	}
	n.Server, n.URL, n.Client = server, address(server), client(t, n.certificate(c))
	var ctx context.Context
	ctx, n.stop = context.WithCancel(context.WithoutCancel(t.Context()))
	ready := make(chan struct{})
	go func() { n.done <- server.Serve(ctx, func() { close(ready) }) }()
	select {
	case <-ready:
	case err := <-n.done:
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Stop(t) })
	return n
}

// Stop stops the node as SIGTERM does.
func (n *Node) Stop(t testing.TB) {
	t.Helper()
	n.once.Do(func() {
		n.stop()
		n.Client.CloseIdleConnections()
		if err := <-n.done; err != nil {
			t.Errorf("stopping the node: %v", err)
		}
		if err := n.Server.Close(); err != nil {
			t.Errorf("closing the node: %v", err)
		}
	})
}

// address is where a node itself is reached.
func address(s *gateway.Server) string {
	_, port, _ := net.SplitHostPort(s.Addr().String())
	return "https://localhost:" + port
}

// certificate is the file of the node's TLS certificate.
func (n *Node) certificate(c gateway.Config) string {
	if c.TLS.Certificate == "" {
		c.TLS.Certificate = filepath.Join(n.Data, "tls", "certificate.pem")
	}
	n.Certificate = c.TLS.Certificate
	return n.Certificate
}

// client trusts one certificate.
func client(t testing.TB, certificate string) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(certificate)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{
		Jar: jar, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// NewClient is another browser: a client without cookies.
func (n *Node) NewClient(t testing.TB) *http.Client { return client(t, n.Certificate) }

// Token makes the Web eID token that n.Card gives for an origin and a nonce.
func (n *Node) Token(t testing.TB, origin, nonce string) []byte {
	t.Helper()
	return TokenOf(t, n.Card, origin, nonce)
}

// TokenOf is the token of any card.
func TokenOf(t testing.TB, card *persofile.File, origin, nonce string) []byte {
	t.Helper()
	token, err := webeid.Make(pkitest.Key(t, card.Authentication), pkitest.Certificate(t, card.Authentication),
		webeid.Request{Origin: origin, Nonce: nonce})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Challenge asks for a nonce.
func (n *Node) Challenge(t testing.TB) string {
	t.Helper()
	resp, err := n.Client.Get(n.URL + "/auth/challenge")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Nonce string }
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("challenge: %d, %v", resp.StatusCode, err)
	}
	return answer.Nonce
}

// PostLogin sends a token and gives the answer's status and body.
func (n *Node) PostLogin(t testing.TB, token []byte) (status int, body string) {
	t.Helper()
	b, err := json.Marshal(map[string]any{"token": json.RawMessage(token), "return": "/sign"})
	if err != nil {
		t.Fatal(err)
	}
	return n.post(t, "/auth/login", "application/json", b)
}

// LoginCard logs the client in with the node's card.
func (n *Node) LoginCard(t testing.TB) {
	t.Helper()
	if status, body := n.PostLogin(t, n.Token(t, n.URL, n.Challenge(t))); status != http.StatusOK {
		t.Fatalf("login: %d %s", status, body)
	}
}

// LoginPersona logs the client in as an invented person: "jaak", "mary" or
// "yejin".
func (n *Node) LoginPersona(t testing.TB, name string) {
	t.Helper()
	form := url.Values{"persona": {name}}.Encode()
	if status, body := n.post(t, "/auth/persona", "application/x-www-form-urlencoded", []byte(form)); status != http.StatusSeeOther {
		t.Fatalf("login as %s: %d %s", name, status, body)
	}
}

func (n *Node) post(t testing.TB, path, mediaType string, b []byte) (int, string) {
	t.Helper()
	resp, err := n.Client.Post(n.URL+path, mediaType, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// Log is what the node logged, as lines of JSON.
type Log struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Reset forgets what was logged.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b.Reset()
}
