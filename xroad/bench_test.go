package xroad_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"k8s.io/klog/v2"

	"eidgate/gateway/audit"
	"eidgate/gateway/ledger"
	"eidgate/gateway/store"
	"eidgate/gateway/store/storetest"
	"eidgate/internal/db"
	"eidgate/xroad"
)

// BenchmarkExchange is one exchange with a body of 1 KiB through two gateways,
// each with a database of its own, everything signed, verified and logged, with
// an access event on each side in a ledger that numbers and signs meanwhile.
// BenchmarkProxy is the same two hops as bare reverse proxies with TLS 1.3 and
// client certificates. Both have 256 clients and the same service. Compare
// req/s, and CPU time, which other work on the machine disturbs less:
//
//	go test -run '^$' -bench 'Exchange|Proxy' ./xroad
func BenchmarkExchange(b *testing.B) {
	w := newWorld(b)
	w.handler = answerKiB
	w.options = func(o *xroad.Options) { ledgered(b, o) }
	w.start(storetest.Open(b, storetest.SQLite(b)), storetest.Open(b, storetest.SQLite(b)))
	load(b, w.url+whole+"/x")
}

// BenchmarkExchangePostgres is BenchmarkExchange with both message logs in
// PostgreSQL that waits for the disk.
func BenchmarkExchangePostgres(b *testing.B) {
	server := storetest.NewServer(b)
	w := newWorld(b)
	w.handler = answerKiB
	w.options = func(o *xroad.Options) { ledgered(b, o) }
	open := func() *store.Store { return storetest.Open(b, server.Database(b)) }
	w.start(open(), open())
	load(b, w.url+whole+"/x")
}

// ledgered makes a gateway record its accesses as the service does.
func ledgered(b *testing.B, o *xroad.Options) {
	s, ok := o.Database.(*store.Store)
	if !ok {
		b.Fatal("the database is not a store")
	}
	if err := s.Migrate(context.Background(), map[string]fs.FS{"audit": audit.Migrations, "ledger": ledger.Migrations}); err != nil {
		b.Fatal(err)
	}
	secret, public, err := note.GenerateKey(rand.Reader, "bench.test/ledger")
	if err != nil {
		b.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		b.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	klog.SetSlogLogger(slog.New(slog.DiscardHandler)) // its notes would stand in the middle of a result
	log, err := ledger.Open(b.Context(), ledger.Options{
		Database: s, Tiles: filepath.Join(dir, "tiles"), HeadFile: filepath.Join(dir, "head"),
		Signer: signer, Verifier: verifier, Node: "bench", Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); log.Run(ctx) }()
	b.Cleanup(func() { stop(); <-done; _ = log.Close() })
	events := audit.New(audit.Options{Database: s, Ledger: log, Random: rand.Reader})
	o.Record = func(ctx context.Context, tx db.Querier, a xroad.Access) error {
		if a.Stage == xroad.Answered {
			return nil
		}
		_, err := events.Record(ctx, tx, audit.Event{
			At: a.At, Kind: audit.Exchange, Action: "exchange." + string(a.Side) + "." + string(a.Stage), Service: a.Service.Encoded(),
			Result: audit.Done, Actor: audit.Actor{Organisation: a.Client.Member().Encoded(), System: a.Client.Encoded()},
			Evidence: audit.Evidence{Message: a.RequestID, Hash: "sha-512:" + hex.EncodeToString(a.Evidence)},
		})
		return err
	}
}

// BenchmarkProxy is the floor.
func BenchmarkProxy(b *testing.B) {
	w := newWorld(b)
	w.handler = answerKiB
	pool := func(o *organisation) *tls.Config {
		return &tls.Config{
			MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{o.tls}, ClientAuth: tls.RequireAnyClientCert,
			InsecureSkipVerify: true,
		}
	}
	serve(b, tls.NewListener(w.listener, pool(w.register)), proxy(b, w.service.URL, nil))
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	serve(b, plain, proxy(b, "https://"+w.listener.Addr().String(), pool(w.company)))
	load(b, "http://"+plain.Addr().String()+"/x")
}

func proxy(b *testing.B, to string, config *tls.Config) http.Handler {
	target, err := url.Parse(to)
	if err != nil {
		b.Fatal(err)
	}
	return &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport: &http.Transport{TLSClientConfig: config, MaxIdleConnsPerHost: clients, DisableCompression: true},
	}
}

func answerKiB(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(bytes.Repeat([]byte("y"), 1024))
}

// clients at once: enough that commits are shared.
const clients = 256

// load sends b.N requests from many clients and reports what one costs the
// whole process: clients, both hops and the service.
func load(b *testing.B, address string) {
	transport := &http.Transport{MaxIdleConnsPerHost: clients, DisableCompression: true}
	defer transport.CloseIdleConnections()
	one := func() error {
		r, err := http.NewRequestWithContext(context.Background(), "POST", address, strings.NewReader(strings.Repeat("x", 1024)))
		if err != nil {
			return err
		}
		r.Header.Set("X-Road-Client", client)
		a, err := transport.RoundTrip(r)
		if err != nil {
			return err
		}
		defer a.Body.Close()
		n, err := io.Copy(io.Discard, a.Body)
		if a.StatusCode != 200 || n != 1024 {
			return fmt.Errorf("status %d, %d bytes: %w", a.StatusCode, n, err)
		}
		return err
	}
	if err := one(); err != nil {
		b.Fatal(err)
	}
	jobs := make(chan struct{})
	var wait sync.WaitGroup
	for range clients {
		wait.Go(func() {
			for range jobs {
				if err := one(); err != nil {
					b.Error(err)
				}
			}
		})
	}
	b.ResetTimer()
	before, start := cpuTime(), time.Now()
	for range b.N {
		jobs <- struct{}{}
	}
	close(jobs)
	wait.Wait()
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "req/s")
	b.ReportMetric(float64((cpuTime()-before).Microseconds())/float64(b.N), "cpu-µs/req")
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
