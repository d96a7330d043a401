package pki_test

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"testing"

	"eidgate/certs/pki"
)

// A client that opened a connection and never used it does not make stopping
// fail: browsers and pools do so all the time.
func TestStopsBesideUnusedConnections(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	p, err := pki.Init(filepath.Join(t.TempDir(), "pki"), pki.Options{Listen: address})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.ServeListener(ctx, l, nil) }()
	for range 3 {
		unused, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer unused.Close()
	}
	response, err := http.Get("http://" + address + "/ca/root.cer") // the others were accepted before
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", address); err == nil {
		c.Close()
		t.Error("it still listens")
	}
}
